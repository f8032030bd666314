// @ts-check
/** What a page proves when very many come at once. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { prove, sha256 } from "../../chatline/static/proof.js";
import { FakeClock } from "./fakes.js";

const digest = (/** @type {string} */ text) => createHash("sha256").update(text).digest();

test("our SHA-256 is everybody's, whatever the length", () => {
  for (let length = 0; length < 200; length++) {
    const text = "a:7".repeat(80).slice(0, length);
    const ours = Buffer.alloc(32);
    sha256(text).forEach((word, i) => ours.writeInt32BE(word, i * 4));
    assert.deepEqual(ours, digest(text));
  }
});

test("the answer that is found has the zeros that were asked for", () => {
  const clock = new FakeClock();
  let answer = "";
  prove("10:a-tab", clock, (found) => (answer = found));
  clock.pass(60_000);
  assert.equal(digest(`10:a-tab:${answer}`).readUInt32BE() >>> 22, 0);
});
