// The pages of workflows: a deleted workflow's Undo as a toast, steps of the graph that open, Ctrl/Cmd+Enter in the start form.

import { toast } from "./toasts.js";

const UNDO_SECONDS = 10;

/** The banner that serves without a script becomes a toast; the address forgets it, so that a reload does not offer it again. */
function offerUndo(banner) {
  banner.remove();
  const undo = banner.querySelector("form").getAttribute("action");
  toast({ text: banner.dataset.undo, undo, seconds: UNDO_SECONDS });
  const address = new URL(location.href);
  address.searchParams.delete("undo");
  history.replaceState(history.state, "", address);
}

function openStep(event) {
  const address = new URL(location.href);
  address.searchParams.set("step", event.detail.id);
  location.assign(address);
}

function send(event) {
  const form = event.target.form;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form?.id === "start") {
    event.preventDefault();
    form.requestSubmit();
  }
}

for (const banner of document.querySelectorAll(".banner[data-undo]")) {
  offerUndo(banner);
}
document.querySelector("[data-step-page]")?.addEventListener("canvas:open", openStep);
document.addEventListener("keydown", send);
