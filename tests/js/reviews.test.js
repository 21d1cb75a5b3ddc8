import assert from "node:assert/strict";
import test from "node:test";

import { clock, Drafts, edited, isSame, typedIn } from "../../static/js/reviews/changed.js";

const ENTRIES = [
  ["csrfmiddlewaretoken", "x"],
  ["row_version", "1"],
  ["value.amount", "5"],
  ["value.scan", { name: "a.pdf" }],
  ["comment", "why"],
  ["verdict", "approved"],
];

function storage(isFull = false) {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => {
      if (isFull) throw new Error("full");
      kept.set(key, text);
    },
    removeItem: (key) => kept.delete(key),
  };
}

test("only what a person typed is kept", () => {
  assert.deepEqual(typedIn(ENTRIES), [
    ["value.amount", "5"],
    ["comment", "why"],
  ]);
});

test("a comment is no edit", () => {
  assert.ok(isSame(edited(typedIn(ENTRIES)), [["value.amount", "5"]]));
});

test("a claim's time is told in minutes and seconds", () => {
  assert.deepEqual([872, 59, 3661, -5].map(clock), ["14:32", "0:59", "1:01:01", "0:00"]);
});

test("a draft comes back until it is forgotten", () => {
  const drafts = new Drafts(storage());
  drafts.keep("7", [["comment", "x"]]);
  assert.deepEqual(drafts.of("7"), [["comment", "x"]]);
  assert.equal(drafts.of("8"), null);
  drafts.forget("7");
  assert.equal(drafts.of("7"), null);
});

test("a full storage breaks nothing", () => {
  const drafts = new Drafts(storage(true));
  drafts.keep("7", [["comment", "x"]]);
  assert.equal(drafts.of("7"), null);
});
