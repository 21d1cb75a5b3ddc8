// The panel of the chosen step: which one it is, what it shows, and the text that a model writes there, once per frame.

import htmx from "../../vendor/htmx.js";
import { addKeys } from "../shortcuts.js";
import { belongs } from "./facts.js";
import { Paced } from "./pace.js";

const EVERY_MS = 700;

export class Panel {
  #frame = 0;

  constructor(page, streams) {
    Object.assign(this, { page, streams, box: page.querySelector("#step-panel") });
    this.chosen = this.box.querySelector("[data-path]")?.dataset.path ?? "";
    this.again = new Paced(() => this.#load({ swap: "innerMorph" }), EVERY_MS);
    if (!htmx.config.morphIgnore.includes("open")) htmx.config.morphIgnore.push("open");
    page.addEventListener("canvas:open", (event) => this.#opened(event));
    page.addEventListener("click", (event) => this.#click(event));
    page.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.#escape(event));
    addKeys({ j: () => this.#move(1), k: () => this.#move(-1) });
    this.#mark();
  }

  /** The step that is shown, or is about to be. */
  get path() {
    return this.box.hidden ? "" : this.chosen;
  }

  /** Show a step; the address names it from now on. */
  async show(path, { from = document.activeElement, isMoving = false } = {}) {
    this.from = from;
    this.chosen = path;
    history.replaceState(history.state, "", this.#address(path));
    this.box.hidden = false;
    await this.#load({ swap: "innerHTML" });
    this.#adopt();
    if (isMoving) return;
    this.box.querySelector("h2")?.focus();
    this.box.scrollIntoView({ block: "nearest" });
  }

  close() {
    if (this.box.hidden) return;
    this.box.hidden = true;
    this.chosen = "";
    this.box.replaceChildren();
    history.replaceState(history.state, "", this.#address(""));
    this.page.canvas?.select?.([]);
    this.from?.isConnected && this.from.focus?.();
  }

  #opened({ target, detail: { id } }) {
    this.show(id, { from: target.querySelector(`[data-node="${CSS.escape(id)}"] .wc-open`) });
  }

  /** Something happened to these steps. */
  happened(paths) {
    const own = this.path;
    if (own && paths.some((path) => belongs(path, own) || belongs(own, path))) this.again.wish();
  }

  /** A model writes in this step. */
  wrote(step) {
    if (this.path === step) this.#frame ||= requestAnimationFrame(() => this.#write());
  }

  #write() {
    this.#frame = 0;
    for (const place of this.box.querySelectorAll("[data-stream]")) {
      const text = this.streams.text(this.path, place.dataset.stream);
      if (!text || place.textContent === text) continue;
      const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 8;
      if (text.startsWith(place.textContent) && place.firstChild) place.firstChild.appendData(text.slice(place.textContent.length));
      else place.textContent = text;
      if (isAtEnd) place.scrollTop = place.scrollHeight;
    }
  }

  /** A later request takes the place of an earlier one (hx-sync). Whoever had the focus in the panel keeps it there. */
  async #load({ swap }) {
    if (!this.path) return;
    const hadFocus = this.box.contains(document.activeElement);
    const address = `${this.page.dataset.stepUrl}?path=${encodeURIComponent(this.path)}`;
    await htmx.ajax("GET", address, { source: this.box, target: this.box, swap });
    if (hadFocus && !this.box.contains(document.activeElement)) this.box.querySelector("h2")?.focus({ preventScroll: true });
    this.#write();
    this.#mark();
  }

  /** A node inside a container is shown as its container: that is the step from now on. */
  #adopt() {
    this.chosen = this.box.querySelector("[data-path]")?.dataset.path ?? this.chosen;
  }

  #mark() {
    const path = this.path;
    for (const link of this.page.querySelectorAll("#run-main [data-step]")) {
      link.toggleAttribute("aria-current", link.dataset.step === path);
    }
    if (path && !path.includes("[")) this.page.canvas?.select?.([path]);
  }

  #click(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a");
    if (link?.matches("[data-close]")) {
      event.preventDefault();
      this.close();
      return;
    }
    const path = link?.dataset.step ?? (link?.closest(".graph-outline") && new URL(link.href).searchParams.get("step"));
    if (path) {
      event.preventDefault();
      this.show(path, { from: link });
    }
  }

  #escape(event) {
    if (this.box.hidden || document.querySelector("dialog:modal, :popover-open")) return;
    event.preventDefault();
    this.close();
  }

  /** The next step in the order in which they run. */
  #move(by) {
    const paths = [...this.page.querySelectorAll(".graph-outline [data-outline], #run-body [data-step]")].map(
      (one) => one.dataset.outline ?? one.dataset.step,
    );
    const steps = [...new Set(paths)].filter((path) => !["start", "end"].includes(path));
    if (!steps.length) return;
    const at = steps.indexOf(this.path);
    const next = steps[(at + by + steps.length) % steps.length] ?? steps[0];
    this.show(next, { isMoving: true });
  }

  #address(path) {
    const address = new URL(location.href);
    if (path) address.searchParams.set("step", path);
    else address.searchParams.delete("step");
    return address;
  }
}
