// <copy-button data-text="…"> or data-of="#selector": its button copies the text and says so.

import { announce } from "./toasts.js";

const SHOWN_MS = 1500;

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy());
  }

  get text() {
    return this.dataset.of ? (document.querySelector(this.dataset.of)?.textContent ?? "") : (this.dataset.text ?? "");
  }

  async copy() {
    await navigator.clipboard.writeText(this.text);
    announce(document.getElementById("texts").dataset.copied);
    const use = this.querySelector("use");
    const before = use.getAttribute("href");
    use.setAttribute("href", before.replace(/#.*/, "#check"));
    setTimeout(() => use.setAttribute("href", before), SHOWN_MS);
  }
}

customElements.define("copy-button", CopyButton);
