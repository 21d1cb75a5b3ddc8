// Hears that something changed in the team's reviews: a hint, after which the page asks the server. Comes back by itself.

import { delay } from "../run/pace.js";

const REFUSED = new Set([4401, 4403]);

export class Bell {
  #attempt = 0;
  #timer = 0;
  #socket = null;

  /** `ring()` is called for every hint, and after each connection: what was told before it is lost. */
  constructor(ring) {
    this.ring = ring;
    this.onSeen = () => !document.hidden && this.ring();
    document.addEventListener("visibilitychange", this.onSeen);
    addEventListener("online", this.onSeen);
    this.#open();
  }

  end() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.onSeen);
    removeEventListener("online", this.onSeen);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open() {
    const { protocol, host } = location;
    const socket = (this.#socket = new WebSocket(`${protocol === "https:" ? "wss:" : "ws:"}//${host}/live/`));
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      socket.send(JSON.stringify({ topic: "reviews" }));
      this.ring();
    });
    socket.addEventListener("message", (event) => JSON.parse(event.data).topic === "reviews" && this.ring());
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket && !REFUSED.has(event.code)) {
        this.#timer = setTimeout(() => this.#open(), delay(this.#attempt++, Math.random()) * 1000);
      }
    });
  }
}
