// A new place for every node, found by dagre, which is handed in: it is loaded when somebody first asks for it.

const LOOK = { rankdir: 'LR', nodesep: 40, ranksep: 96 };

/**
 * The places of the nodes that are in no container; what is in a container moves with it.
 * @param {import('./graph.js').Graph} graph
 * @param {Map<string, import('./geometry.js').Box>} boxes  as they are drawn now
 * @returns {Map<string, import('./geometry.js').Point>} upper left corners of all nodes
 */
export function arrange(graph, boxes, { graphlib, layout }) {
  const found = new graphlib.Graph().setGraph(LOOK).setDefaultEdgeLabel(() => ({}));
  const outer = [...graph.nodes.values()].filter((node) => !graph.nodes.has(node.parent));
  for (const { id } of outer) found.setNode(id, { width: boxes.get(id).width, height: boxes.get(id).height });
  for (const { from, to } of graph.edges.values()) {
    if (found.hasNode(from[0]) && found.hasNode(to[0]) && from[0] !== to[0]) found.setEdge(from[0], to[0]);
  }
  layout(found);
  const places = new Map(outer.map(({ id }) => [id, corner(found.node(id))]));
  moveBodies(graph, boxes, places);
  return places;
}

const corner = ({ x, y, width, height }) => ({ x: Math.round(x - width / 2), y: Math.round(y - height / 2) });

/** Nodes come after their container, so that its place is known. */
function moveBodies(graph, boxes, places) {
  for (const { id, parent } of graph.nodes.values()) {
    if (places.has(id)) continue;
    const [box, now, then] = [boxes.get(id), boxes.get(parent), places.get(parent)];
    places.set(id, { x: box.x + then.x - now.x, y: box.y + then.y - now.y });
  }
}
