// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Typist } from "../../chatline/static/chat-core.js";
import { FakeClock } from "./fakes.js";

test("typing is told at most once in 4 s, and its end after 3 s of quiet", () => {
  const clock = new FakeClock();
  const start = clock.now();
  /** @type {[number, boolean][]} */
  const told = [];
  const typist = new Typist({ clock, send: (on) => told.push([clock.now() - start, on]) });
  for (let n = 0; n < 50; n++) {
    typist.touch();
    clock.pass(200);
  }
  clock.pass(60_000);
  assert.deepEqual(told, [[0, true], [4_000, true], [8_000, true], [12_000, true], [12_800, false]]);
});

test("words that were sent end the typing without a frame", () => {
  const clock = new FakeClock();
  /** @type {boolean[]} */
  const told = [];
  const typist = new Typist({ clock, send: (on) => told.push(on) });
  typist.touch();
  typist.done();
  clock.pass(60_000);
  assert.deepEqual(told, [true]);
});

