// @ts-check
/** One socket at a time, always coming back: when it is in doubt, given up, tried again, and what takes over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Link, backoff } from "../../chatline/static/chat-core.js";
import { FakeClock, seeded } from "./fakes.js";

test("reconnect waits from 0.5 to 20 s with full jitter", (t) => {
  const random = seeded(3);
  const waits = Array.from({ length: 4_000 }, (_, n) => backoff(n % 40, random()));
  t.diagnostic(`4000 waits, shortest ${Math.round(Math.min(...waits))} ms, longest ${Math.round(Math.max(...waits))} ms`);
  assert.ok(Math.min(...waits) >= 500 && Math.max(...waits) <= 20_000);
  assert.deepEqual([backoff(0, 0), backoff(0, 1), backoff(3, 1), backoff(99, 0), backoff(99, 1)], [500, 1_000, 8_000, 500, 20_000]);
});

/** A link whose server says only what the test says, and what it opened: sockets, and polls where it may. */
function deaf(polls = false, slow = false) {
  const clock = new FakeClock(() => 0.5);
  const start = clock.now();
  /** @type {any[]} */
  const opened = [];
  const open = (/** @type {string} */ kind) => {
    /** @type {any} */
    const socket = { kind, at: clock.now() - start, sent: [], closed: false, close: () => (socket.closed = true) };
    socket.send = (/** @type {string} */ text) => socket.sent.push(JSON.parse(text));
    socket.hear = (/** @type {object} */ frame) => socket.onmessage({ data: JSON.stringify(frame) });
    opened.push(socket);
    return socket;
  };
  let ups = 0;
  const link = new Link({
    clock,
    open: () => open("socket"),
    ...(polls && { openPoll: () => open("poll") }),
    slow,
    hello: () => ({ type: "hello" }),
    answer: "welcome",
    onFrame: () => {},
    onChange: () => {},
    onUp: () => ups++,
  });
  link.connect();
  const kinds = () => opened.map(({ kind }) => kind).join(" ");
  const last = (kind = "socket") => opened.filter((one) => one.kind === kind).at(-1);
  return { link, clock, opened, kinds, last, ups: () => ups };
}

const WELCOME = { type: "welcome" };
const PING = { type: "ping" };

test("a ping each 15 s is all that a socket needs", () => {
  const { clock, opened, last } = deaf();
  last().hear(WELCOME);
  for (let n = 0; n < 40; n++) {
    clock.pass(15_000);
    last().hear(PING);
  }
  assert.deepEqual([opened.length, last().sent.length], [1, 0]);
});

test("a socket that is silent for 20 s is asked, and another is opened beside it", () => {
  const { clock, opened, link } = deaf();
  opened[0].hear(WELCOME);
  clock.pass(19_000);
  assert.equal(opened.length, 1);
  clock.pass(2_000);
  assert.deepEqual([opened.length, opened[0].sent.length, opened[0].closed, link.live], [2, 1, false, true]);
});

test("of two sockets the one that answers stays, and is as good as the one before", () => {
  for (const alive of [0, 1]) {
    const { clock, opened, link, ups } = deaf();
    opened[0].hear(WELCOME);
    clock.pass(21_000);
    opened[alive].hear(WELCOME);
    assert.deepEqual([opened[alive].closed, opened[1 - alive].closed, link.live], [false, true, true]);
    assert.equal(ups(), 1 + alive);
    opened[1 - alive].onclose({ code: 1006 });
    clock.pass(10_000);
    assert.deepEqual([opened.length, link.live], [2, true]);
  }
});

test("a socket that does not answer within 5 s is given up for the one beside it", () => {
  const { clock, opened, link } = deaf();
  opened[0].hear(WELCOME);
  clock.pass(26_100);
  assert.deepEqual([opened[0].closed, opened.length, link.live], [true, 2, false]);
  opened[1].hear(WELCOME);
  assert.ok(link.live);
});

test("a socket that never answers its hello is given up after 10 s", () => {
  const { clock, opened } = deaf();
  clock.pass(9_000);
  assert.equal(opened[0].closed, false);
  clock.pass(3_000);
  assert.deepEqual([opened[0].closed, opened.length], [true, 2]);
});

test("waking asks at once, and leaves a socket that answers alone", () => {
  const { link, clock, opened, last } = deaf();
  last().hear(WELCOME);
  link.wake();
  link.wake();
  assert.equal(last().sent.length, 1);
  clock.pass(900);
  last().hear(WELCOME);
  clock.pass(15_000);
  assert.equal(opened.length, 1);
});

test("a socket that does not answer whoever wakes has another beside it after a second", () => {
  const { link, clock, opened, last } = deaf();
  last().hear(WELCOME);
  clock.pass(700);
  link.wake();
  clock.pass(990);
  assert.equal(opened.length, 1);
  clock.pass(20);
  assert.equal(opened.length, 2);
});

test("waking tries at once where there is no connection, but not beside a try that began just now", () => {
  const { link, opened, clock } = deaf();
  opened[0].onclose({ code: 1006 });
  link.wake();
  assert.equal(opened.length, 2);
  clock.pass(1_000);
  link.wake();
  assert.equal(opened.length, 2);
  clock.pass(4_500);
  link.wake();
  assert.deepEqual([opened.length, opened[1].closed], [3, true]);
});

