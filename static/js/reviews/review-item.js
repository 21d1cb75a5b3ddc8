// <review-item>: one review that is being decided. Shows read, edit or changes; says when something is edited; keeps what is
// typed until the server has it; holds a claim for as long as somebody works. The form itself works without any of this.

import htmx from "../../vendor/htmx.js";
import { addKeys } from "../shortcuts.js";
import { announce } from "../toasts.js";
import { clock, Drafts, edited, isSame, typedIn } from "./changed.js";

const DRAFT_MS = 400;
const HOLD_EVERY_MS = 60_000;
const WARN_SECONDS = 120;
const HELD = "reviews-held";
const drafts = new Drafts(localStorage);

class ReviewItem extends HTMLElement {
  #held = 0;
  #chosen = "";
  #timers = [];

  connectedCallback() {
    this.form = this.querySelector("form.review-form");
    this.#sayLeft();
    if (!this.form || !this.hasAttribute("data-decidable")) return;
    this.begun = typedIn(new FormData(this.form));
    this.#restore();
    this.#setUpViews();
    this.form.addEventListener("input", () => this.#typed());
    this.form.addEventListener("change", () => this.#typed());
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", () => this.#hold());
    this.addEventListener("htmx:after:request", (event) => this.#answered(event));
    this.onLeave = () => {
      this.#keep();
      if (this.standing?.hasAttribute("data-mine")) sessionStorage.setItem(HELD, this.dataset.review);
      this.leave();
    };
    addEventListener("pagehide", this.onLeave);
    addKeys({ "mod+Enter": () => this.#send() });
    this.#timers.push(setInterval(() => this.#sayLeft(), 1000));
    this.#paint();
    this.#holdAgain();
  }

  disconnectedCallback() {
    this.#timers.forEach(clearInterval);
    removeEventListener("pagehide", this.onLeave);
  }

  get standing() {
    return this.querySelector("[data-standing]");
  }

  get editor() {
    return this.querySelector("[data-editor]");
  }

  get isEdited() {
    const own = edited(typedIn(new FormData(this.form)));
    return this.dataset.edited === "yes" || !isSame(own, edited(this.begun)) || this.#hasFile();
  }

  /** Somebody goes on to something else: whoever holds it lets go. */
  leave() {
    if (!this.standing?.hasAttribute("data-mine") || !this.isConnected) return;
    this.standing.removeAttribute("data-mine");
    const token = this.form?.querySelector("[name=csrfmiddlewaretoken]")?.value;
    const headers = { "X-CSRFToken": token, "HX-Request": "true", "HX-Request-Type": "partial" };
    fetch(this.#address("release"), { method: "POST", headers, keepalive: true });
  }

  /** Ask who holds it and whether it was decided; what is typed stays. */
  async look() {
    if (!this.standing) return;
    const before = this.standing.dataset.status;
    await htmx.ajax("GET", `${this.dataset.path}?${this.dataset.query}`, {
      source: this,
      target: this.standing,
      swap: "outerMorph",
      headers: { "Review-Part": "standing" },
    });
    const isOver = this.standing?.dataset.status === "over";
    this.toggleAttribute("data-over", isOver);
    if (isOver && before === "open") announce(this.standing.textContent.replace(/\s+/g, " ").trim());
  }

  // ---- read, edit, changes

  #setUpViews() {
    const views = this.querySelector("[data-views]");
    if (!views) return;
    views.hidden = false;
    this.setAttribute("data-scripted", "");
    this.#show(this.editor.dataset.view);
  }

  async #show(view) {
    this.editor.dataset.view = view;
    for (const button of this.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset.show === view));
    }
    if (view === "edit") return;
    if (view === "diff" || this.isEdited) await this.#draw();
  }

  async #draw() {
    const pane = this.querySelector("[data-pane=look]");
    const body = new FormData(this.form);
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial" };
    const answer = await fetch(pane.dataset.url, { method: "POST", body, headers });
    if (!answer.ok || answer.redirected) return;
    const drawn = document.createElement("template");
    drawn.innerHTML = await answer.text();
    pane.replaceChildren(drawn.content);
  }

  #edit() {
    this.#show("edit");
    const field = this.editor.querySelector("[data-pane=edit] :is(textarea, input:not([type=hidden]), select)");
    field?.focus();
    field?.setSelectionRange?.(0, 0);
  }

  // ---- what is typed

