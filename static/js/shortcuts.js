// Keys of every page. A page adds its own with `addKeys({"j": next})`; an element with data-key="j" is clicked by that key.

import { isLetterKey, isTyping, Keyboard, nameOf } from "./keys.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const keyboard = new Keyboard({
  "mod+k": () => show("command-menu"),
  "?": () => show("shortcuts"),
  "/": () => focusSearch(),
  "g w": () => follow("g w"),
  "g r": () => follow("g r"),
  "g i": () => follow("g i"),
});

/** Adds keys to this page: names as keys.js writes them ("j", "mod+Enter", "g s"), each with what it does. */
export function addKeys(keys) {
  Object.assign(keyboard.keys, keys);
}

export function areLettersOn() {
  return document.documentElement.dataset.keys !== "off";
}

function show(id) {
  const dialog = document.getElementById(id);
  if (!dialog || document.querySelector("dialog:modal")) {
    return false;
  }
  dialog.showModal();
  return true;
}

function focusSearch() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select?.();
  return Boolean(field);
}

function follow(keys) {
  const link = document.querySelector(`a[aria-keyshortcuts="${keys}"]`);
  link?.click();
  return Boolean(link);
}

function marked(name) {
  const found = document.querySelector(`[data-key="${CSS.escape(name)}"]:not(:disabled)`);
  return found?.checkVisibility() ? () => found.click() : undefined;
}

function isOff(name, event) {
  const isInDialog = Boolean(document.querySelector("dialog:modal"));
  const isPlain = !name.startsWith("mod+");
  return (isLetterKey(name) && !areLettersOn()) || (isPlain && (isInDialog || isTyping(event.target)));
}

function pressed(event) {
  const name = nameOf(event);
  if (event.defaultPrevented || event.isComposing || isOff(name, event)) {
    return;
  }
  const act = keyboard.press(name, event.timeStamp) ?? marked(name);
  if (act && act(event) !== false) {
    event.preventDefault();
  }
}

export function start() {
  document.addEventListener("keydown", pressed);
  if (isMac) {
    for (const key of document.querySelectorAll("[data-modifier]")) {
      key.textContent = `⌘ ${key.dataset.modifier}`;
    }
  }
}
