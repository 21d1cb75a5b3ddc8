// <workflow-canvas>: a workflow's graph to look at. Light DOM: the server renders every node, this element places them, draws
// the edges and moves the view. It speaks with the page by events alone, so that another canvas could take its place:
//   out  canvas:open {id} · canvas:select {ids} · canvas:viewport · canvas:status {id}
//   in   canvas:update {id, status, tone?, word?, icon?} or a list of these (the same as the method setStatus)

import { Edges } from './edges.js';
import { bounds, nearest } from './geometry.js';
import { incidence, readGraph } from './graph.js';
import { command, direction } from './keys.js';
import { arrange } from './layout.js';
import { Nodes } from './nodes.js';
import { showState } from './status.js';
import { Viewport } from './viewport.js';
import './workflow-minimap.js';

const LEGIBLE = 0.5;

export class WorkflowCanvas extends HTMLElement {
  #graph = readGraph({});
  #incidence = new Map();
  #nodes;
  #edges;
  #viewport;
  #sizes;
  #swaps;
  #frame = 0;
  #isSeen = true;
  #active = null;
  #lines = new Map();
  #untold = new Map();
  #selected = new Set();

  connectedCallback() {
    if (this.#nodes) return;
    const pane = this.querySelector(':scope > .wc-pane');
    this.#nodes = new Nodes(() => this.#redraw());
    this.#edges = new Edges();
    pane.prepend(this.#edges.element);
    this.#viewport = new Viewport(this, pane, () => this.#tell('viewport'));
    this.#listen(pane);
    this.load(JSON.parse(this.querySelector('script[type="application/json"]').textContent));
  }

  #listen(pane) {
    this.addEventListener('click', this.#click);
    this.addEventListener('keydown', this.#press);
    this.addEventListener('focusin', this.#focused);
    this.addEventListener('canvas:update', ({ detail }) => [detail].flat().forEach((one) => this.setStatus(one.id, one)));
    this.#sizes = new ResizeObserver(() => this.#resized());
    this.#sizes.observe(this);
    this.#swaps = new MutationObserver((changes) => this.#swapped(changes));
    for (const node of pane.querySelectorAll(':scope > [data-node]')) this.#swaps.observe(node, { childList: true });
  }

  // ---- what others may ask

  /** Show a graph whose nodes the server has rendered into the pane. */
  load(data) {
    this.#graph = readGraph(data);
    this.#incidence = incidence(this.#graph);
    this.#nodes.adopt(this.#graph, this.querySelector(':scope > .wc-pane'));
    this.#edges.adopt(this.#graph);
    this.#edges.draw(this.#nodes);
    for (const edge of this.#graph.edges.values()) this.#edges.setState(edge.id, this.#nodes.edgeState(edge));
    const lines = this.closest('.graph')?.querySelectorAll('[data-outline]') ?? [];
    this.#lines = new Map([...lines].map((line) => [line.dataset.outline, line]));
    this.#makeActive(this.#graph.nodes.keys().next().value ?? null);
    this.#begin();
  }

  /** A step's state changed. Touches the outer element, its edges and its line of the outline; never the card. */
  setStatus(id, state) {
    const node = this.#graph.nodes.get(id);
    if (!node) return;
    const { word } = state;
    const label = word === undefined ? undefined : [node.name, node.type, word].filter(Boolean).join(', ');
    const isAnother = this.#nodes.setStatus(id, state, label);
    this.#untold.set(id, state);
    if (!this.#isSeen) this.#tellOutline();
    if (!isAnother) return;
    for (const edge of this.#incidence.get(id)) this.#edges.setState(edge.id, this.#nodes.edgeState(edge));
    this.#tell('status', { id });
  }

  /** @returns {{status?: string, tone?: string}} */
  state(id) {
    return this.#nodes.state(id);
  }

  get graph() {
    return { nodes: [...this.#graph.nodes.values()], edges: [...this.#graph.edges.values()] };
  }

  get view() {
    return this.#viewport.view;
  }

  get selection() {
    return [...this.#selected];
  }

  box(id) {
    return this.#nodes.box(id);
  }

  /** The box around the whole graph. */
  bounds() {
    return bounds(this.#nodes.boxes().values());
  }

  show(view) {
    this.#viewport.show(view);
  }

  /** While nobody has moved the view, it shows the step that is selected. */
  select(ids) {
    const isAnother = ids.length === 1 && !this.#selected.has(ids[0]);
    this.#selected = new Set(ids);
    this.#nodes.select(this.#selected);
    if (isAnother && this.#viewport.isFitted) this.#begin();
    this.#tell('select', { ids: this.selection });
  }

  focusNode(id) {
    if (!this.#graph.nodes.has(id)) return;
    this.#makeActive(id);
    this.#nodes.focus(id);
    this.reveal(id);
  }

  /** Move the view so that a step is seen. */
  reveal(id) {
    this.#viewport.reveal(this.#nodes.box(id));
  }

  zoomIn() {
    this.#viewport.zoomIn();
  }

  zoomOut() {
    this.#viewport.zoomOut();
  }

  zoomReset() {
    this.#viewport.zoomReset();
  }

  fit() {
    this.#viewport.fit(this.bounds(), { isGliding: true });
  }

  /** Arrange the nodes anew, for this look only. */
  async tidy() {
    const dagre = await import('../../vendor/dagre.js');
    for (const [id, at] of arrange(this.#graph, this.#nodes.boxes(), dagre)) this.#nodes.move(id, at);
    this.#edges.draw(this.#nodes);
    this.fit();
  }

  first() {
    this.focusNode(this.#nodes.ids()[0]);
  }

  last() {
    this.focusNode(this.#nodes.ids().at(-1));
  }

  clear() {
    this.select([]);
  }

  outline() {
    this.closest('.graph')?.querySelector('[data-graph-view]')?.click();
  }

  // ---- what happens

  /** Fitted where names can still be read, else the beginning of the graph, or its selected step, in a size in which they can. */
  #begin() {
    this.#viewport.fit(this.bounds());
    if (this.#viewport.view.k >= LEGIBLE || !this.#active || !this.#viewport.size.width) return;
    const { height } = this.#viewport.size;
    const first = this.#nodes.box(this.#active);
    this.#viewport.show({ x: 32 - first.x * LEGIBLE, y: height / 2 - (first.y + first.height / 2) * LEGIBLE, k: LEGIBLE });
    if (this.#selected.size === 1) this.reveal(this.selection[0]);
    this.#viewport.isFitted = true;
  }

  /** The outline is only written when it is seen instead of the canvas: writing both costs twice. */
  #tellOutline() {
    for (const [id, state] of this.#untold) {
      const line = this.#lines.get(id);
      if (line) showState(line, state);
    }
    this.#untold.clear();
  }

  #resized() {
    this.#isSeen = this.#viewport.size.width > 0; // kept: asking for it at each update would lay out the page each time
    if (!this.#isSeen) this.#tellOutline();
    if (this.#viewport.isFitted) this.#begin();
    else this.#tell('viewport');
  }

  #redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#edges.draw(this.#nodes);
    });
  }

  /** The server replaced a card: it says in which state it was rendered. */
  #swapped(changes) {
    for (const { target } of changes) {
      const card = target.querySelector('[data-card]');
      if (card?.dataset.card) this.setStatus(target.dataset.node, { status: card.dataset.card, ...card.dataset });
    }
  }

  #click({ target, detail }) {
    if (detail && this.#viewport.hasPanned) return; // the end of a drag; what keys press has no detail
    const action = target.closest('[data-canvas]')?.dataset.canvas;
    if (action) this[action]();
    const id = target.closest('.wc-open')?.closest('[data-node]').dataset.node;
    if (id) {
      this.select([id]);
      this.#tell('open', { id });
    } else if (!target.closest('.wc-fixed, a')) this.clear();
  }

  #press(event) {
    if (event.target.closest('input, textarea, select')) return;
    const towards = direction(event);
    const hasSigns = document.documentElement.dataset.keys !== 'off';
    const name = command(event, { hasSigns });
    if (!towards && !name) return;
    if (name !== 'clear') {
      event.preventDefault();
      event.stopPropagation(); // the page has keys of its own
    }
    if (towards) this.#go(towards);
    else this[name]();
  }

  #go(towards) {
    const id = this.#active && nearest(this.#nodes.boxes(), this.#active, towards);
    if (id) this.focusNode(id);
  }

  #focused({ target }) {
    const id = target.closest('[data-node]')?.dataset.node;
    if (id && id !== this.#active) this.#makeActive(id);
  }

  #makeActive(id) {
    this.#active = id;
    this.#nodes.makeReachable(id);
  }

  #tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(`canvas:${name}`, { bubbles: true, detail }));
  }
}

customElements.define('workflow-canvas', WorkflowCanvas);
