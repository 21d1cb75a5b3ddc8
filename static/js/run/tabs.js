// The tabs of a run's page: they change without leaving it, and what is shown in them is fetched again when something happened.

import htmx from "../../vendor/htmx.js";
import { addKeys } from "../shortcuts.js";

const NAMES = ["graph", "timeline", "log", "result"];
const NEAR = 40;

export class Tabs {
  #isAsking = false;

  constructor(page) {
    this.page = page;
    page.addEventListener("click", (event) => this.#click(event));
    page.addEventListener("click", (event) => event.target.closest("[data-follow]") && this.#toggle(event.target.closest("[data-follow]")));
    page.addEventListener("scroll", (event) => event.target.matches?.("[data-log]") && this.#scrolled(event.target), true);
    addEventListener("popstate", () => location.reload());
    addKeys(Object.fromEntries(NAMES.map((name, at) => [String(at + 1), () => this.show(name)])));
    this.#toEnd();
  }

  get current() {
    return this.page.querySelector("#run-body")?.dataset.tab ?? "";
  }

  async show(name) {
    const link = this.page.querySelector(`nav [data-tab="${name}"]`);
    const address = this.#address({ tab: name });
    history.pushState(history.state, "", address);
    await this.#get(address, { part: "main", target: "#run-main", swap: "innerHTML" });
    link && this.page.querySelector(`nav [data-tab="${name}"]`)?.focus();
    this.page.ask.wish();
    this.page.panel.happened([this.page.panel.path].filter(Boolean));
    this.#toEnd();
  }

  /** What happened shows in the timeline and in the log. The graph is painted from the state. */
  async refresh() {
    if (this.#isAsking || document.hidden) return;
    this.#isAsking = true;
    try {
      if (this.current === "timeline") await this.#get(this.#address(), { part: "body", target: "#run-body", swap: "innerMorph" });
      if (this.current === "log") await this.#lines();
    } finally {
      this.#isAsking = false;
    }
  }

  /** The run has another status: other buttons, another head, perhaps a result. */
  async runChanged() {
    await this.#get(this.#address(), { part: "head", target: "#run-head", swap: "innerMorph" });
    await this.#get(this.#address(), { part: "actions", target: "#run-actions", swap: "outerMorph" });
    if (this.current === "result") await this.#get(this.#address(), { part: "body", target: "#run-body", swap: "innerMorph" });
  }

  async #lines() {
    const list = this.page.querySelector("#run-log");
    if (!list) return;
    const { after, of } = list.dataset;
    await this.#get(this.#address({ after, of }), { part: "lines", target: "#run-log", swap: "beforeend" });
    const last = [...list.querySelectorAll("[data-last]")];
    list.dataset.after = String(Math.max(Number(after), ...last.map((one) => Number(one.dataset.last))));
    last.slice(0, -1).forEach((one) => one.remove());
    if (this.#isFollowing()) this.#toEnd();
  }

  #get(address, { part, target, swap }) {
    const headers = { "Run-Part": part };
    return htmx.ajax("GET", String(address), { source: this.page, target, swap, headers });
  }

  #click(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[data-tab]");
    if (!link) return;
    event.preventDefault();
    this.show(link.dataset.tab);
  }

  #isFollowing() {
    return this.page.querySelector("[data-follow]")?.getAttribute("aria-pressed") === "true";
  }

  #toggle(button, wish = button.getAttribute("aria-pressed") !== "true") {
    button.setAttribute("aria-pressed", String(wish));
    if (wish) this.#toEnd();
  }

  /** Whoever scrolls up wants to read; whoever scrolls to the end wants to follow. */
  #scrolled(box) {
    const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - NEAR;
    const button = this.page.querySelector("[data-follow]");
    if (button && isAtEnd !== this.#isFollowing()) this.#toggle(button, isAtEnd);
  }

  #toEnd() {
    const box = this.page.querySelector("[data-log]");
    if (box && this.#isFollowing()) box.scrollTop = box.scrollHeight;
  }

  /** The page's address, with other parameters. Those of a tab that is left go. */
  #address(changed = {}) {
    const address = new URL(location.href);
    address.hash = "";
    if (changed.tab) ["of", "scope", "view"].forEach((name) => address.searchParams.delete(name));
    for (const [name, value] of Object.entries(changed)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    return address;
  }
}
