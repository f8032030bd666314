// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cost, split } from "../../chatline/static/staff/parts.js";
import { count, dear, plain } from "../../chatline/static/staff/segments.js";

/** @type {any[]} */
const vectors = JSON.parse(readFileSync(new URL("../sms/vectors.json", import.meta.url), "utf8")).segments;

for (const vector of vectors) {
  test(`a text is counted as the provider counts it: ${vector.name}`, () => {
    const text = vector.plain ? plain(vector.text) : vector.text;
    assert.equal(text, vector.after_plain ?? text);
    const { encoding, parts, units, lengths } = vector;
    assert.deepEqual(count(text), { encoding, parts, units, lengths });
  });
}

test("what makes a text dear is named whole", () => {
  assert.equal(dear("I am here. 👨‍👩‍👧‍👦 ok"), "👨‍👩‍👧‍👦");
  assert.equal(dear("It’s fine"), "’");
  assert.equal(dear("line\r\nline {~}"), "");
});

test("a text over the provider's limit costs the sum of its parts", () => {
  const sentence = "I have read all that you wrote, and I am glad that you told me. ";
  assert.equal(split(sentence.repeat(30)).length, 2);
  assert.deepEqual(cost(sentence.repeat(30)), { texts: 11 + 3, messages: 2 });
  assert.deepEqual(cost("Hello"), { texts: 1, messages: 1 });
});
