import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readGraph } from '../../static/js/canvas/graph.js';
import { meet } from '../../static/js/canvas/geometry.js';
import { arrange } from '../../static/js/canvas/layout.js';
import * as dagre from '../../static/vendor/dagre.js';

const nodes = [
  { id: 'a', x: 0, y: 0, width: 248, height: 124 },
  { id: 'box', x: 0, y: 0, width: 640, height: 184, container: true },
  { id: 'box/in', x: 28, y: 92, width: 248, height: 64, parent: 'box' },
  { id: 'b', x: 0, y: 0, width: 248, height: 124 },
];
const edges = [['a', 'box'], ['a', 'b']].map(([from, to]) => ({ id: `${from}>${to}`, from: [from, 'out'], to: [to, 'in'] }));

test('dagre puts targets to the right, and a container takes along what is in it', () => {
  const graph = readGraph({ nodes, edges });
  const boxes = new Map(nodes.map((node) => [node.id, node]));
  const places = arrange(graph, boxes, dagre);
  const outer = ['a', 'box', 'b'].map((id) => ({ ...boxes.get(id), ...places.get(id) }));
  assert.ok(places.get('box').x >= places.get('a').x + 248 && places.get('b').x >= places.get('a').x + 248);
  assert.ok(!outer.some((one, at) => outer.slice(at + 1).some((other) => meet(one, other))));
  assert.equal(places.get('box/in').x - places.get('box').x, 28);
  assert.equal(places.get('box/in').y - places.get('box').y, 92);
});
