// What WCAG 2 AA asks of a page, as far as a browser can tell. Evaluated in the page by
// tests/browser/test_accessible.py: the value is an object of checks, each a list of faults.
() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const where = (e) => {
    const path = [];
    for (let at = e; at && at !== document.body && path.length < 4; at = at.parentElement) {
      path.unshift(at.tagName.toLowerCase() + (at.id ? "#" + at.id : "") + [...at.classList].map((c) => "." + c).join(""));
    }
    return `${path.join(">")} "${(e.textContent || e.name || "").trim().replace(/\s+/g, " ").slice(0, 30)}"`;
  };

  // ---------------------------------------------------------------- colours
  const parsed = (text) => {
    const found = text.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    if (!found) throw new Error(`a colour that this check cannot read: ${text}`);
    return [+found[1], +found[2], +found[3], found[4] === undefined ? 1 : +found[4]];
  };
  const over = (top, under) => {
    const a = top[3] + under[3] * (1 - top[3]);
    if (a === 0) return [0, 0, 0, 0];
    return [0, 1, 2].map((k) => (top[k] * top[3] + under[k] * under[3] * (1 - top[3])) / a).concat(a);
  };
  const faded = (colour, by) => [colour[0], colour[1], colour[2], colour[3] * by];
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  // ink and ground as they are painted: every ancestor's background and opacity counts
  const painted = (element, ink) => {
    let [text, ground] = [ink, [0, 0, 0, 0]];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") throw new Error(`a picture behind text: ${where(at)}`);
      const colour = parsed(style.backgroundColor);
      text = faded(over(text, colour), +style.opacity);
      ground = faded(over(ground, colour), +style.opacity);
    }
    const paper = [255, 255, 255, 1];
    return [over(text, paper), over(ground, paper)];
  };
  const faint = (element, style, what) => {
    const [text, ground] = painted(element, parsed(style.color));
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const found = ratio(text, ground);
    return found < (large ? 3 : 4.5) ? [`${found.toFixed(2)} ${what}${where(element)}`] : [];
  };
  const disabled = (e) => e.closest(":disabled, [aria-disabled=true]");

  const contrast = () => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement;
      if (!walk.currentNode.data.trim() || seen.has(e) || e.closest("script, style, option, svg") || !shown(e) || disabled(e)) continue;
      seen.add(e);
      found.push(...faint(e, getComputedStyle(e), ""));
    }
    for (const e of document.querySelectorAll("svg text")) {
      if (shown(e)) found.push(...faint(e.closest("svg").parentElement, { color: getComputedStyle(e).fill, fontSize: "0", fontWeight: "400" }, "svg "));
    }
    for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (!shown(e) || disabled(e)) continue;
      found.push(...faint(e, getComputedStyle(e), ""));
      if (e.placeholder) found.push(...faint(e, getComputedStyle(e, "::placeholder"), "placeholder "));
    }
    for (const e of document.body.querySelectorAll("*")) {
      for (const part of ["::before", "::after"]) {
        const style = getComputedStyle(e, part);
        if (shown(e) && /[\p{L}\p{N}]/u.test(style.content.replace(/^(none|normal)$/, ""))) found.push(...faint(e, style, part + " "));
      }
    }
    return found;
  };

  // ---------------------------------------------------------------- names
  const text = (e) => {
    const copy = e.cloneNode(true);
    copy.querySelectorAll("[aria-hidden=true], input, select, textarea, script").forEach((x) => x.remove());
    const pictures = [...copy.querySelectorAll("img[alt], svg[aria-label]")].map((x) => x.alt || x.getAttribute("aria-label"));
    return (copy.textContent + pictures.join(" ")).trim();
  };
  const named = (e) => {
    const ids = (e.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    if (ids.length) return ids.map((id) => document.getElementById(id)).every((x) => x && text(x));
    return Boolean((e.getAttribute("aria-label") || "").trim() || [...(e.labels || [])].some(text) || (e.title || "").trim());
  };
  const names = () => {
    const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((e) => !named(e));
    const pressed = [...document.querySelectorAll("a[href], button, summary, [role=button]")].filter((e) => !named(e) && !text(e));
    const groups = [...document.querySelectorAll("fieldset:not([role=presentation])")].filter((e) => !e.querySelector(":scope > legend") && !named(e));
    const frames = [...document.querySelectorAll("nav, [role=img], [role=alertdialog], [role=dialog]")].filter((e) => !named(e));
    return [...fields, ...pressed, ...groups, ...frames].map(where);
  };
  const pictures = () => [
    ...[...document.querySelectorAll("img")].filter((e) => e.getAttribute("alt") === null && !e.closest("[aria-hidden=true]")),
    ...[...document.querySelectorAll("svg, canvas")].filter(
      (e) => !e.closest("[aria-hidden=true]") && !(e.closest("[role=img]") && named(e.closest("[role=img]"))) && !e.querySelector(":scope > title"),
    ),
  ].map(where);

  // ---------------------------------------------------------------- structure
  const headings = () => {
    const found = [];
    let before = 0;
    for (const e of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      if (!shown(e)) continue;
      const level = +e.tagName[1];
      if (level > before + 1) found.push(`h${level} after h${before}: ${where(e)}`);
      if (!text(e)) found.push(`an empty heading: ${where(e)}`);
      before = level;
    }
    const first = document.querySelectorAll("h1").length;
    return first === 1 ? found : [...found, `${first} h1`];
  };
  const ids = () => {
    const all = [...document.querySelectorAll("[id]")].map((e) => e.id);
    const twice = all.filter((id, k) => all.indexOf(id) !== k).map((id) => `twice: ${id}`);
    const known = new Set(all);
    const pointers = ["for", "aria-labelledby", "aria-describedby", "aria-controls", "list"];
    const lost = pointers.flatMap((name) =>
      [...document.querySelectorAll(`[${name}]`)].flatMap((e) =>
        e.getAttribute(name).split(/\s+/).filter((id) => id && !known.has(id)).map((id) => `${name} points to nothing: ${id}`),
      ),
    );
    return [...twice, ...lost];
  };
  const language = () => {
    const found = document.documentElement.lang ? [] : ["no language"];
    if (!document.title.trim()) found.push("no title");
    if (document.querySelectorAll("main").length !== 1) found.push("not one main");
    const scale = document.querySelector("meta[name=viewport]").content;
    return /user-scalable|maximum-scale/.test(scale) ? [...found, "cannot be enlarged"] : found;
  };

  // ---------------------------------------------------------------- lights
  const lights = () => {
    const found = [];
    const told = new Map();
    for (const e of document.querySelectorAll(".light")) {
      const use = e.querySelector("svg.shape use");
      const word = e.querySelector(".word");
      const code = [...e.classList].find((c) => c.startsWith("light-"));
      if (!code || !use || !word || !word.textContent.trim()) found.push(`no word or no shape: ${where(e)}`);
      else told.set(code, [word.textContent.trim(), use.getAttribute("href")]);
      if (shown(e) && (!word || !shown(word) || !e.querySelector("svg.shape")?.getBoundingClientRect().width)) found.push(`not seen: ${where(e)}`);
    }
    for (const part of [0, 1]) {
      const all = [...told.values()].map((pair) => pair[part]);
      if (new Set(all).size !== all.length) found.push(`two lights look alike: ${all}`);
    }
    return found;
  };

  return { contrast: contrast(), names: names(), pictures: pictures(), headings: headings(), ids: ids(), language: language(), lights: lights() };
}
