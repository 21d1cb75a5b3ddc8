// <live-run>: keeps the page of a run true. Events come over the socket and show at once what they say; what they do not say
// (figures, previews, the panel of a step, timeline, log) is asked of the server, each thing at most so often.

import { announce } from "../toasts.js";
import { Connection } from "./connection.js";
import { filled, nodeOf, read } from "./facts.js";
import { Paced } from "./pace.js";
import { duration, paintCard, paintFigures, paintHead, paintRun, setText } from "./painting.js";
import { Panel } from "./panel.js";
import { Streams } from "./streams.js";
import { Tabs } from "./tabs.js";

const FLUSH_MS = 350;
const STATE_MS = 1000;
const PART_MS = 1000;
const LOOK_MS = 30_000;

class LiveRun extends HTMLElement {
  #streams = new Streams();
  #waiting = new Map();
  #cards = new Map();
  #over = false;
  #elapsed = { seconds: 0, at: 0 };
  #isAsking = false;
  #timers = [];

  connectedCallback() {
    this.run = Number(this.dataset.run);
    this.seq = Number(this.dataset.after);
    this.status = this.dataset.status;
    this.words = JSON.parse(this.querySelector("#run-words").textContent);
    this.panel = new Panel(this, this.#streams);
    this.tabs = new Tabs(this);
    this.flush = new Paced(() => this.#flush(), FLUSH_MS);
    this.ask = new Paced(() => this.#ask(), STATE_MS);
    this.parts = new Paced(() => this.tabs.refresh(), PART_MS);
    const on = {
      frame: (frame) => this.#hear(frame),
      up: () => this.#up(),
      down: (wait) => this.#down(wait),
      refused: () => location.reload(),
    };
    this.connection = new Connection({ run: this.run, after: () => this.seq, on });
    this.connection.open();
    this.querySelector("[data-slot=again]").addEventListener("click", () => this.#refresh());
    this.#timers = [setInterval(() => this.#tick(), 1000), setInterval(() => !document.hidden && this.ask.wish(), LOOK_MS)];
    this.ask.wish();
  }

  disconnectedCallback() {
    this.connection.end();
    this.#timers.forEach(clearInterval);
    [this.flush, this.ask, this.parts].forEach((paced) => paced.stop());
  }

  get canvas() {
    return this.querySelector("workflow-canvas");
  }

  // ---- what is heard

  #hear(frame) {
    if (frame.tokens) this.#write(frame.tokens);
    else if (frame.refetch !== undefined) this.#resume(frame.refetch);
    else if (frame.facts && frame.seq > this.seq) this.#happened(frame);
  }

  /** The server dropped us because we were slow: what was missed comes again, and the state is asked for besides. */
  #resume(seq) {
    this.seq = Math.max(this.seq, seq);
    this.connection.again();
    this.#changed();
  }

  #happened(event) {
    this.seq = event.seq;
    const said = read(event);
    for (const [path, name] of said.steps) this.#waiting.set(path, name);
    for (const path of said.touched) if (!this.#isWriting(event, path)) this.#streams.forget(path);
    if (said.run) this.#runChanged(said.run);
    for (const path of said.failed) this.#say("failed", path);
    for (const path of said.asked) this.#say("review", path);
    this.panel.happened([...said.touched]);
    this.flush.wish();
    this.#changed();
  }

  /** A call that began or ended beside others does not end what they write. */
  #isWriting(event, path) {
    return event.facts.every((fact) => fact.step !== path || ("call" in fact && fact.status === "started"));
  }

  #changed() {
    this.ask.wish();
    this.parts.wish();
  }