for (const code of [4401, 4403]) {
  test(`whoever is turned away with ${code} is told so, and does not knock again`, () => {
    const { link, clock, opened } = deaf();
    opened[0].onclose({ code });
    clock.pass(600_000);
    link.wake();
    assert.deepEqual([opened.length, link.signedOut], [1, true]);
  });
}

test("one that was ended for newer ones comes back, and not so soon that they would chase one another", () => {
  const { clock, opened } = deaf();
  opened[0].hear(WELCOME);
  opened[0].onclose({ code: 4409 });
  clock.pass(1_500);
  assert.equal(opened.length, 1);
  clock.pass(20_000);
  assert.equal(opened.length > 1, true);
});

test("what is stopped opens nothing more", () => {
  const { link, clock, opened } = deaf();
  opened[0].hear(WELCOME);
  link.stop();
  clock.pass(600_000);
  link.wake();
  assert.deepEqual([opened.length, opened[0].closed, link.live], [1, true, false]);
});

// --- where a socket is slow ---------------------------------------------------------------------------------

test("a new page whose socket takes its time asks by request too, and whichever answers first stays", () => {
  for (const first of ["poll", "socket"]) {
    const { clock, kinds, last, link } = deaf(true);
    clock.pass(390);
    assert.equal(kinds(), "socket");
    clock.pass(20);
    assert.equal(kinds(), "socket poll");
    last(first).hear(WELCOME);
    assert.deepEqual([link.live, link.polling, last("poll").closed], [true, first === "poll", first === "socket"]);
    last("socket").hear(WELCOME);
    assert.deepEqual([link.live, link.polling, last("poll").closed], [true, false, true]);
    assert.equal(kinds(), "socket poll");
  }
});

test("a page that was slow to come asks by request at once, and its socket takes over all the same", () => {
  const { kinds, last, link } = deaf(true, true);
  assert.equal(kinds(), "poll socket");
  last("poll").hear(WELCOME);
  assert.ok(link.live && link.polling);
  last("socket").hear(WELCOME);
  assert.ok(link.live && !link.polling);
});

test("a socket that said hello without the first token is opened anew once a request brought one", () => {
  const { clock, opened, kinds, last, ups } = deaf(true);
  clock.pass(500);
  opened[0].onopen();
  last("poll").hear(WELCOME);
  assert.deepEqual([kinds(), opened[0].closed], ["socket poll socket", true]);
  opened[0].hear(WELCOME);
  assert.equal(ups(), 1);
});

test("a socket that is quick, or comes back, is alone", () => {
  const { clock, kinds, last } = deaf(true);
  last().hear(WELCOME);
  last().onclose({ code: 1006 });
  clock.pass(6_000);
  assert.equal(kinds(), "socket socket");
});

// --- where sockets are not let through ----------------------------------------------------------------------

/** Three sockets in a row were refused. */
function refused() {
  const all = deaf(true);
  for (let n = 0; n < 3; n++) {
    while (all.opened.length === n) all.clock.pass(50);
    all.last().onclose({ code: 1006 });
  }
  all.clock.pass(1);
  return all;
}

test("after three failed sockets requests take over at once, with a socket tried beside them", () => {
  const { kinds } = refused();
  assert.equal(kinds(), "socket socket socket poll socket");
});

test("a socket that was up before it failed is none of the three", () => {
  const { clock, kinds, last } = deaf(true);
  for (let n = 0; n < 6; n++) {
    last().hear(WELCOME);
    last().onclose({ code: 1006 });
    clock.pass(1_000);
  }
  assert.equal(kinds(), "socket socket socket socket socket socket socket");
});

test("while requests serve, a socket is tried again each minute and on waking, and takes over once it answers", () => {
  const { clock, last, kinds, link, opened, ups } = refused();
  last("socket").onclose({ code: 1006 });
  const minute = () => {
    for (let n = 0; n < 4; n++) {
      last("poll").hear(WELCOME);
      clock.pass(15_000);
    }
  };
  minute();
  clock.pass(2_000);
  assert.equal(kinds(), "socket socket socket poll socket socket");
  last("socket").onclose({ code: 1006 });
  link.wake();
  assert.equal(opened.length, 7);
  last("poll").hear(WELCOME);
  assert.equal(last("socket").closed, false, "an answered request does not end the try");
  last("socket").hear(WELCOME);
  assert.deepEqual([last("poll").closed, link.polling, link.live, ups()], [true, false, true, 2]);
  last().onclose({ code: 1006 });
  clock.pass(1_000);
  assert.equal(opened.at(-1).kind, "socket");
});

test("a try that hangs is no hindrance to the next", () => {
  const { clock, last, opened } = refused();
  const hangs = last("socket");
  for (let n = 0; n < 5; n++) {
    last("poll").hear(WELCOME);
    clock.pass(15_000);
  }
  assert.deepEqual([hangs.closed, opened.length], [true, 6]);
});

test("where neither gets through, both wait as long as sockets do", (t) => {
  const { clock, opened } = deaf(true);
  for (let n = 0; n < 600; n++) {
    for (const one of opened) if (!one.closed && one.onclose) one.onclose({ code: 1006 });
    clock.pass(1_000);
  }
  const polls = opened.filter(({ kind }) => kind === "poll").length;
  t.diagnostic(`10 minutes without a network: ${opened.length - polls} sockets, ${polls} requests`);
  assert.ok(polls > 20 && polls < 75 && opened.length < 150);
});
