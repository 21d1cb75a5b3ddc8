import assert from 'node:assert/strict';
import { test } from 'node:test';

import { edgeState, incidence, readGraph, toneOf, withBodies } from '../../static/js/canvas/graph.js';

const node = (id, more = {}) => ({ id, name: id, x: 0, y: 0, width: 10, height: 10, ...more });
const edge = (from, to) => ({ id: `${from}>${to}`, from: [from, 'out'], to: [to, 'in'] });
const graph = readGraph({ nodes: [node('a'), node('b'), node('box'), node('in', { parent: 'box' })], edges: [edge('a', 'b'), edge('b', 'box')] });

test('an edge to a node that is not there is left out', () => {
  const { edges } = readGraph({ nodes: [node('a')], edges: [edge('a', 'gone'), edge('gone', 'a'), edge('a', 'a')] });
  assert.deepEqual([...edges.keys()], ['a>a']);
});

test('each node knows its edges, a circle once', () => {
  const found = incidence(readGraph({ nodes: [node('a'), node('b')], edges: [edge('a', 'b'), edge('a', 'a')] }));
  assert.deepEqual(found.get('a').map((one) => one.id), ['a>b', 'a>a']);
  assert.deepEqual(found.get('b').map((one) => one.id), ['a>b']);
});

test('a container comes with what is in it, at any depth', () => {
  const nested = readGraph({ nodes: [node('deep', { parent: 'in' }), node('in', { parent: 'box' }), node('box'), node('a')] });
  assert.deepEqual([...withBodies(nested, ['box'])].sort(), ['box', 'deep', 'in']);
  assert.deepEqual([...withBodies(graph, ['a'])], ['a']);
});

test('an edge is active only while its target works', () => {
  const done = { status: 'succeeded', tone: 'succeeded' };
  assert.equal(edgeState(done, { status: 'running', tone: 'running' }), 'active');
  assert.equal(edgeState(done, { status: 'waiting', tone: 'running' }), 'active');
  assert.equal(edgeState(done, { status: 'failed', tone: 'failed' }), 'taken');
  assert.equal(edgeState(done, { status: 'ready', tone: 'queued' }), '');
  assert.equal(edgeState({}, { status: 'running', tone: 'running' }), '');
});

test('an edge that nothing will take is dead', () => {
  assert.equal(edgeState({ status: 'succeeded', tone: 'succeeded' }, { status: 'skipped', tone: 'queued' }), 'dead');
  assert.equal(edgeState({ status: 'skipped', tone: 'queued' }, {}), 'dead');
});

test('what never runs has the colours of what has not run yet', () => {
  assert.deepEqual(['skipped', 'cancelled', 'ready', 'running', undefined].map(toneOf), ['queued', 'queued', 'queued', 'running', '']);
});
