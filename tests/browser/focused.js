// What has the focus after a press of Tab, and what is wrong with that. Evaluated in the page by
// tests/browser/test_accessible.py; null once the focus has left the page or is back where it
// began. A date takes several presses, one for each of its parts.
() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  if (e === window.firstFocused) return null; // round once
  window.firstFocused = window.firstFocused || e;
  const faults = [];
  const box = e.getBoundingClientRect();
  const last = window.lastFocused;
  window.lastFocused = e;
  if (last && last !== e && !(last.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)) faults.push("comes before what had the focus");
  if (box.width < 1 || box.height < 1) faults.push("has no size");
  if (box.right <= 0 || box.bottom <= 0 || box.left >= innerWidth || box.top >= innerHeight) faults.push("is off the screen");

  const style = getComputedStyle(e);
  const luminance = (text) => {
    const parts = text.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = (at) => {
    for (; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  // Two rings, dark and light, so that one of them stands out from whatever lies beside it
  // (WCAG 2.4.13 and 1.4.11, technique C40): the element itself inside, the page outside.
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const shadow = style.boxShadow.match(/^(rgb\([^)]*\)) 0px 0px 0px ([\d.]+)px$/);
  const rings = [];
  if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) rings.push(style.outlineColor);
  if (shadow && parseFloat(shadow[2]) >= 2) rings.push(shadow[1]);
  const beside = [ground(e), ground(e.parentElement)];
  for (const colour of beside) {
    if (!rings.some((ring) => ratio(ring, colour) >= 3)) faults.push(`shows no focus (${rings} on ${colour})`);
  }
  if (rings.length === 2 && ratio(...rings) < 9) faults.push(`has two rings alike (${ratio(...rings).toFixed(2)})`);

  // somewhere it must be on top: not all of it may lie under the bar at the foot
  const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [box.left + box.width * x, box.top + box.height * y]));
  const covered = points.every(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return !top || !(e.contains(top) || top.contains(e) || [...(e.labels || [])].some((label) => label.contains(top)));
  });
  if (covered) faults.push("lies under something else");
  const name = `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}.${e.className} "${(e.textContent || e.name || "").trim().slice(0, 20)}"`;
  return { name, faults, beside: beside.map(luminance) };
}