  #runChanged(status) {
    const before = this.status;
    this.status = status;
    const word = this.words.runs[status];
    if (word) paintRun(word);
    if (before === "queued" && status === "running") announce(this.dataset.saidStarted);
    if (["succeeded", "failed", "cancelled"].includes(status)) {
      announce(filled(this.dataset.saidFinished, { word: word.word }));
    }
    this.tabs.runChanged();
  }

  #say(what, path) {
    const name = this.#nameOf(path);
    const sentence = what === "failed" ? this.dataset.saidFailed : this.dataset.saidReview;
    announce(filled(sentence, { step: name }));
  }

  #nameOf(path) {
    const node = this.querySelector(`[data-node="${CSS.escape(nodeOf(path))}"] .node-name`);
    return node?.textContent ?? path;
  }

  // ---- what models write

  #write(pieces) {
    for (const step of this.#streams.take(pieces)) {
      this.#waiting.set(`write:${step}`, step);
      this.panel.wrote(step);
    }
    this.flush.wish();
  }

  // ---- what is painted

  #flush() {
    for (const [key, name] of this.#waiting) {
      if (key.startsWith("write:")) this.#preview(name);
      else this.#show(key, this.words.steps[name], name);
    }
    this.#waiting.clear();
  }

  #show(path, word, name) {
    if (word) paintCard(this.canvas, nodeOf(path), { status: name.split(":")[0], ...word });
  }

  #preview(step) {
    const node = this.canvas?.querySelector(`[data-node="${CSS.escape(nodeOf(step))}"] [data-slot=preview]`);
    setText(node, this.#streams.tail(step));
  }

  async #ask() {
    if (this.#isAsking) {
      this.ask.wish();
      return;
    }
    this.#isAsking = true;
    try {
      const answer = await fetch(this.dataset.stateUrl, { headers: { Accept: "application/json" } });
      if (answer.redirected || [401, 403, 404].includes(answer.status)) location.reload();
      else if (answer.ok) this.#paint(await answer.json());
    } catch {
      this.connection.reconnect(); // the network is away: the connection says so and comes back by itself
    } finally {
      this.#isAsking = false;
    }
  }

  #paint(state) {
    if (state.seq > this.seq + 50) this.connection.again();
    this.#elapsed = { seconds: state.seconds, at: Date.now() };
    this.#over = state.over;
    if (state.status !== this.status) this.#runChanged(state.status);
    paintRun({ word: state.word.text, icon: state.word.icon, tone: state.word.tone });
    paintHead(this, state);
    this.#cards = new Map(Object.entries(state.cards));
    this.#repaint();
    this.dataset.seq = state.seq;
    this.#tick();
  }

  /** After the graph was loaded anew as well. */
  #repaint() {
    for (const [key, card] of this.#cards) {
      const tail = card.status === "running" ? this.#streams.tail(key) : "";
      paintCard(this.canvas, key, tail ? { ...card, preview: tail } : card);
    }
  }

  #tick() {
    const { seconds, at } = this.#elapsed;
    if (!at) return;
    const passed = this.#over ? 0 : (Date.now() - at) / 1000;
    setText(this.querySelector("[data-slot=elapsed]"), duration(seconds + passed));
    for (const [key, { seconds: worked, figures }] of this.#cards) {
      if (worked === null) continue;
      const box = this.canvas?.querySelector(`[data-node="${CSS.escape(key)}"] [data-slot=figures]`);
      paintFigures(box, [duration(worked + passed), ...figures.slice(1)]);
    }
  }

  // ---- the connection

  #up() {
    clearInterval(this.countdown);
    const banner = this.querySelector("[data-slot=lost]");
    if (!banner.hidden) announce(this.dataset.saidBack);
    banner.hidden = true;
    this.dataset.live = "yes";
    this.#changed();
    this.panel.happened([this.panel.path].filter(Boolean));
  }

  #down(wait) {
    this.dataset.live = "no";
    clearInterval(this.countdown);
    const until = Date.now() + wait;
    const banner = this.querySelector("[data-slot=lost]");
    const tell = () => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      const said = seconds > 0 ? filled(this.dataset.saidLost, { seconds }) : this.dataset.saidTrying;
      setText(banner.querySelector("[data-slot=lost-text]"), said);
    };
    if (banner.hidden) announce(this.dataset.saidTrying);
    banner.hidden = false;
    tell();
    this.countdown = setInterval(tell, 1000);
  }

  #refresh() {
    this.connection.reconnect();
    this.ask.wish();
  }
}

customElements.define("live-run", LiveRun);
