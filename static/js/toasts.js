// Toasts: those that came with the page, and those of the event "baton:toast" (ui/toasts.py sends it with an htmx answer).
// Errors stay until they are closed; others go after some seconds, and wait while somebody is on them.

import htmx from "../vendor/htmx.js";
import { lasting } from "./feedback.js";

const MOST = 4;

/** Shows a toast. `undo` is an address that the button Undo posts to. */
export function toast({ text, tone = "success", undo = "", seconds = 6 }) {
  const template = document.getElementById(`toast-${tone}`) ?? document.getElementById("toast-info");
  const box = template.content.firstElementChild.cloneNode(true);
  box.querySelector("[data-slot=text]").textContent = text;
  if (undo) {
    offerUndo(box, undo);
  }
  const place = document.querySelector(`#toasts > [role=${tone === "error" ? "alert" : "status"}]`);
  while (place.children.length >= MOST) {
    place.firstElementChild.remove();
  }
  place.append(box);
  watch(box, lasting(tone, text, seconds));
  return box;
}

/** Says something to screen readers alone. */
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = text));
}

function offerUndo(box, address) {
  const button = box.querySelector("[data-slot=undo]");
  button.hidden = false;
  button.addEventListener("click", () => {
    box.remove();
    htmx.ajax("POST", address, { source: document.body, swap: "none" });
  });
}

function watch(box, time) {
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = time ? setTimeout(() => box.remove(), time) : 0;
  };
  box.querySelector("[data-slot=close]").addEventListener("click", () => box.remove());
  for (const name of ["pointerenter", "focusin"]) {
    box.addEventListener(name, () => clearTimeout(timer));
  }
  for (const name of ["pointerleave", "focusout"]) {
    box.addEventListener(name, wait);
  }
  wait();
}

export function start() {
  for (const box of document.querySelectorAll("#toasts .toast")) {
    watch(box, lasting(box.dataset.toast, box.textContent.trim()));
  }
  document.addEventListener("baton:toast", (event) => toast(event.detail));
}
