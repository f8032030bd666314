// @ts-check
/** What counts as news on a desk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Newsreader } from "../../chatline/static/staff/news.js";

const talk = (/** @type {string} */ id, theirs = 1, flags = 0) => ({ id, theirs, flags });

test("the first look is not news, and neither is a history that comes with somebody taken", () => {
  const reader = new Newsreader();
  assert.deepEqual(reader.look(["a"], [talk("b", 9, 1)]), []);
  assert.deepEqual(reader.look([], [talk("b", 9, 1), talk("a", 5)]), []);
});

test("a reply, a flag and somebody who waits are news once", () => {
  const reader = new Newsreader();
  reader.look([], [talk("b")]);
  assert.deepEqual(reader.look(["a"], [talk("b", 2)]), [
    { kind: "reply", conversation: "b" },
    { kind: "waiting", conversation: "" },
  ]);
  assert.deepEqual(reader.look(["a"], [talk("b", 2)]), []);
  assert.deepEqual(reader.look(["a"], [talk("b", 3, 1)]), [{ kind: "flag", conversation: "b" }]);
});

test("who was given back to the queue is nobody new", () => {
  const reader = new Newsreader();
  reader.look([], [talk("b")]);
  assert.deepEqual(reader.look(["b"], []), []);
});

test("while nobody knows who waits there is no news of it", () => {
  const reader = new Newsreader();
  reader.look(null, []);
  assert.deepEqual(reader.look(["a"], []), []);
});
