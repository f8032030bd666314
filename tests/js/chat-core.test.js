// @ts-check
/** What one client knows and has yet to send: outbox, rows, cursor, holes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatCore } from "../../chatline/static/chat-core.js";
import { OldestWins, SendsAllAtOnce } from "./breaks.js";
import { FakeClock, FakeSocket, Line, side } from "./fakes.js";

/** A visitor whose frames are kept, on a socket that answers only what the test says. */
function quiet(Core = ChatCore) {
  const clock = new FakeClock();
  const line = new Line();
  line.verbs.say = () => {};
  const visitor = side(Core, "visitor", line, clock, { delay: () => 0 });
  /** @type {any[]} */
  const sent = [];
  const send = FakeSocket.prototype.send;
  const open = visitor.core.given.open;
  visitor.core.link.given.open = () => {
    const socket = open();
    socket.send = (/** @type {string} */ text) => (sent.push(JSON.parse(text)), send.call(socket, text));
    return socket;
  };
  visitor.core.start();
  clock.pass(1);
  const tell = (/** @type {object} */ frame) => (visitor.sockets.at(-1)?.tell(frame), clock.pass(1));
  return { ...visitor, clock, line, sent, tell, says: () => sent.filter(({ type }) => type === "say") };
}

const row = (/** @type {number} */ seq, /** @type {number} */ version, /** @type {string} */ text, more = {}) => ({
  type: "message", conversation: "c", seq, version, from: "visitor", name: "", text, at: "", key: null, ...more,
});

test("hello is the first frame on each connection", () => {
  const { sent, cut, clock, core } = quiet();
  core.say("a");
  cut();
  clock.pass(30_000);
  assert.deepEqual(sent.map(({ type }) => type).slice(0, 4), ["hello", "say", "hello", "say"]);
});

test("the same key goes out again after a cut, and once more when an answer is overdue", () => {
  const { says, cut, clock, core } = quiet();
  const key = core.say("a");
  cut();
  clock.pass(15_000);
  assert.ok(says().length >= 3);
  assert.deepEqual([...new Set(says().map((frame) => frame.key))], [key]);
});

test("the next text waits until the one before it is stored", () => {
  const { says, tell, core } = quiet();
  const [first, second] = [core.say("a"), core.say("b")];
  assert.deepEqual(says().map(({ key }) => key), [first]);
  tell({ type: "said", key: first, seq: 1, at: "", conversation: "c" });
  assert.deepEqual(says().map(({ key }) => key), [first, second]);
});

test("conversations do not wait for one another", () => {
  const { says, core } = quiet();
  core.say("a", "c");
  core.say("b", "d");
  assert.deepEqual(says().map(({ conversation }) => conversation), ["c", "d"]);
});

for (const code of ["slow_down", "try_again", "token_dead"]) {
  test(`a text answered with ${code} is sent again by itself when its time has come`, () => {
    const { says, tell, clock, core } = quiet();
    const key = core.say("a");
    tell({ type: "error", code, detail: "Slower.", key, retry_after: 3 });
    clock.pass(2_990);
    assert.equal(says().length, 1);
    clock.pass(20);
    assert.equal(says().length, 2);
    assert.equal(core.outbox[0].refused, "");
  });
}

test("a refused text stays in view, holds up nothing, and can be taken back", () => {
  const { says, tell, core } = quiet();
  const [long, next] = [core.say("long"), core.say("next")];
  tell({ type: "error", code: "too_long", detail: "Too long.", key: long });
  assert.equal(core.outbox[0].refused, "Too long.");
  assert.deepEqual(says().map(({ key }) => key), [long, next]);
  assert.equal(core.withdraw(long)?.text, "long");
  assert.deepEqual(core.outbox.map(({ key }) => key), [next]);
});

for (const [first, second] of [["said", "message"], ["message", "said"]]) {
  test(`my text is shown once when ${first} comes before ${second}`, () => {
    const { tell, texts, core } = quiet();
    const key = core.say("a");
    const frames = /** @type {any} */ ({ said: { type: "said", key, seq: 1, at: "", conversation: "c" }, message: row(1, 1, "a", { key }) });
    tell(frames[first]);
    assert.deepEqual([texts(), core.outbox.length], [["a"], 0]);
    tell(frames[second]);
    assert.deepEqual([texts(), core.outbox.length], [["a"], 0]);
    assert.equal(core.messages("c")[0].version, 1);
  });
}

