// The pure parts of the live run page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { belongs, filled, nodeOf, read } from "../../static/js/run/facts.js";
import { delay, Paced } from "../../static/js/run/pace.js";
import { Streams } from "../../static/js/run/streams.js";

test("a step's path names its node", () => {
  assert.equal(nodeOf("draft"), "draft");
  assert.equal(nodeOf("each[3]/draft"), "each/draft");
  assert.equal(nodeOf("each#2[3]"), "each");
});

test("what is inside a step belongs to it, and no other", () => {
  assert.ok(belongs("each[3]/draft", "each"));
  assert.ok(belongs("each", "each"));
  assert.ok(!belongs("eachother", "each"));
});

test("an event says which steps changed, what failed and who is needed", () => {
  const facts = [
    { step: "a", status: "failed", attempt: 1, round: 1 },
    { step: "b", status: "waiting", reason: "output", attempt: 1, round: 1 },
    { step: "each[1]/c", status: "running", attempt: 1, round: 1 },
    { call: "turn:1", step: "d", status: "started", kind: "model", target: "x", round: 1 },
    { run: "failing" },
  ];
  const found = read({ facts });
  assert.deepEqual([...found.steps], [["a", "failed"], ["b", "waiting:output"]]);
  assert.deepEqual([...found.touched], ["a", "b", "each[1]/c", "d"]);
  assert.deepEqual([found.run, found.failed, found.asked], ["failing", ["a"], ["b"]]);
});

test("a step that waits for time needs nobody", () => {
  assert.deepEqual(read({ facts: [{ step: "a", status: "waiting", reason: "timer" }] }).asked, []);
});

test("sentences are filled, unknown names stay", () => {
  assert.equal(filled("{step} failed, {what}", { step: "Reply" }), "Reply failed, {what}");
});

test("attempts to connect come later and later, with some chance in it", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 99].map((attempt) => delay(attempt, 0.5)), [1, 2, 4, 8, 15, 15]);
  assert.ok(delay(0, 0) < delay(0, 1));
});

function clock() {
  const found = { at: 0, timers: [] };
  found.now = () => found.at;
  found.later = (act, wait) => found.timers.push({ act, at: found.at + wait });
  found.forget = () => (found.timers = []);
  found.pass = (time) => {
    found.at += time;
    const due = found.timers.filter((timer) => timer.at <= found.at);
    found.timers = found.timers.filter((timer) => timer.at > found.at);
    due.forEach((timer) => timer.act());
  };
  return found;
}

test("what is wished often is done at once, then at most so often, and never forgotten", () => {
  const time = clock();
  let done = 0;
  const paced = new Paced(() => done++, 300, time);
  paced.wish();
  paced.wish();
  paced.wish();
  assert.equal(done, 1);
  time.pass(299);
  assert.equal(done, 1);
  time.pass(1);
  assert.equal(done, 2);
  time.pass(5000);
  assert.equal(done, 2);
  paced.wish();
  assert.equal(done, 3);
});

test("pieces of text are put together, and a whole text mends what was lost", () => {
  const streams = new Streams();
  streams.take([{ step: "a", attempt: 1, call: "c", tokens: "Dear " }]);
  streams.take([{ step: "a", attempt: 1, call: "c", tokens: "Ada" }]);
  assert.equal(streams.text("a", "c"), "Dear Ada");
  streams.take([{ step: "a", attempt: 1, call: "c", tokens: "!", text: "Dear Ada, hello!" }]);
  assert.equal(streams.tail("a"), "Dear Ada, hello!");
});

test("a new attempt begins anew, and a step that is done is forgotten", () => {
  const streams = new Streams();
  streams.take([{ step: "a", attempt: 1, call: "c", tokens: "old" }]);
  streams.take([{ step: "a", attempt: 2, call: "c", tokens: "new" }]);
  assert.equal(streams.text("a", "c"), "new");
  streams.forget("a");
  assert.equal(streams.tail("a"), "");
});
