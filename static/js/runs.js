// The list of runs: keys, marks, and Live. Everything else are links and forms.

import htmx from "../vendor/htmx.js";
import { addKeys } from "./shortcuts.js";
import { announce } from "./toasts.js";

const EVERY_MS = 3000;
const KEPT = "baton-runs-live";
let timer = 0;

const rows = () => [...document.querySelectorAll("#runs [data-run]")];
const marks = () => [...document.querySelectorAll("#marked input[name=run]")];
const current = () => document.activeElement?.closest?.("#runs [data-run]");

function move(step) {
  const all = rows();
  const index = all.indexOf(current());
  const next = all[index < 0 ? (step > 0 ? 0 : all.length - 1) : index + step];
  next?.querySelector("th a").focus();
  return Boolean(next);
}

function count() {
  const marked = marks().filter((one) => one.checked).length;
  const all = document.querySelector("[data-mark-all]");
  const shown = document.querySelector("[data-marked]");
  if (shown) {
    shown.textContent = String(marked);
  }
  if (all) {
    all.hidden = false;
    all.checked = marked > 0 && marked === marks().length;
    all.indeterminate = marked > 0 && marked < marks().length;
  }
}

function mark() {
  const box = current()?.querySelector("input[name=run]");
  if (!box) {
    return false;
  }
  box.checked = !box.checked;
  count();
  return true;
}

function rerun() {
  const dialog = document.getElementById("rerun-runs");
  const isAny = marks().some((one) => one.checked) || mark();
  if (!dialog || !isAny) {
    return false;
  }
  dialog.showModal();
  return true;
}

function markAll(isOn) {
  for (const one of marks()) {
    one.checked = isOn;
  }
  count();
}

/** Somebody is in the middle of something that a new list would take away. */
function isBusy() {
  return document.hidden || Boolean(document.querySelector("dialog:modal"));
}

function refresh() {
  const list = document.getElementById("runs");
  if (list && !isBusy()) {
    htmx.ajax("GET", list.dataset.url, { target: "#runs", swap: "outerMorph", headers: { "Baton-Refresh": "live" } });
  }
}

function setLive(button, isOn) {
  clearInterval(timer);
  button.setAttribute("aria-pressed", String(isOn));
  sessionStorage.setItem(KEPT, isOn ? "on" : "off");
  if (isOn) {
    timer = setInterval(refresh, EVERY_MS);
    refresh();
  }
}

function start() {
  const live = document.querySelector("[data-live]");
  live.hidden = false;
  if (sessionStorage.getItem(KEPT) === "on") {
    setLive(live, true);
  }
  live.addEventListener("click", () => {
    const isOn = live.getAttribute("aria-pressed") !== "true";
    setLive(live, isOn);
    announce(isOn ? live.dataset.on : live.dataset.off);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-mark-all]")) {
      markAll(event.target.checked);
    } else if (event.target.name === "run") {
      count();
    }
  });
  document.addEventListener("reset", (event) => event.target.id === "marked" && setTimeout(count));
  document.addEventListener("htmx:after:swap", count);
  addKeys({ j: () => move(1), k: () => move(-1), x: mark, r: rerun });
  count();
}

start();
