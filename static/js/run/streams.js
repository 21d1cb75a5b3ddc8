// What models have written so far, by step and call: pure. Pieces may be lost; the whole text that comes now and then mends it.

const MOST = 200_000;
const TAIL = 160;

export class Streams {
  #texts = new Map();
  #newest = new Map();

  /** Takes the pieces of one frame; the steps that they belong to. */
  take(pieces) {
    const steps = new Set();
    for (const { step, attempt, call, tokens, text } of pieces) {
      const key = `${step}\n${call}`;
      const before = this.#texts.get(key);
      const known = before && before.attempt === attempt ? before.text : "";
      this.#texts.set(key, { attempt, text: (text ?? known + tokens).slice(-MOST) });
      this.#newest.set(step, key);
      steps.add(step);
    }
    return steps;
  }

  text(step, call) {
    return this.#texts.get(`${step}\n${call}`)?.text ?? "";
  }

  /** The end of what a step writes now. */
  tail(step) {
    const text = this.#texts.get(this.#newest.get(step))?.text ?? "";
    return text.slice(-TAIL).replace(/\s+/g, " ").trimStart();
  }

  /** The step has gone on: its output takes the place of what was written. */
  forget(step) {
    this.#newest.delete(step);
    for (const key of [...this.#texts.keys()].filter((one) => one.startsWith(`${step}\n`))) {
      this.#texts.delete(key);
    }
  }
}
