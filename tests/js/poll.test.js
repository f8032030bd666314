// @ts-check
/** Requests that look like a socket: one listens, one for each frame that is said, each with a hello of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pollSocket } from "../../chatline/static/chat-core.js";
import { FakeClock } from "./fakes.js";

/** A poll whose requests are kept, and answered by the test. */
function asking() {
  const clock = new FakeClock();
  /** @type {any[]} */
  const asked = [];
  /** @type {any[]} */
  const heard = [];
  let token = "first";
  let closed = 0;
  const socket = pollSocket(clock, () => ({ type: "hello", token }), (body, stop, answer) => {
    asked.push({ ...JSON.parse(body), stop, answer });
  });
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
  socket.onmessage = (/** @type {any} */ { data }) => heard.push(JSON.parse(data).type);
  socket.onclose = () => closed++;
  clock.pass(1);
  const says = (/** @type {object} */ frame) => socket.send(JSON.stringify(frame));
  return { clock, asked, heard, socket, says, renamed: (/** @type {string} */ name) => (token = name), closed: () => closed };
}

test("the first request asks for an answer at once, the next ones listen", () => {
  const { asked, clock, heard } = asking();
  assert.deepEqual(asked.map(({ frames, wait }) => [frames.length, wait]), [[1, 0]]);
  asked[0].answer([{ type: "welcome" }]);
  clock.pass(300);
  asked[1].answer([{ type: "welcome" }, { type: "message" }]);
  clock.pass(300);
  assert.deepEqual(asked.map(({ wait }) => wait), [0, 15, 15]);
  assert.deepEqual(heard, ["welcome", "welcome", "message"]);
});

test("what is said does not wait for the request that listens", () => {
  const { asked, clock, says, renamed } = asking();
  asked[0].answer([{ type: "welcome" }]);
  clock.pass(300);
  renamed("second");
  says({ type: "say", key: "k", text: "hi" });
  assert.equal(asked.length, 3);
  assert.deepEqual(asked[2].frames, [{ type: "hello", token: "second" }, { type: "say", key: "k", text: "hi" }]);
  assert.deepEqual([asked[2].wait, asked[1].stop.aborted], [0, false]);
});

test("typing is not worth a request", () => {
  const { asked, says } = asking();
  says({ type: "typing", on: true });
  assert.equal(asked.length, 1);
});

test("another hello ends the request that listens and asks for an answer at once", () => {
  const { asked, clock, says, heard } = asking();
  asked[0].answer([]);
  clock.pass(300);
  says({ type: "hello" });
  assert.deepEqual(asked.map(({ wait, stop }) => [wait, stop.aborted]), [[0, true], [15, true], [0, false]]);
  asked[1].answer([{ type: "message" }]);
  clock.pass(60_000);
  assert.deepEqual([asked.length, heard], [3, []]);
});

for (const which of ["listens", "says"]) {
  test(`when the request that ${which} fails, it is as if a socket had closed`, () => {
    const { asked, clock, says, closed } = asking();
    asked[0].answer([]);
    clock.pass(300);
    says({ type: "say", key: "k", text: "hi" });
    asked[which === "says" ? 2 : 1].answer(null);
    assert.deepEqual([closed(), asked[1].stop.aborted], [1, true]);
    asked[which === "says" ? 1 : 2].answer(null);
    clock.pass(60_000);
    assert.deepEqual([closed(), asked.length], [1, 3]);
  });
}

test("closing ends the listening, and lets through what is being said", () => {
  const { asked, clock, says, socket, heard, closed } = asking();
  asked[0].answer([]);
  clock.pass(300);
  says({ type: "end" });
  socket.close();
  assert.deepEqual([asked[1].stop.aborted, asked[2].stop], [true, undefined]);
  asked[2].answer([{ type: "state" }]);
  clock.pass(60_000);
  assert.deepEqual([heard, closed(), asked.length], [[], 0, 3]);
});
