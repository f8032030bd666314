// @ts-check
/** Two minutes of both sides talking while every connection is cut each second. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatCore } from "../../chatline/static/chat-core.js";
import { ForgetsKeys, ForgetsOutbox } from "./breaks.js";
import { FakeClock, Line, NONE, faults, seeded, side } from "./fakes.js";

const SECONDS = 120;

/** The last words of each second are under way when the cut comes. With `refused` the visitor has requests alone. */
function stormy(/** @type {any} */ Core, refused = false) {
  const clock = new FakeClock(seeded(7));
  const line = new Line();
  const people = [side(Core, "visitor", line, clock, { refused: () => refused }), side(Core, "volunteer", line, clock)];
  people.forEach(({ core }) => core.start());
  if (refused) clock.pass(10_000);
  /** @type {string[][]} */
  const sent = [[], []];
  let cuts = 0;
  const says = (/** @type {number} */ who, /** @type {string} */ text) => (sent[who].push(text), people[who].core.say(text, who ? "c" : null));
  for (let second = 0; second < SECONDS; second++) {
    clock.pass(300);
    [0, 1].forEach((who) => says(who, `${who}:${second}:early`));
    clock.pass(630);
    [0, 1].forEach((who) => says(who, `${who}:${second}:late`));
    clock.pass(70);
    people.forEach(({ cut }) => (cut(), cuts++));
  }
  clock.pass(60_000);
  const found = people.flatMap(({ texts }) => sent.map((ones) => faults(texts(), ones)));
  const { sockets, requests } = people[0];
  return {
    found, cuts, sent: sent.flat().length, stored: line.rows.length, same: people[0].texts().join() === people[1].texts().join(),
    sockets: sockets.length, requests: requests.sent.length,
  };
}

for (const [by, refused] of /** @type {[string, boolean][]} */ ([["sockets", false], ["requests", true]])) {
  test(`nothing is lost, doubled or out of order when ${by} are cut each second`, (t) => {
    const { found, same, ...counts } = stormy(ChatCore, refused);
    t.diagnostic(`${SECONDS} s: ${JSON.stringify(counts)}, faults on each screen: ${JSON.stringify(found)}`);
    for (const fault of found) assert.deepEqual(fault, NONE);
    assert.equal(counts.stored, counts.sent);
    assert.ok(same, "both screens show the same");
    assert.equal(counts.requests > 0, refused);
  });

  for (const [Broken, what] of /** @type {[any, string][]} */ ([
    [ForgetsOutbox, "forgets its outbox on reconnect"],
    [ForgetsKeys, "makes a new key for each try"],
  ])) {
    test(`the same check catches a core that ${what}, by ${by}`, (t) => {
      const { found, sent, stored } = stormy(Broken, refused);
      t.diagnostic(`${sent} sent, ${stored} stored, ${JSON.stringify(found)}`);
      assert.ok(found.some(({ lost, doubled, disordered }) => lost + doubled + disordered > 0) || stored !== sent);
    });
  }
}
