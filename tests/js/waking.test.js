// @ts-check
/** Sleep, lock, restart: the whole history within two seconds of waking, and nothing twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatCore } from "../../chatline/static/chat-core.js";
import { TrustsSockets } from "./breaks.js";
import { FakeClock, Line, NONE, faults, seeded, side } from "./fakes.js";

const SLEEPS = [3_000, 17_000, 45_000, 8 * 3_600_000];

/** What became of the sleeper's socket meanwhile. */
const FATES = /** @type {Record<string, (person: any, line: Line) => void>} */ ({
  "was kept": () => {},
  "was closed": ({ sockets }) => sockets.at(-1).cut(),
  "died without a word": ({ sockets }) => sockets.at(-1).die(),
  "was refused ever since": ({ requests }) => requests.cut(),
});

/** How many of the sleeper's texts are missing, doubled or out of order two seconds after waking. */
function slept(/** @type {any} */ Core, /** @type {"visitor"|"volunteer"} */ who, /** @type {string} */ fate, /** @type {number} */ ms, told = true) {
  const clock = new FakeClock(seeded(11));
  const line = new Line();
  const refused = () => fate === "was refused ever since";
  const sleeper = side(Core, who, line, clock, { refused });
  const other = side(Core, who === "visitor" ? "volunteer" : "visitor", line, clock);
  const pings = () => (line.ping(), clock.setTimeout(pings, 15_000));
  [sleeper, other].forEach(({ core }) => core.start());
  pings();
  clock.pass(10_000);
  const says = (/** @type {any} */ person, /** @type {string} */ text) => person.core.say(text, "c");
  says(sleeper, "before");
  says(other, "also before");
  clock.pass(3_000);
  sleeper.device.sleep();
  clock.pass(ms / 3);
  FATES[fate](sleeper, line);
  says(other, "meanwhile");
  clock.pass((2 * ms) / 3);
  says(other, "just now");
  clock.pass(500);
  sleeper.device.wake();
  if (told) sleeper.core.link.wake();
  clock.pass(2_000);
  return faults(sleeper.texts(), ["before", "also before", "meanwhile", "just now"]);
}

/** @type {["visitor"|"volunteer", string, number][]} */
const CASES = [];
for (const fate of Object.keys(FATES)) {
  for (const ms of SLEEPS) {
    CASES.push(["visitor", fate, ms]);
    if (fate !== "was refused ever since") CASES.push(["volunteer", fate, ms]);
  }
}

test("whoever wakes has the whole history within two seconds, whatever became of the socket", (t) => {
  t.diagnostic(`${CASES.length} ways to sleep, from 3 s to 8 h`);
  for (const [who, fate, ms] of CASES) assert.deepEqual(slept(ChatCore, who, fate, ms), NONE, `${who}, socket ${fate}, ${ms} ms`);
});

test("a sleep that no event tells of is noticed by the clock", (t) => {
  const long = CASES.filter(([, , ms]) => ms > 20_000);
  t.diagnostic(`${long.length} ways to sleep for more than 20 s`);
  for (const [who, fate, ms] of long) assert.deepEqual(slept(ChatCore, who, fate, ms, false), NONE, `${who}, socket ${fate}, ${ms} ms`);
});

test("the same check catches a core that trusts whatever looks open", (t) => {
  const wrong = CASES.filter(([who, fate, ms]) => slept(TrustsSockets, who, fate, ms).lost);
  t.diagnostic(`${wrong.length} of ${CASES.length} ways leave something missing`);
  assert.ok(wrong.length > 0);
});

test("when the line starts again, everything is there within two seconds of the next look at the page", () => {
  for (const ms of [300, 5_000, 60_000]) {
    const clock = new FakeClock(seeded(5));
    const line = new Line();
    const people = [side(ChatCore, "visitor", line, clock), side(ChatCore, "volunteer", line, clock)];
    people.forEach(({ core }) => core.start());
    clock.pass(1_000);
    people[0].core.say("before");
    clock.pass(1_000);
    line.restart(clock, ms);
    people.forEach(({ core }, who) => core.say(`meanwhile ${who}`, who ? "c" : null));
    clock.pass(ms);
    people.forEach(({ core }) => core.link.wake());
    clock.pass(2_000);
    for (const { texts, core } of people) {
      assert.deepEqual(faults(texts(), ["before", "meanwhile 0"]), NONE, `away for ${ms} ms`);
      assert.deepEqual([texts().length, core.outbox.length], [3, 0]);
    }
  }
});
