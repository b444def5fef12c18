// Small comforts. Everything works without this file; nothing here decides anything.
"use strict";

// htmx sends the session's token with what it posts.
document.addEventListener("htmx:configRequest", (event) => {
  const main = document.getElementById("main");
  if (main && main.dataset.csrf) event.detail.headers["X-CSRF"] = main.dataset.csrf;
  // What is left empty narrows nothing and stays out of the address.
  if (event.detail.verb === "get") {
    const given = event.detail.formData;
    [...given.entries()].forEach(([name, value]) => { if (value === "") given.delete(name); });
  }
});

// A form is sent once: a second click while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-once")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  window.addEventListener("pageshow", () => { delete form.dataset.sent; }, { once: true });
});

// The first wrong field takes the focus.
function focusError() {
  const wrong = document.querySelector(".wrong input, .wrong select, .wrong textarea");
  if (wrong) wrong.focus();
}

// A select that narrows a list sends its form at once; without script there is a button.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosend]")) event.target.form.requestSubmit();
});

// Details stay open on paper.
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((part) => { part.open = true; });
});

document.addEventListener("DOMContentLoaded", focusError);
