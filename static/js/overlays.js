// Dialogs and menus. Both are the browser's own (<dialog>, popover); this adds arrows in menus, closing by a click beside a
// dialog, and `command`/`commandfor` for browsers that do not know them yet.

import { moved } from "./keys.js";

const ITEMS = "a[href], button:not(:disabled)";

function items(box) {
  return [...box.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility());
}

function walk(event) {
  const box = event.target.closest?.("[data-menu], .command-results, .command");
  const found = box ? items(box.matches(".command") ? box.querySelector(".command-results") : box) : [];
  const next = moved(event.key, found.indexOf(document.activeElement), found.length);
  const isText = event.target.matches("input") && ["Home", "End"].includes(event.key);
  if (next >= 0 && !isText) {
    event.preventDefault();
    found[next].focus();
  } else if (box && event.key === "Enter" && event.target.matches("input[type=search]")) {
    event.preventDefault();
    found[0]?.click();
  } else if (box?.closest(".command") && event.key.length === 1 && !event.target.matches("input")) {
    box.closest(".command").querySelector("input").focus();
  }
}

function opened(event) {
  if (event.newState === "open" && event.target.matches("[data-menu]")) {
    items(event.target)[0]?.focus();
  }
  if (event.newState === "open" && event.target.matches(".command")) {
    event.target.querySelector("input").dispatchEvent(new CustomEvent("baton:open", { bubbles: true }));
  }
}

/** A click on the backdrop reports the dialog itself; only one that also began there closes it. */
function pressedBeside(event) {
  const { target: dialog } = event;
  if (!(dialog instanceof HTMLDialogElement) || dialog.hasAttribute("data-stays")) {
    return;
  }
  const box = dialog.getBoundingClientRect();
  const isInside =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!isInside) {
    dialog.close();
  }
}

function command(event) {
  const button = event.target.closest?.("button[commandfor]");
  const target = button && document.getElementById(button.getAttribute("commandfor"));
  const act = { "show-modal": "showModal", close: "close" }[button?.getAttribute("command")];
  target?.[act]?.();
}

export function start() {
  document.addEventListener("keydown", walk);
  document.addEventListener("toggle", opened, true);
  document.addEventListener("pointerdown", pressedBeside);
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", command);
  }
}
