// What was typed on site survives a dropped line and a reload: it stays in this tab until it is saved.
"use strict";
(() => {
  const form = document.getElementById("finding");
  if (!form) return;
  const place = form.dataset.keep;
  const names = ["token", "project", "title", "category", "detail"];
  const saved = document.getElementById("saved");

  function kept() {
    try { return JSON.parse(sessionStorage.getItem(place)) || null; } catch { return null; }
  }

  const draft = kept();
  if (draft && saved && saved.dataset.saved === draft.token) {
    sessionStorage.removeItem(place);
  } else if (draft && !form.elements.title.value) {
    // the token comes back as well: if the first try had reached the office, this one is the same
    names.forEach((name) => { if (draft[name]) form.elements[name].value = draft[name]; });
  }

  form.addEventListener("input", () => {
    const now = Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
    try { sessionStorage.setItem(place, JSON.stringify(now)); } catch { /* no room: nothing kept */ }
  });
})();
