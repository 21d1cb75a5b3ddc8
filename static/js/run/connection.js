// The socket of a run's page: connects, says after which event it wants to hear, and connects again until it is told not to.
// Whatever was missed meanwhile comes first; how long it takes, and that it is lost, is told to the page.

import { delay } from "./pace.js";

const REFUSED = new Set([4401, 4403]);
const SLEPT_MS = 30_000;

export class Connection {
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #heard = 0;
  #isEnded = false;

  /** `after()` gives the number of the last event; `on` has frame, up, down (milliseconds until the next attempt), refused. */
  constructor({ run, after, on }) {
    Object.assign(this, { run, after, on });
    addEventListener("online", () => this.reconnect());
    addEventListener("pageshow", (event) => event.persisted && this.reconnect());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  open() {
    this.#socket?.close();
    clearTimeout(this.#timer);
    const { protocol, host } = location;
    const socket = (this.#socket = new WebSocket(`${protocol === "https:" ? "wss:" : "ws:"}//${host}/live/`));
    socket.addEventListener("open", () => socket.send(JSON.stringify({ run: this.run, after: this.after() })));
    socket.addEventListener("message", (event) => this.#hear(socket, JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.#lost(socket, event.code));
    socket.addEventListener("open", () => this.#isCurrent(socket) && this.#open());
  }

  /** At once, whatever is under way. */
  reconnect() {
    if (!this.#isEnded) {
      this.#attempt = 0;
      this.open();
    }
  }

  /** Follow the run anew on the same socket: the server said that it was too slow for us. */
  again() {
    this.#socket?.send(JSON.stringify({ run: this.run, after: this.after() }));
  }

  end() {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open() {
    this.#attempt = 0;
    this.#heard = Date.now();
    this.on.up();
  }

  #hear(socket, frame) {
    if (!this.#isCurrent(socket)) return;
    this.#heard = Date.now();
    this.on.frame(frame);
  }

  #lost(socket, code) {
    if (!this.#isCurrent(socket) || this.#isEnded) return;
    if (REFUSED.has(code)) {
      this.#isEnded = true;
      this.on.refused();
      return;
    }
    const wait = delay(this.#attempt++, Math.random()) * 1000;
    this.#timer = setTimeout(() => this.open(), wait);
    this.on.down(wait);
  }

  /** A machine that slept does not know that its socket is dead. */
  #seen() {
    const isOld = Date.now() - this.#heard > SLEPT_MS;
    if (!document.hidden && isOld) this.reconnect();
  }

  #isCurrent(socket) {
    return this.#socket === socket;
  }
}
