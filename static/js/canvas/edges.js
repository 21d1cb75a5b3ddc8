// The edges on the page: one group per edge, drawn again when a node at one of its ends, or in its way, has changed.

import { path, placeLabels, route } from './geometry.js';

const SVG = 'http://www.w3.org/2000/svg';

const MOST_MOVING = 24; // more lines in motion cost a slow machine its frames, and tell nobody anything

export function svg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export class Edges {
  #drawn = new Map();
  #active = new Set();
  #graph;

  constructor() {
    this.element = svg('svg', { class: 'wc-edges', 'aria-hidden': 'true' });
    this.#graph = { nodes: new Map(), edges: new Map() };
  }

  adopt(graph) {
    this.#graph = graph;
    this.#active.clear();
    this.#drawn = new Map([...graph.edges.values()].map((edge) => [edge.id, made(edge)]));
    const groups = [...this.#drawn.values()].map((one) => one.group);
    const labels = [...this.#drawn.values()].map((one) => one.label).filter(Boolean);
    this.element.replaceChildren(...groups, ...labels); // labels above all lines
  }

  /** Draw all edges. Reads every box first, so that nothing is measured twice. @param {import('./nodes.js').Nodes} nodes */
  draw(nodes) {
    const boxes = nodes.boxes();
    const all = [...boxes.values()];
    const lines = [];
    for (const edge of this.#graph.edges.values()) {
      const points = this.#points(edge, nodes, boxes, all);
      const { line } = this.#drawn.get(edge.id);
      put(line, 'd', path(points));
      if (edge.label) lines.push({ id: edge.id, text: edge.label, points });
    }
    this.#label(lines, boxes);
  }

  #points(edge, nodes, boxes, all) {
    const [from, to] = [edge.from[0], edge.to[0]];
    const around = [from, to, ...this.#containers(from), ...this.#containers(to)].map((id) => boxes.get(id));
    const [a, b] = [nodes.port(from, edge.from[1], 'out'), nodes.port(to, edge.to[1], 'in')];
    return route(a, b, all, (box) => around.includes(box));
  }

  #containers(id) {
    const found = [];
    for (let node = this.#graph.nodes.get(id); node?.parent; node = this.#graph.nodes.get(node.parent)) {
      found.push(node.parent);
    }
    return found;
  }

  #label(lines, boxes) {
    const solid = [...boxes].filter(([id]) => !this.#graph.nodes.get(id).container).map(([, box]) => box);
    for (const [id, { x, y }] of placeLabels(lines, solid)) {
      const { label } = this.#drawn.get(id);
      put(label, 'x', x);
      put(label, 'y', y);
    }
  }

  /** @param {'' | 'active' | 'taken' | 'dead'} state */
  setState(id, state) {
    const { group, label } = this.#drawn.get(id);
    if (state === 'active') this.#active.add(id);
    else this.#active.delete(id);
    this.element.classList.toggle('is-still', this.#active.size > MOST_MOVING);
    for (const element of label ? [group, label] : [group]) {
      if ((element.dataset.state ?? '') !== state) element.dataset.state = state;
    }
  }
}

function made(edge) {
  const group = svg('g', { class: 'wc-edge', 'data-edge': edge.id });
  const line = svg('path', { class: 'wc-line' });
  group.append(line);
  const label = edge.label ? svg('text', { class: 'wc-label', 'data-edge': edge.id }) : null;
  if (label) label.textContent = edge.label;
  return { group, line, label };
}

function put(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}
