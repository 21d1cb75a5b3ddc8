import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as geometry from '../../static/js/canvas/geometry.js';

const box = (x, y, width = 100, height = 50) => ({ x, y, width, height });
const WINDOW = { width: 800, height: 600 };

test('bounds are the smallest box around all boxes', () => {
  assert.deepEqual(geometry.bounds([box(10, 20), box(-30, 100)]), box(-30, 20, 140, 130));
  assert.deepEqual(geometry.bounds([]), box(0, 0, 1, 1));
});

test('a fitted graph is seen whole, in the middle, and never enlarged', () => {
  assert.deepEqual(geometry.fitted(box(0, 0, 400, 200), WINDOW), { x: 200, y: 200, k: 1 });
  const { x, k } = geometry.fitted(box(100, 0, 1472, 10), WINDOW);
  assert.equal(k, 0.5);
  assert.equal(100 * k + x, 32);
});

test('zooming keeps the point under the pointer where it is, and stops at the limits', () => {
  const view = geometry.zoomed({ x: 10, y: 20, k: 1 }, 2, { x: 110, y: 220 });
  assert.deepEqual(view, { x: -90, y: -180, k: 2 });
  assert.equal(geometry.zoomed(view, 10, { x: 0, y: 0 }).k, geometry.LARGEST);
  assert.equal(geometry.zoomed(view, 0.001, { x: 0, y: 0 }).k, geometry.SMALLEST);
});

test('revealing moves no more than needed', () => {
  const still = { x: 0, y: 0, k: 1 };
  assert.deepEqual(geometry.revealing(still, box(300, 300), WINDOW), still);
  assert.deepEqual(geometry.revealing(still, box(-50, 300), WINDOW), { x: 74, y: 0, k: 1 });
  assert.deepEqual(geometry.revealing(still, box(300, 700), WINDOW), { x: 0, y: -174, k: 1 });
  assert.deepEqual(geometry.revealing(still, box(300, 100, 2000, 50), WINDOW), { x: -276, y: 0, k: 1 });
});

test('arrows lead to the nearest box in their direction', () => {
  const boxes = new Map([['a', box(0, 0)], ['right', box(300, 20)], ['far', box(600, 0)], ['below', box(0, 200)]]);
  assert.equal(geometry.nearest(boxes, 'a', [1, 0]), 'right');
  assert.equal(geometry.nearest(boxes, 'a', [0, 1]), 'below');
  assert.equal(geometry.nearest(boxes, 'a', [-1, 0]), null);
});

test('a line with a free way is one curve', () => {
  const points = geometry.route({ x: 0, y: 0 }, { x: 300, y: 0 }, [box(100, 200)]);
  assert.equal(points.length, 2);
  assert.equal(geometry.path(points), 'M0 0C150 0 150 0 300 0');
});

test('a line goes around the boxes in its way', () => {
  const boxes = [box(100, -20, 100, 50), box(300, -20, 100, 50)];
  const points = geometry.route({ x: 0, y: 0 }, { x: 500, y: 0 }, boxes);
  assert.equal(points.length, 4);
  assert.equal(points[1].y, points[2].y);
  assert.ok(points[1].y <= -34 || points[1].y >= 44);
  for (let at = 1; at < points.length; at += 1) {
    for (let t = 0; t <= 1; t += 0.05) {
      const { x, y } = geometry.along(points[at - 1], points[at], t);
      assert.ok(!boxes.some((one) => geometry.meet(one, { x, y, width: 0.1, height: 0.1 })), `${x} ${y}`);
    }
  }
});

test('labels of lines to one target do not cover each other, nor a box', () => {
  const end = { x: 400, y: 100 };
  const lines = ['approve', 'reject'].map((text, at) => ({ id: text, text, points: [{ x: 0, y: at * 200 }, end] }));
  const boxes = [box(400, 75, 100, 50)];
  const found = geometry.placeLabels(lines, boxes);
  const labels = lines.map(({ id, text }) => geometry.labelBox(text, found.get(id)));
  assert.ok(!geometry.meet(labels[0], labels[1]));
  assert.ok(!labels.some((label) => geometry.meet(label, boxes[0])));
});
