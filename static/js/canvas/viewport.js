// What part of the graph is seen: panning and zooming by mouse, touch, wheel and commands. Moves one element, the pane.

import { fitted, revealing, zoomed } from './geometry.js';

const SLACK = 4;
const STEP = 1.2;

export class Viewport {
  #host;
  #pane;
  #onChange;
  #pointers = new Map();
  #view = { x: 0, y: 0, k: 1 };
  #start = null;
  /** Whether nobody has moved the view since it was last fitted. */
  isFitted = true;
  /** Whether the last press became a drag. */
  hasPanned = false;

  constructor(host, pane, onChange) {
    this.#host = host;
    this.#pane = pane;
    this.#onChange = onChange;
    for (const [type, handle] of Object.entries({
      pointerdown: this.#down,
      pointermove: this.#move,
      pointerup: this.#up,
      pointercancel: this.#up,
    })) {
      host.addEventListener(type, handle.bind(this));
    }
    host.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  get view() {
    return { ...this.#view };
  }

  get size() {
    return { width: this.#host.clientWidth, height: this.#host.clientHeight };
  }

  show(view, { isGliding = false } = {}) {
    const before = this.#view;
    this.#view = view;
    this.#host.classList.toggle('is-gliding', isGliding);
    this.#pane.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
    this.#host.style.backgroundPosition = `${view.x}px ${view.y}px`;
    if (before.k !== view.k) this.#host.toggleAttribute('data-far', view.k < 0.45);
    this.isFitted = false;
    this.#onChange();
  }

  zoom(factor, at = { x: this.size.width / 2, y: this.size.height / 2 }) {
    this.show(zoomed(this.#view, factor, at));
  }

  zoomIn() {
    this.zoom(STEP);
  }

  zoomOut() {
    this.zoom(1 / STEP);
  }

  /** To the size in which cards were drawn. */
  zoomReset() {
    this.zoom(1 / this.#view.k);
  }

  fit(box, options = {}) {
    if (!this.size.width) return;
    this.show(fitted(box, this.size), options);
    this.isFitted = true;
  }

  reveal(box) {
    const view = revealing(this.#view, box, this.size);
    if (view.x !== this.#view.x || view.y !== this.#view.y) this.show(view);
  }

  /** A point of the page in the measure of the window. */
  #at(event) {
    const { left, top } = this.#host.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event) {
    if (event.button > 1 || event.target.closest('.wc-fixed')) return;
    if (!this.#pointers.size) this.hasPanned = false;
    this.#pointers.set(event.pointerId, this.#at(event));
    this.#begin();
  }

  #begin() {
    const isMoving = this.#pointers.size > 1;
    this.hasPanned ||= isMoving;
    this.#start = { view: this.#view, points: [...this.#pointers.values()], isMoving };
  }

  #move(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    this.#pointers.set(event.pointerId, this.#at(event));
    const points = [...this.#pointers.values()];
    if (!this.#start.isMoving && points.length === 1 && distance(points[0], this.#start.points[0]) < SLACK) return;
    if (!this.#start.isMoving) this.#grab(event.pointerId);
    this.show(points.length > 1 ? pinched(this.#start, points) : dragged(this.#start, points[0]));
  }

  /** From here on it is no click: the pointer belongs to the canvas, so no button under it is pressed. */
  #grab(pointer) {
    this.#start.isMoving = this.hasPanned = true;
    this.#host.setPointerCapture(pointer);
    this.#host.classList.add('is-panning');
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    this.#host.classList.remove('is-panning');
    if (this.#pointers.size) this.#begin();
    else this.#start = null;
  }

  #wheel(event) {
    if (event.target.closest('.wc-fixed')) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      this.zoom(Math.exp(-event.deltaY * unit * 0.01), this.#at(event));
      return;
    }
    const [dx, dy] = event.shiftKey && !event.deltaX ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    this.show({ ...this.#view, x: this.#view.x - dx * unit, y: this.#view.y - dy * unit });
  }
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

function dragged({ view, points }, now) {
  return { ...view, x: view.x + now.x - points[0].x, y: view.y + now.y - points[0].y };
}

function pinched({ view, points: [a, b] }, [c, d]) {
  const [from, to] = [middle(a, b), middle(c, d)];
  const larger = zoomed(view, distance(c, d) / Math.max(1, distance(a, b)), from);
  return { ...larger, x: larger.x + to.x - from.x, y: larger.y + to.y - from.y };
}
