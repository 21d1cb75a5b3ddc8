import assert from "node:assert/strict";
import { test } from "node:test";

import { lasting, reasonOf } from "../../static/js/feedback.js";
import { CHORD_MS, isLetterKey, Keyboard, moved, nameOf } from "../../static/js/keys.js";
import { relative } from "../../static/js/relative-time.js";

const press = (key, modifiers = {}) => nameOf({ key, ...modifiers });

test("keys have one name on every system", () => {
  assert.equal(press("k", { ctrlKey: true }), "mod+k");
  assert.equal(press("k", { metaKey: true }), "mod+k");
  assert.equal(press("Z", { ctrlKey: true, shiftKey: true }), "mod+shift+z");
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("Enter", { ctrlKey: true }), "mod+Enter");
  assert.equal(press("ArrowDown", { altKey: true }), "alt+ArrowDown");
});

test("only single characters can be switched off", () => {
  assert.deepEqual(["g", "?", "1", "shift+j", "mod+k", "Enter", "alt+n"].map(isLetterKey), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("two keys after each other are one command, when the second comes in time", () => {
  const keyboard = new Keyboard({ "g w": "workflows", w: "alone" });
  assert.equal(keyboard.press("g", 0), undefined);
  assert.equal(keyboard.press("w", 100), "workflows");
  assert.equal(keyboard.press("w", 200), "alone");
  keyboard.press("g", 1000);
  assert.equal(keyboard.press("w", 1000 + CHORD_MS), "alone");
});

test("another key forgets the first one", () => {
  const keyboard = new Keyboard({ "g w": "workflows" });
  keyboard.press("g", 0);
  keyboard.press("x", 1);
  assert.equal(keyboard.press("w", 2), undefined);
});

test("arrows go round, Home and End to the ends, and nowhere in an empty list", () => {
  assert.deepEqual(
    [moved("ArrowDown", 2, 3), moved("ArrowUp", 0, 3), moved("ArrowDown", -1, 3), moved("Home", 2, 3), moved("End", 0, 3)],
    [0, 2, 0, 0, 2],
  );
  assert.equal(moved("ArrowDown", -1, 0), -1);
  assert.equal(moved("a", 0, 3), -1);
});

test("times are said as the server says them", () => {
  const said = [30, 90, 7300, -7300, 200_000, 40_000_000].map((ago) => relative(1e12 - ago * 1000, 1e12));
  assert.deepEqual(said, ["now", "1 min ago", "2 h ago", "in 2 h", "2 d ago", "1 y ago"]);
});

test("errors stay, long texts stay longer", () => {
  assert.equal(lasting("error", "x"), 0);
  assert.equal(lasting("success", "Saved"), 6000);
  assert.equal(lasting("success", "x".repeat(1000)), 15_000);
  assert.equal(lasting("success", "Approved", 10), 10_000);
});

test("what is swapped in is no failure, the rest has a reason", () => {
  assert.deepEqual([200, 204, 409, 422].map(reasonOf), [undefined, undefined, undefined, undefined]);
  assert.deepEqual([0, 401, 403, 404, 500, 503].map(reasonOf), [
    "lost",
    "signedOut",
    "refused",
    "gone",
    "broken",
    "broken",
  ]);
});
