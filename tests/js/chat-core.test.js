// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatCore, Link, Typist, backoff } from "../../chatline/static/chat-core.js";
import { FakeClock, FakeSocket, Line, seeded, side } from "./fakes.js";

/** Breaks that a check must catch: each forgets one thing the core promises. */
class ForgetsOutbox extends ChatCore {
  greet() {
    this.outbox = [];
    return super.greet();
  }
}
class ForgetsKeys extends ChatCore {
  greet() {
    for (const entry of this.outbox) entry.key = this.given.newKey();
    return super.greet();
  }
}
class SendsAllAtOnce extends ChatCore {
  flush() {
    if (this.link.live) for (const { key, text, refused } of this.outbox) if (!refused) this.link.transmit({ type: "say", key, text });
  }
}
class OldestWins extends ChatCore {
  heardMessage(/** @type {any} */ message) {
    if (!this.thread(message.conversation).messages.has(message.seq)) super.heardMessage(message);
  }
}
class SkipsAhead extends ChatCore {
  cursor(/** @type {string} */ conversation) {
    return super.cursor(conversation) && super.cursor(conversation) + 1;
  }
}

/** Lost, doubled and out of order, of `sent` texts on one screen. */
function faults(/** @type {string[]} */ screen, /** @type {string[]} */ sent) {
  const mine = screen.filter((text) => sent.includes(text));
  return {
    lost: sent.filter((text) => !screen.includes(text)).length,
    doubled: screen.length - new Set(screen).size,
    disordered: mine.filter((text, place) => place > 0 && sent.indexOf(text) < sent.indexOf(mine[place - 1])).length,
  };
}

const NONE = { lost: 0, doubled: 0, disordered: 0 };

/** Two minutes of both sides talking while both sockets are cut each second; then quiet. */
function stormy(/** @type {any} */ Core) {
  const clock = new FakeClock(seeded(7));
  const line = new Line();
  const people = [side(Core, "visitor", line, clock), side(Core, "volunteer", line, clock)];
  people.forEach(({ core }) => core.start());
  /** @type {string[][]} */
  const sent = [[], []];
  let cuts = 0;
  for (let second = 0; second < 120; second++) {
    people.forEach(({ core }, who) => {
      for (const half of [0, 1]) {
        const text = `${who}:${second}:${half}`;
        core.say(text, who ? "c" : null);
        sent[who].push(text);
        clock.pass(130 + 40 * half);
      }
    });
    clock.pass(1_000 - 600);
    people.forEach(({ cut }) => (cut(), cuts++));
    people.forEach(({ core }) => second % 2 && core.link.wake());
  }
  clock.pass(600_000);
  const found = people.flatMap(({ texts }) => sent.map((ones) => faults(texts(), ones)));
  return { found, sent: sent.flat().length, cuts, stored: line.rows.length, same: people[0].texts().join() === people[1].texts().join() };
}

test("nothing is lost, doubled or out of order when the socket is cut each second", (t) => {
  const { found, sent, cuts, stored, same } = stormy(ChatCore);
  t.diagnostic(`${sent} texts, ${cuts} cuts, ${stored} stored, faults on each screen: ${JSON.stringify(found)}`);
  for (const fault of found) assert.deepEqual(fault, NONE);
  assert.equal(stored, sent);
  assert.ok(same, "both screens show the same");
});

for (const [Broken, what] of /** @type {[any, string][]} */ ([
  [ForgetsOutbox, "forgets its outbox on reconnect"],
  [ForgetsKeys, "makes a new key for each try"],
])) {
  test(`the same check catches a core that ${what}`, (t) => {
    const { found, sent, stored } = stormy(Broken);
    t.diagnostic(`${sent} sent, ${stored} stored, ${JSON.stringify(found)}`);
    assert.ok(found.some(({ lost, doubled, disordered }) => lost + doubled + disordered > 0) || stored !== sent);
  });
}

