// <live-inbox>: the list of reviews and the pages of single ones. J and K walk, Enter opens, U takes the last decision back;
// what others do is seen at once. Everything else are links and forms.

import htmx from "../../vendor/htmx.js";
import { Paced } from "../run/pace.js";
import { addKeys } from "../shortcuts.js";
import { Bell } from "./bell.js";

const EVERY_MS = 700;
const LOOK_MS = 30_000;
const LIVE = { "Baton-Refresh": "live" };

class LiveInbox extends HTMLElement {
  connectedCallback() {
    this.home = location.href;
    this.refresh = new Paced(() => this.#refresh(), EVERY_MS);
    this.bell = new Bell(() => this.refresh.wish());
    this.timer = setInterval(() => document.hidden || this.refresh.wish(), LOOK_MS);
    addKeys({ j: () => this.#move(1), k: () => this.#move(-1), u: () => this.#undo() });
    this.addEventListener("click", (event) => this.#click(event));
    this.onDecided = () => this.#decided();
    this.onUndone = (event) => this.open(event.detail.url);
    document.addEventListener("baton:decided", this.onDecided);
    document.addEventListener("baton:undone", this.onUndone);
    addEventListener("popstate", () => location.reload());
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.refresh.stop();
    this.bell.end();
    document.removeEventListener("baton:decided", this.onDecided);
    document.removeEventListener("baton:undone", this.onUndone);
  }

  get item() {
    return this.querySelector("review-item");
  }

  get isList() {
    return Boolean(document.getElementById("inbox"));
  }

  /** Show another review in the place of this one. */
  async open(address) {
    if (!this.querySelector("#review")) {
      location.assign(address);
      return;
    }
    this.item?.leave?.();
    await htmx.ajax("GET", address, { source: this, target: "#review", swap: "innerHTML" });
    history.pushState(history.state, "", address);
    this.#shown();
  }

  #decided() {
    setTimeout(() => this.#shown());
  }

  #shown() {
    const asked = this.querySelector(".review-asked");
    if (asked && !this.item?.dataset.refused) {
      asked.focus({ preventScroll: true });
      asked.scrollTop = 0;
      document.getElementById("main").scrollTop = 0;
    }
    document.title = [this.querySelector("#review-title")?.textContent, "Baton"].filter(Boolean).join(" · ");
    this.#mark();
    this.refresh.wish();
  }

  #mark() {
    const own = this.item?.dataset.review;
    for (const link of this.querySelectorAll("[data-open]")) {
      if (link.dataset.open === own && own) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  async #refresh() {
    document.body.dispatchEvent(new CustomEvent("baton:inbox"));
    if (this.isList) {
      const { url } = document.getElementById("inbox").dataset;
      await htmx.ajax("GET", url, { source: this, target: "#inbox", swap: "outerMorph", headers: LIVE });
      return;
    }
    await htmx.ajax("GET", this.item ? location.href : this.home, {
      source: this,
      target: "#review-list",
      swap: "outerMorph",
      headers: { "Review-Part": "list" },
    });
    this.#mark();
    await this.item?.look?.();
  }

  #links() {
    return [...this.querySelectorAll(this.isList ? "[data-review] th a" : "[data-open]")];
  }

  #move(by) {
    const links = this.#links();
    const own = this.item?.dataset.review;
    const at = this.isList ? links.indexOf(document.activeElement) : links.findIndex((link) => link.dataset.open === own);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    if (!next) return links.length > 0;
    if (this.isList) next.focus();
    else this.open(next.href);
    return true;
  }

  #undo() {
    const button = [...document.querySelectorAll("[data-undo], #toasts [data-slot=undo]:not([hidden])")].at(-1);
    button?.click();
    return Boolean(button);
  }

  #click(event) {
    const link = event.target.closest("[data-open]");
    const isPlain = !event.defaultPrevented && !event.button && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (link && isPlain) {
      event.preventDefault();
      this.open(link.href);
    }
  }
}

customElements.define("live-inbox", LiveInbox);
