// How often something may happen: pure, with the clock and the timer of whoever uses it.

const DELAYS = [1, 2, 4, 8, 15];

/** Seconds before the next attempt to connect, the first one being number 0. `chance` is from 0 to 1. */
export function delay(attempt, chance) {
  return DELAYS[Math.min(attempt, DELAYS.length - 1)] * (0.8 + 0.4 * chance);
}

/** Does something at most once in a while: at once if it was quiet, else when the time has come; never loses the last wish. */
export class Paced {
  #last = -Infinity;
  #timer = 0;

  /** `act` is called; `every` is in milliseconds. */
  constructor(act, every, { now = () => performance.now(), later = (f, ms) => setTimeout(f, ms), forget = clearTimeout } = {}) {
    Object.assign(this, { act, every, now, later, forget });
  }

  wish() {
    if (this.#timer) {
      return;
    }
    const left = this.#last + this.every - this.now();
    if (left <= 0) {
      this.#do();
    } else {
      this.#timer = this.later(() => this.#do(), left);
    }
  }

  stop() {
    this.forget(this.#timer);
    this.#timer = 0;
  }

  #do() {
    this.#timer = 0;
    this.#last = this.now();
    this.act();
  }
}