/** The newest version of a row must show, however the versions arrive. */
function newestShown(/** @type {any} */ Core) {
  const { tell, core } = quiet(Core);
  for (const version of [2, 5, 3]) tell(row(1, version, `v${version}`));
  return core.messages("c")[0].text;
}

test("the newest version of a message wins, whatever comes when", () => {
  assert.equal(newestShown(ChatCore), "v5");
});

test("the same check catches a core that keeps the first version", () => {
  assert.notEqual(newestShown(OldestWins), "v5");
});

test("messages show in the order of seq, whatever order they come in", () => {
  const { tell, texts } = quiet();
  for (const seq of [3, 1, 2]) tell(row(seq, seq, String(seq)));
  assert.deepEqual(texts(), ["1", "2", "3"]);
});

test("only a state moves the cursor, so a reading that was cut short is read again", () => {
  const { tell, core } = quiet();
  tell(row(1, 4, "a"));
  assert.equal(core.cursor("c"), 0);
  tell({ type: "state", conversation: "c", state: "active", version: 4 });
  assert.equal(core.cursor("c"), 4);
});

test("a hole in seq asks for everything again on the same socket, less and less often while it stands", () => {
  const { tell, core, sent, clock, sockets } = quiet();
  const hellos = () => sent.filter(({ type }) => type === "hello");
  tell(row(1, 1, "a"));
  tell({ type: "state", conversation: "c", state: "active", version: 3, last_seq: 3 });
  tell(row(3, 3, "c"));
  assert.equal(core.cursor("c"), 0);
  clock.pass(1_900);
  assert.equal(hellos().length, 1);
  clock.pass(200);
  assert.deepEqual(hellos().map(({ after }) => after), [0, 0]);
  const quarter = () => (clock.pass(15_000), tell({ type: "ping" }));
  for (let n = 0; n < 4; n++) quarter();
  assert.equal(hellos().length, 6);
  tell(row(2, 2, "b"));
  for (let n = 0; n < 40; n++) quarter();
  assert.deepEqual([hellos().length, sockets.length, core.cursor("c")], [6, 1, 3]);
});

test("a hole that fills itself is not asked for", () => {
  const { tell, sent, clock } = quiet();
  tell({ type: "state", conversation: "c", state: "active", version: 1, last_seq: 1 });
  tell(row(1, 1, "a"));
  clock.pass(10_000);
  assert.equal(sent.filter(({ type }) => type === "hello").length, 1);
});

test("saying something while there is no connection tries at once", () => {
  const { core, cut, sockets, clock } = quiet();
  cut();
  core.say("a");
  assert.equal(sockets.length, 2);
  clock.pass(1);
  assert.ok(core.link.live);
});

/** Two texts written in one breath, the first of which must wait: the second must not overtake it. */
function overtaking(/** @type {any} */ Core) {
  const { core, tell, says, clock } = quiet(Core);
  const first = core.say("a");
  core.say("b");
  tell({ type: "error", code: "slow_down", detail: "", key: first, retry_after: 2 });
  clock.pass(1_000);
  return says().some(({ text }) => text === "b");
}

test("a text that must wait is not overtaken by the next", () => {
  assert.equal(overtaking(ChatCore), false);
});

test("the same check catches a core that sends all at once", () => {
  assert.equal(overtaking(SendsAllAtOnce), true);
});

test("a text that is held back with a challenge goes out again with its proof, before its time", async () => {
  const { says, tell, clock, core } = quiet();
  const key = core.say("a");
  tell({ type: "error", code: "slow_down", detail: "", key, retry_after: 30, proof: "4:a-tab" });
  await import("../../chatline/static/proof.js");
  await new Promise((soon) => setImmediate(soon));
  clock.pass(1_000);
  assert.match(says().at(-1).proof, /^[0-9]+$/);
});

test("a text whose proof is never found goes out at its time all the same", () => {
  const { says, tell, clock, core } = quiet();
  const key = core.say("a");
  tell({ type: "error", code: "slow_down", detail: "", key, retry_after: 3, proof: "32:a-tab" });
  clock.pass(3_010);
  assert.deepEqual(says().map((frame) => frame.key), [key, key]);
});
