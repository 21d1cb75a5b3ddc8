// Texts of a run's page: only what differs is touched, so that selections, focus and screen readers are left in peace.

import { showState } from "../canvas/status.js";

export function setText(element, text) {
  if (element && element.textContent !== text) {
    element.textContent = text;
  }
}

/** Seconds as ui/formats.py writes them. */
export function duration(seconds) {
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** The pill of the run, in the header of the page. */
export function paintRun({ word, icon, tone }) {
  const pill = document.getElementById("run-pill");
  if (!pill) return;
  pill.dataset.tone = tone;
  setText(pill.querySelector("[data-slot=word]"), word);
  const svg = pill.querySelector("svg");
  const use = svg.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  svg.classList.toggle("is-spinning", icon === "loader-circle");
}

/** Figures and bars of the head. */
export function paintHead(root, { texts, gauges }) {
  for (const [name, text] of Object.entries(texts)) {
    setText(root.querySelector(`#run-head [data-slot="${name}"]`), text);
  }
  for (const [name, [value, most, text, tone]] of Object.entries(gauges)) {
    paintGauge(root.querySelector(`[data-gauge="${name}"]`), { value, most, text, tone });
  }
}

function paintGauge(box, { value, most, text, tone }) {
  if (!box) return;
  setText(box.querySelector("[data-slot=text]"), text);
  box.dataset.tone = tone || "accent";
  Object.assign(box.querySelector("progress"), { value, max: most });
}

/** A card of the graph and its line in the outline. */
export function paintCard(canvas, key, card) {
  canvas?.setStatus?.(key, card);
  const line = document.querySelector(`[data-outline="${CSS.escape(key)}"] .pill`);
  if (line) {
    showState(line, card);
    line.dataset.tone = card.tone;
  }
  const node = canvas?.querySelector(`[data-node="${CSS.escape(key)}"] > .node-card`);
  if (!node) return;
  node.dataset.tone = card.tone;
  showState(node.querySelector("[data-slot=pill]") ?? node, card);
  if (card.figures) paintFigures(node.querySelector("[data-slot=figures]"), card.figures);
  if (card.preview !== undefined) setText(node.querySelector("[data-slot=preview]"), card.preview);
}

export function paintFigures(box, figures) {
  if (!box) return;
  while (box.children.length > figures.length) box.lastElementChild.remove();
  while (box.children.length < figures.length) box.append(document.createElement("span"));
  figures.forEach((figure, at) => setText(box.children[at], figure));
}
