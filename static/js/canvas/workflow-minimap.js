// <workflow-minimap>: the whole graph in a corner of its canvas, with a frame around what is seen. Drawn as SVG: a bitmap over
// the pane makes every update of one node several times dearer in Chromium. Hidden while everything is seen anyway.

import { svg } from './edges.js';

const STATUS_DELAY = 250;

export class WorkflowMinimap extends HTMLElement {
  #canvas;
  #svg;
  #frame;
  #boxes = new Map();
  #next = 0;
  #later = 0;

  connectedCallback() {
    if (this.#svg) return;
    this.#canvas = this.closest('workflow-canvas');
    this.#svg = svg('svg', { 'aria-hidden': 'true' });
    this.#frame = svg('rect', { class: 'wc-seen' });
    this.#svg.append(this.#frame);
    this.append(this.#svg);
    this.#canvas.addEventListener('canvas:viewport', () => this.#soon());
    this.#canvas.addEventListener('canvas:status', () => {
      this.#later ||= setTimeout(() => this.#soon(), STATUS_DELAY);
    });
    for (const type of ['pointerdown', 'pointermove']) this.addEventListener(type, this.#go);
  }

  #soon() {
    this.#next ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#next = this.#later = 0;
    const { x, y, k } = this.#canvas.view;
    const seen = { x: -x / k, y: -y / k, width: this.#canvas.clientWidth / k, height: this.#canvas.clientHeight / k };
    const all = this.#canvas.bounds();
    this.hidden = holds(seen, all);
    if (this.hidden) return;
    this.#svg.setAttribute('viewBox', `${all.x - 20} ${all.y - 20} ${all.width + 40} ${all.height + 40}`);
    put(this.#frame, seen);
    for (const { id, container } of this.#canvas.graph.nodes) this.#drawNode(id, container);
  }

  #drawNode(id, isContainer) {
    if (!this.#boxes.has(id)) {
      const made = svg('rect', { rx: 16, class: isContainer ? 'wc-container' : 'wc-dot' });
      this.#svg.insertBefore(made, this.#frame);
      this.#boxes.set(id, made);
    }
    const rect = this.#boxes.get(id);
    put(rect, this.#canvas.box(id));
    const { tone = '' } = this.#canvas.state(id);
    if (rect.dataset.tone !== tone) rect.dataset.tone = tone;
  }

  /** Pressed or dragged: what is there comes into the middle. */
  #go(event) {
    if (!event.buttons) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.#svg.getScreenCTM().inverse());
    const { k } = this.#canvas.view;
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.show({ x: clientWidth / 2 - point.x * k, y: clientHeight / 2 - point.y * k, k });
  }
}

function holds(one, other) {
  const isWide = one.x <= other.x && one.x + one.width >= other.x + other.width;
  return isWide && one.y <= other.y && one.y + one.height >= other.y + other.height;
}

function put(rect, box) {
  for (const name of ['x', 'y', 'width', 'height']) {
    const text = String(Math.round(box[name]));
    if (rect.getAttribute(name) !== text) rect.setAttribute(name, text);
  }
}

customElements.define('workflow-minimap', WorkflowMinimap);
