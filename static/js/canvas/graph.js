// What the canvas shows, as values: nodes by id, edges by id, and questions about them. No page, no pixels.

/**
 * @typedef {{id: string, name: string, x: number, y: number, width: number, height: number, type?: string,
 *   parent?: string, container?: boolean}} Node
 * @typedef {{id: string, from: [string, string], to: [string, string], label?: string}} Edge
 * @typedef {{nodes: Map<string, Node>, edges: Map<string, Edge>}} Graph
 */

/** The graph in the JSON that a page brings. Edges from or to nothing are left out. @returns {Graph} */
export function readGraph({ nodes = [], edges = [] }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const joined = edges.filter((edge) => byId.has(edge.from[0]) && byId.has(edge.to[0]));
  return { nodes: byId, edges: new Map(joined.map((edge) => [edge.id, edge])) };
}

/** The edges at each node, in the order of the graph. @returns {Map<string, Edge[]>} */
export function incidence(graph) {
  const found = new Map([...graph.nodes.keys()].map((id) => [id, []]));
  for (const edge of graph.edges.values()) {
    found.get(edge.from[0]).push(edge);
    if (edge.to[0] !== edge.from[0]) found.get(edge.to[0]).push(edge);
  }
  return found;
}

/** The nodes with everything that is drawn inside them. @returns {Set<string>} */
export function withBodies(graph, ids) {
  const found = new Set(ids);
  const inside = [...graph.nodes.values()].filter((node) => node.parent);
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const node of inside) if (found.has(node.parent)) found.add(node.id);
  }
  return found;
}

/** The tone (a pair of colours) of a status, where nobody says another one: what never runs looks like what has not run yet. */
export function toneOf(status) {
  return ['skipped', 'cancelled', 'ready', 'pending'].includes(status) ? 'queued' : (status ?? '');
}

/**
 * What an edge tells of the run: `active` while its target works, `taken` once it was gone, `dead` where it will not be.
 * @param {{status?: string, tone?: string}} source
 * @param {{status?: string, tone?: string}} target
 */
export function edgeState(source, target) {
  if ([source.status, target.status].includes('skipped') || source.status === 'cancelled') return 'dead';
  if (source.tone !== 'succeeded') return '';
  if (target.tone === 'running') return 'active';
  return target.tone && target.tone !== 'queued' ? 'taken' : '';
}
