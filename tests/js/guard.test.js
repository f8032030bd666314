// @ts-check
/** Words do not go to the wrong person because the hands were quicker than the eyes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Guard } from "../../chatline/static/staff/guard.js";

test("who typed to somebody else within two seconds is asked once", () => {
  const guard = new Guard();
  guard.typed("heron", 0);
  guard.came("lark", 1_999);
  assert.equal(guard.lets("lark", 3_000), false);
  assert.equal(guard.isAsking("lark"), true);
  assert.equal(guard.lets("lark", 4_000), true);
  assert.equal(guard.lets("lark", 5_000), true);
});

test("two quick presses do not answer a question that nobody can have read", () => {
  const guard = new Guard();
  guard.typed("heron", 0);
  guard.came("lark", 100);
  assert.deepEqual([200, 400, 799].map((now) => guard.lets("lark", now)), [false, false, false]);
  assert.equal(guard.lets("lark", 800), true);
});

test("nobody is asked after two seconds, or who types on to the same person", () => {
  const guard = new Guard();
  guard.came("heron", 0);
  guard.typed("heron", 1_000);
  guard.came("heron", 1_100);
  assert.equal(guard.lets("heron", 1_200), true);
  guard.came("lark", 3_000);
  assert.equal(guard.lets("lark", 3_100), true);
});

test("an empty box settles the doubt, and a no asks again", () => {
  const guard = new Guard();
  guard.typed("heron", 0);
  guard.came("lark", 100);
  guard.lets("lark", 200);
  guard.doubtAgain("lark");
  assert.equal(guard.isAsking("lark"), false);
  assert.equal(guard.lets("lark", 9_000), false);
  guard.settle("lark");
  assert.equal(guard.lets("lark", 9_001), true);
});

test("a second glance at the same person does not take back what was asked", () => {
  const guard = new Guard();
  guard.typed("heron", 0);
  guard.came("lark", 100);
  guard.lets("lark", 200);
  guard.came("lark", 300);
  assert.equal(guard.isAsking("lark"), true);
});

/** Fifty times the hands are in the middle of words when somebody else gets the focus, and press Enter twice. */
function wrongSends(/** @type {Guard} */ guard) {
  let now = 0;
  let wrong = 0;
  for (let turn = 0; turn < 50; turn++) {
    const to = `lark ${turn % 4}`;
    guard.typed(`lark ${(turn + 1) % 4}`, now);
    guard.came(to, (now += 40 * turn)); // up to 1,960 ms
    for (const _ of ["Enter", "Enter"]) wrong += Number(guard.lets(to, (now += 120)));
    guard.settle(to);
    now += 5_000;
  }
  return wrong;
}

test("in fifty quick switches nothing goes to the wrong person, and a guard that forgets a rule is found out", () => {
  class SeesNoSwitch extends Guard {
    came() {}
  }
  class TakesHabitForAnswer extends Guard {
    late = 0;
    lets(/** @type {string} */ conversation, /** @type {number} */ now) {
      return super.lets(conversation, now + (this.late += 1_000));
    }
  }
  assert.equal(wrongSends(new Guard()), 0);
  assert.equal(wrongSends(new SeesNoSwitch()), 100);
  assert.equal(wrongSends(new TakesHabitForAnswer()), 50);
});
