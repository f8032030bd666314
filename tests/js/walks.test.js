// @ts-check
/** Random walks of two people on one line: at the end each screen equals the rows of the reference (`Line`). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatCore } from "../../chatline/static/chat-core.js";
import { ForgetsKeys, ForgetsOutbox, MendsNothing, OldestWins, SkipsAhead } from "./breaks.js";
import { FakeClock, Line, seeded, side } from "./fakes.js";

const STEPS = 60;
const REFUSALS = ["slow_down", "try_again", "token_dead"];
const TROUBLES = ["lost", "twice", "late"];

/** @typedef {ReturnType<typeof world>} World */

/** With `troubled` one frame in twelve is lost, doubled or late; with `walled` the visitor has requests alone, mostly. */
function world(/** @type {any} */ Core, /** @type {number} */ seed, troubled = false, walled = false) {
  const random = seeded(seed);
  const clock = new FakeClock(random);
  const line = new Line();
  const on = { trouble: troubled, wall: walled };
  const delay = () => Math.floor(random() * 400);
  const trouble = () => (on.trouble && random() < 1 / 12 ? TROUBLES[Math.floor(random() * 3)] : "");
  const people = [
    side(Core, "visitor", line, clock, { delay, trouble, refused: () => on.wall && random() < 0.9 }),
    side(Core, "volunteer", line, clock, { delay, trouble }),
  ];
  const pings = () => (line.ping(), clock.setTimeout(pings, 15_000));
  pings();
  people.forEach(({ core }) => core.start());
  return { random, clock, line, on, people, sent: /** @type {string[][]} */ ([[], []]) };
}

/** @type {Record<string, (world: World, who: number) => void>} */
const moves = {
  say({ people, sent }, who) {
    if (people[who].device.asleep) return;
    const text = `${who}-${sent[who].length}`;
    sent[who].push(text);
    people[who].core.say(text, who ? "c" : null);
  },
  cut: ({ people }, who) => people[who].cut(),
  die: ({ people }, who) => people[who].sockets.at(-1)?.die(),
  look: ({ people }, who) => people[who].device.asleep || people[who].core.link.wake(),
  sleep: ({ people }, who) => people[who].device.sleep(),
  wake({ people, random }, who) {
    people[who].device.wake();
    if (random() < 0.5) people[who].core.link.wake();
  },
  restart: ({ line, clock, random }) => line.restart(clock, random() * 8_000),
  refuse: ({ line, random }) => line.refusals.push(REFUSALS[Math.floor(random() * 3)]),
  moment: ({ clock, random }) => clock.pass(random() * 200),
  seconds: ({ clock, random }) => clock.pass(random() * 3_000),
  minutes: ({ clock, random }) => clock.pass(random() * 90_000),
};

/** A row changes: only where frames arrive, because one that is lost while its socket lives cannot be missed. */
const change = (/** @type {World} */ { line, random, on }) =>
  on.trouble || (line.rows.length && line.touch(Math.floor(random() * line.rows.length), { delivery: String(random()) }));

/** Often the small, sometimes the large. */
const BAG = [..."say say say say say cut look moment moment moment seconds seconds".split(" "), ...Object.keys(moves)];

/** True if all is well at the end of it, some time after one last word of each. */
function walk(/** @type {World} */ world) {
  const { random, clock, line, people, sent, on } = world;
  for (let n = 0; n < STEPS; n++) {
    const who = random() < 0.5 ? 0 : 1;
    if (random() < 0.1) change(world);
    else moves[BAG[Math.floor(random() * BAG.length)]](world, who);
  }
  on.trouble = on.wall = false;
  people.forEach(({ device }) => device.wake());
  clock.pass(60_000);
  [0, 1].forEach((who) => moves.say(world, who));
  clock.pass(130_000);
  const rows = (/** @type {any[]} */ ones) => JSON.stringify(ones.map(({ seq, text, delivery }) => [seq, text, delivery]));
  const stored = (/** @type {string} */ from) => line.rows.filter((row) => row.from === from).map(({ text }) => text);
  return (
    people.every(({ core }) => rows(core.messages("c")) === rows(line.rows) && !core.outbox.length) &&
    stored("visitor").join() === sent[0].join() && stored("volunteer").join() === sent[1].join()
  );
}

const CASES = 300;
const seeds = Array.from({ length: CASES }, (_, seed) => seed);
const wrongOf = (/** @type {any} */ Core, troubled = false, walled = false) =>
  seeds.filter((seed) => !walk(world(Core, seed, troubled, walled)));

for (const [what, troubled, walled] of /** @type {[string, boolean, boolean][]} */ ([
  ["cuts, sleeps, refusals and restarts", false, false],
  ["frames that are lost, doubled and late besides", true, false],
  ["sockets that are not let through", false, true],
])) {
  test(`each screen ends equal to the rows through ${what}`, (t) => {
    const wrong = wrongOf(ChatCore, troubled, walled);
    t.diagnostic(`${CASES} random walks of ${STEPS} steps, ${wrong.length} wrong`);
    assert.deepEqual(wrong, []);
  });
}

for (const [Broken, what, troubled] of /** @type {[any, string, boolean][]} */ ([
  [ForgetsOutbox, "forgets its outbox on reconnect", false],
  [ForgetsKeys, "makes a new key for each try", false],
  [OldestWins, "keeps the first version of a row", false],
  [SkipsAhead, "asks for more than it lacks", false],
  [MendsNothing, "mends no hole", true],
])) {
  test(`random walks catch a core that ${what}`, (t) => {
    const wrong = wrongOf(Broken, troubled);
    t.diagnostic(`${wrong.length} of ${CASES} walks went wrong`);
    assert.ok(wrong.length > 0);
  });
}