  #typed() {
    this.#paint();
    this.#hold();
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.#keep(), DRAFT_MS);
  }

  #keep() {
    const own = typedIn(new FormData(this.form));
    if (isSame(own, this.begun)) drafts.forget(this.dataset.review);
    else drafts.keep(this.dataset.review, own);
  }

  /** What was typed before, field by field; the same name may come several times. */
  #restore() {
    const kept = drafts.of(this.dataset.review);
    if (this.hasAttribute("data-posted")) {
      drafts.keep(this.dataset.review, this.begun); // the server has just given back what was sent
      return;
    }
    if (!kept || isSame(kept, this.begun)) return;
    const seen = new Map();
    for (const [name, text] of kept) seen.set(name, [...(seen.get(name) ?? []), text]);
    for (const field of this.form.elements) {
      const isOwn = field.name && typedIn([[field.name, ""]]).length > 0 && !field.name.includes("~");
      if (!isOwn || field.type === "file") continue;
      const texts = seen.get(field.name) ?? [];
      if (["checkbox", "radio"].includes(field.type)) field.checked = texts.includes(field.value);
      else if (texts.length) field.value = texts.shift();
    }
    announce(this.dataset.saidDraft);
  }

  #paint() {
    const isEdited = this.isEdited;
    const mark = this.querySelector("[data-edited-mark]");
    if (mark) mark.hidden = !isEdited;
    for (const label of this.querySelectorAll("[data-slot=label][data-edited]")) {
      label.textContent = isEdited ? label.dataset.edited : label.dataset.plain;
    }
  }

  #hasFile() {
    return [...this.form.querySelectorAll("input[type=file]")].some((field) => field.files.length > 0);
  }

  // ---- deciding

  #click(event) {
    const button = event.target.closest("button, a");
    if (!button) return;
    if (button.dataset.show) {
      if (button.dataset.show === "edit") this.#edit();
      else this.#show(button.dataset.show);
    } else if ("reset" in button.dataset) {
      event.preventDefault();
      this.#reset();
    } else if (button.dataset.verdict) {
      this.#choose(button, event);
    }
  }

  /** A verdict that says nothing without a comment waits for one. */
  #choose(button, event) {
    this.#chosen = button.dataset.verdict;
    const comment = this.form.elements.comment;
    for (const one of this.querySelectorAll("[data-verdict]")) one.toggleAttribute("data-chosen", one === button);
    if ("wantsComment" in button.dataset && !comment.value.trim()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      comment.focus();
      announce(this.dataset.saidComment);
    }
  }

  #send() {
    if (this.hasAttribute("data-over") || !this.isConnected) return false;
    const wanted = this.#chosen ? `[data-verdict="${CSS.escape(this.#chosen)}"]` : "[data-primary]";
    this.querySelector(wanted)?.click();
    return true;
  }

  async #reset() {
    drafts.forget(this.dataset.review);
    const address = new URL(this.dataset.path, location.href);
    address.search = this.dataset.query;
    address.searchParams.set("original", "1");
    await htmx.ajax("GET", address.href, { source: this, target: this, swap: "outerHTML" });
  }

  #answered(event) {
    const { ctx } = event.detail;
    const isDecision = ctx.request.action.includes("/decide/");
    const told = ctx.response?.headers?.get("HX-Trigger") ?? ctx.response?.raw?.headers.get("HX-Trigger") ?? "";
    if (isDecision && told.includes("baton:decided")) {
      clearTimeout(this.draftTimer);
      drafts.forget(this.dataset.review);
    }
  }

  // ---- the claim

  #hold() {
    const isDue = Date.now() - this.#held > HOLD_EVERY_MS;
    if (!isDue || !this.standing?.hasAttribute("data-mine")) return;
    this.#held = Date.now();
    htmx.ajax("POST", this.#address("claim"), { source: this.standing, target: this.standing, swap: "outerHTML" });
  }

  /** A reload is no leaving. */
  #holdAgain() {
    const isReloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
    const isHeld = sessionStorage.getItem(HELD) === this.dataset.review;
    sessionStorage.removeItem(HELD);
    if (isReloaded && isHeld) {
      htmx.ajax("POST", this.#address("claim"), { source: this, target: this.standing, swap: "outerHTML" });
    }
  }

  #sayLeft() {
    const place = this.querySelector("[data-left]");
    if (!place) return;
    if (this.claim !== place) {
      this.claim = place;
      this.until = Date.now() + Number(this.standing.dataset.seconds) * 1000;
    }
    const left = (this.until - Date.now()) / 1000;
    place.textContent = clock(left);
    if (Math.floor(left) === WARN_SECONDS) announce(this.dataset.saidSoon);
  }

  #address(verb) {
    return `${this.dataset.path}${verb}/?${this.dataset.query}`;
  }
}

customElements.define("review-item", ReviewItem);
