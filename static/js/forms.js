// Forms: the summary of errors gets the focus, a form is not sent twice, and filters send themselves (data-autosubmit).

const TYPING_MS = 300;
let timer = 0;

function focusErrors(root = document) {
  root.querySelector?.("[data-error-summary]")?.focus();
}

function sent(event) {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  setTimeout(() => delete form.dataset.sent, 3000);
}

function changed(event) {
  const form = event.target.form;
  if (!form?.hasAttribute("data-autosubmit")) {
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), event.type === "input" ? TYPING_MS : 0);
}

export function start() {
  focusErrors();
  document.addEventListener("htmx:after:settle", (event) => focusErrors(event.target));
  document.addEventListener("submit", sent);
  document.addEventListener("change", changed);
  document.addEventListener("input", (event) => event.target.type === "search" && changed(event));
}