/** A visitor whose frames are kept, on a socket that answers only what the test says. */
function quiet(Core = ChatCore) {
  const clock = new FakeClock();
  const line = new Line();
  line.verbs.say = () => {};
  const visitor = side(Core, "visitor", line, clock, () => 0);
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

test("a hole in seq asks for everything again, after five seconds and once", () => {
  const { tell, core, sent, clock } = quiet();
  tell(row(1, 1, "a"));
  tell({ type: "state", conversation: "c", state: "active", version: 3, last_seq: 3 });
  tell(row(3, 3, "c"));
  assert.equal(core.cursor("c"), 0);
  clock.pass(5_100);
  assert.deepEqual(sent.map(({ type, after }) => [type, after]).at(-1), ["hello", 0]);
  const hellos = sent.filter(({ type }) => type === "hello").length;
  clock.pass(9_000);
  assert.equal(sent.filter(({ type }) => type === "hello").length, hellos);
});

test("reconnect waits from 0.5 to 20 s with full jitter", (t) => {
  const random = seeded(3);
  const waits = Array.from({ length: 4_000 }, (_, n) => backoff(n % 40, random()));
  t.diagnostic(`4000 waits, shortest ${Math.round(Math.min(...waits))} ms, longest ${Math.round(Math.max(...waits))} ms`);
  assert.ok(Math.min(...waits) >= 500 && Math.max(...waits) <= 20_000);
  assert.deepEqual([backoff(0, 0), backoff(0, 1), backoff(3, 1), backoff(99, 0), backoff(99, 1)], [500, 1_000, 8_000, 500, 20_000]);
});

/** A link whose server never says a word, and the times at which it opened a socket. */
function deaf() {
  const clock = new FakeClock(() => 0.5);
  /** @type {number[]} */
  const opened = [];
  /** @type {any[]} */
  const sockets = [];
  const link = new Link({
    clock,
    open: () => (opened.push(clock.now()), sockets.push({ send() {}, close() {} }), sockets.at(-1)),
    hello: () => ({ type: "hello" }),
    answer: "welcome",
    onFrame: () => {},
    onChange: () => {},
  });
  link.connect();
  return { link, clock, opened, hear: (/** @type {object} */ frame) => sockets.at(-1).onmessage({ data: JSON.stringify(frame) }), sockets };
}

test("no frame for 40 s means that the socket is dead, and a ping keeps it", () => {
  const { clock, opened, hear } = deaf();
  hear({ type: "welcome" });
  for (let n = 0; n < 8; n++) {
    clock.pass(30_000);
    hear({ type: "ping" });
  }
  assert.equal(opened.length, 1);
  clock.pass(39_000);
  assert.equal(opened.length, 1);
  clock.pass(3_000);
  assert.equal(opened.length, 2);
});

test("who is signed out is told so, and does not knock again", () => {
  const { link, clock, opened, sockets } = deaf();
  sockets[0].onclose({ code: 4401 });
  clock.pass(600_000);
  link.wake();
  assert.deepEqual([opened.length, link.signedOut], [1, true]);
});

test("waking tries at once, and leaves a fresh socket alone", () => {
  const { link, clock, opened, hear, sockets } = deaf();
  hear({ type: "welcome" });
  link.wake();
  assert.equal(opened.length, 1);
  sockets[0].onclose({ code: 1006 });
  link.wake();
  assert.equal(opened.length, 2);
  hear({ type: "welcome" });
  clock.pass(21_000);
  link.wake();
  assert.equal(opened.length, 3);
});

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

/** Random walks: talk, cut, sleep, change rows, stall; at the end each screen equals the line's own rows. */
function randomWalk(/** @type {any} */ Core, /** @type {number} */ seed) {
  const random = seeded(seed);
  const clock = new FakeClock(random);
  const line = new Line();
  const lag = () => Math.floor(random() * 400);
  const people = [side(Core, "visitor", line, clock, lag), side(Core, "volunteer", line, clock, lag)];
  people.forEach(({ core }) => core.start());
  /** @type {string[][]} */
  const sent = [[], []];
  const steps = [
    (/** @type {number} */ who) => sent[who].push(String(people[who].core.say(`${who}-${sent[who].length}`, who ? "c" : null))),
    (/** @type {number} */ who) => people[who].cut(),
    (/** @type {number} */ who) => people[who].core.link.wake(),
    () => line.rows.length && line.touch(Math.floor(random() * line.rows.length), { delivery: String(random()) }),
    () => clock.pass(random() * 3_000),
    () => clock.pass(random() * 200),
  ];
  for (let n = 0; n < 60; n++) steps[Math.floor(random() * steps.length)](random() < 0.5 ? 0 : 1);
  clock.pass(300_000);
  const rows = (/** @type {any[]} */ ones) => JSON.stringify(ones.map(({ seq, version, text, delivery }) => [seq, version, text, delivery]));
  const truth = rows(line.rows);
  const orders = [0, 1].map((who) => line.rows.filter((row) => row.from === (who ? "volunteer" : "visitor")).map((row) => row.text).join());
  const told = sent.map((ones, who) => ones.map((_, n) => `${who}-${n}`).join());
  return people.every(({ core }) => rows(core.messages("c")) === truth && !core.outbox.length) && orders.join("|") === told.join("|");
}

const CASES = 400;

test("however talk, cuts and changes fall, each screen ends equal to the rows", (t) => {
  const wrong = Array.from({ length: CASES }, (_, seed) => seed).filter((seed) => !randomWalk(ChatCore, seed));
  t.diagnostic(`${CASES} random walks of 60 steps, ${wrong.length} wrong`);
  assert.deepEqual(wrong, []);
});

for (const [Broken, what] of /** @type {[any, string][]} */ ([
  [ForgetsOutbox, "forgets its outbox on reconnect"],
  [ForgetsKeys, "makes a new key for each try"],
  [OldestWins, "keeps the first version of a row"],
  [SkipsAhead, "asks for more than it lacks"],
])) {
  test(`random walks catch a core that ${what}`, (t) => {
    const wrong = Array.from({ length: CASES }, (_, seed) => seed).filter((seed) => !randomWalk(Broken, seed));
    t.diagnostic(`${wrong.length} of ${CASES} walks went wrong`);
    assert.ok(wrong.length > 0);
  });
}

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
