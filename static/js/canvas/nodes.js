// The nodes on the page. The outer element is the canvas's (place, status, focus), the card in it the server's.

import { edgeState, toneOf } from './graph.js';

export class Nodes {
  #elements = new Map();
  #measured = new Map();
  #places = new Map();
  #watching;

  /** @param {(ids: string[]) => void} onResize  called when cards became larger or smaller */
  constructor(onResize) {
    this.#watching = new ResizeObserver((entries) => {
      const ids = entries.map((entry) => entry.target.dataset.node).filter((id) => this.#hasChanged(id));
      for (const id of ids) this.#measured.delete(id);
      if (ids.length) onResize(ids);
    });
  }

  /** Take the elements that the server made for the nodes of a graph; those of others go. */
  adopt(graph, pane) {
    this.stop();
    this.#elements = new Map([...pane.querySelectorAll(':scope > [data-node]')].map((one) => [one.dataset.node, one]));
    this.#places.clear();
    this.#measured.clear();
    for (const [id, element] of this.#elements) {
      if (graph.nodes.has(id)) this.#adoptOne(graph.nodes.get(id), element);
      else element.remove();
    }
  }

  #adoptOne(node, element) {
    element.style.width = `${node.width}px`;
    element.style.minHeight = `${node.height}px`;
    this.move(node.id, node);
    this.#watching.observe(element);
  }

  stop() {
    this.#watching.disconnect();
  }

  element(id) {
    return this.#elements.get(id);
  }

  ids() {
    return [...this.#elements.keys()];
  }

  move(id, { x, y }) {
    this.#places.set(id, { x, y });
    this.#elements.get(id).style.translate = `${x}px ${y}px`;
  }

  /** The node as it is drawn, in the graph's own measure. */
  box(id) {
    const { width, height } = this.#size(id);
    return { ...this.#places.get(id), width, height };
  }

  boxes() {
    return new Map(this.ids().map((id) => [id, this.box(id)]));
  }

  /** Where an edge begins or ends: at the port of that name, else in the middle of the side. */
  port(id, name, side) {
    const { width, height, ports } = this.#size(id);
    const { x, y } = this.#places.get(id);
    return { x: x + (side === 'out' ? width : 0), y: y + (ports.get(`${side} ${name}`) ?? height / 2) };
  }

  #size(id) {
    let found = this.#measured.get(id);
    if (!found) {
      found = measure(this.#elements.get(id));
      this.#measured.set(id, found);
    }
    return found;
  }

  #hasChanged(id) {
    const element = this.#elements.get(id);
    const known = this.#measured.get(id);
    return element && !(known && known.width === element.offsetWidth && known.height === element.offsetHeight);
  }

  /** The state of the outer element alone. @returns {boolean} whether it is another one now */
  setStatus(id, { status, tone = toneOf(status) }, label) {
    const element = this.#elements.get(id);
    if (label && element.getAttribute('aria-label') !== label) element.setAttribute('aria-label', label);
    if (element.dataset.status === status && element.dataset.colour === tone) return false;
    element.dataset.status = status;
    element.dataset.colour = tone;
    return true;
  }

  /** @returns {{status?: string, tone?: string}} */
  state(id) {
    const { status, colour } = this.#elements.get(id).dataset;
    return { status, tone: colour };
  }

  edgeState(edge) {
    return edgeState(this.state(edge.from[0]), this.state(edge.to[0]));
  }

  /** Only one node can be reached with Tab; the arrows lead to the others. */
  makeReachable(active) {
    for (const [id, element] of this.#elements) {
      for (const one of element.querySelectorAll('button, a[href]')) one.tabIndex = id === active ? 0 : -1;
    }
  }

  focus(id) {
    this.#elements.get(id)?.querySelector('.wc-open')?.focus({ preventScroll: true });
  }

  select(chosen) {
    for (const [id, element] of this.#elements) {
      const isChosen = chosen.has(id);
      element.classList.toggle('is-selected', isChosen);
      if (isChosen) element.querySelector('.wc-open')?.setAttribute('aria-current', 'true');
      else element.querySelector('.wc-open')?.removeAttribute('aria-current');
    }
  }
}

function measure(element) {
  const ports = new Map();
  for (const side of element.querySelectorAll(':scope > .wc-ports')) {
    for (const port of side.children) {
      const middle = element.clientTop + side.offsetTop + port.offsetTop + port.offsetHeight / 2;
      ports.set(`${side.dataset.side} ${port.dataset.port}`, middle);
    }
  }
  return { width: element.offsetWidth, height: element.offsetHeight, ports };
}
