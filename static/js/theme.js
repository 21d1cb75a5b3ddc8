// The switch between light, dark and the system's theme: at once here, and kept by the server for the next page.

import htmx from "../vendor/htmx.js";

function choose(event) {
  const form = event.target.closest?.("[data-theme-form]");
  const value = event.submitter?.value;
  if (!form || !value) {
    return;
  }
  event.preventDefault();
  document.documentElement.dataset.theme = value;
  document.querySelector("meta[name=color-scheme]").content = value === "auto" ? "light dark" : value;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
  htmx.ajax("POST", form.getAttribute("action"), { source: form, swap: "none", values: { theme: value } });
}

export function start() {
  document.addEventListener("submit", choose);
}
