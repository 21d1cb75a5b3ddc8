import assert from 'node:assert/strict';
import { test } from 'node:test';

import { command, direction } from '../../static/js/canvas/keys.js';

const key = (name, more = {}) => ({ key: name, altKey: false, ctrlKey: false, metaKey: false, ...more });

test('arrows are directions, with a modifier they are somebody else’s', () => {
  assert.deepEqual(direction(key('ArrowLeft')), [-1, 0]);
  assert.equal(direction(key('ArrowLeft', { altKey: true })), undefined);
  assert.equal(direction(key('a')), undefined);
});

test('signs are commands, whatever their case', () => {
  assert.deepEqual(['+', '-', '0', 'f', 'F'].map((name) => command(key(name))), ['zoomIn', 'zoomOut', 'zoomReset', 'fit', 'fit']);
  assert.equal(command(key('f', { ctrlKey: true })), undefined);
  assert.equal(command(key('x')), undefined);
});

test('signs can be switched off, Escape cannot', () => {
  assert.equal(command(key('f'), { hasSigns: false }), undefined);
  assert.equal(command(key('Escape'), { hasSigns: false }), 'clear');
});
