// @ts-check
/** Whose turn it is, and who came back after a silence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentFor, urgency, waitsSince } from "../../chatline/static/staff/turn.js";

const START = Date.parse("2026-11-24T20:00:00Z");
/** "v" the visitor, "s" staff, "l" the line; with minutes after the start. */
const said = (/** @type {[string, number][]} */ ...all) =>
  all.map(([from, minutes]) => ({
    from: { v: "visitor", s: "volunteer", l: "line" }[from] ?? "",
    at: new Date(START + minutes * 60_000).toISOString(),
  }));
const after = (/** @type {number|null} */ since) => since && (since - START) / 60_000;

test("the time counts from their last message, not from their first", () => {
  assert.equal(after(waitsSince(said(["s", 0], ["v", 1], ["v", 3]), null)), 3);
});

test("whoever was answered waits for nothing, and what the line says by itself is no answer", () => {
  assert.equal(waitsSince(said(["v", 0], ["s", 1]), null), null);
  assert.equal(after(waitsSince(said(["v", 1], ["l", 2]), null)), 1);
  assert.equal(waitsSince([], null), null);
});

test("nobody is late with what was said before they had the conversation", () => {
  const taken = new Date(START + 9 * 60_000).toISOString();
  assert.equal(after(waitsSince(said(["v", 0]), taken)), 9);
});

test("an answer is due calmly for 90 s, soon until 180 s, and overdue from then", () => {
  const at = (/** @type {number} */ seconds) => urgency(START, START + seconds * 1_000);
  assert.deepEqual([0, 89.9, 90, 179.9, 180, 9_999].map(at), ["calm", "calm", "soon", "soon", "overdue", "overdue"]);
  assert.equal(urgency(null, START), "");
});

test("whoever comes back after half an hour has been silent, until they are answered", () => {
  assert.equal(silentFor(said(["v", 0], ["s", 1], ["v", 31])), 30);
  assert.equal(silentFor(said(["v", 0], ["s", 1], ["v", 46], ["v", 47])), 45);
  assert.equal(silentFor(said(["v", 0], ["s", 1], ["v", 46], ["s", 47])), 0);
  assert.equal(silentFor(said(["v", 0], ["v", 40])), 40);
});

test("nobody was silent in 29 minutes, before their first word, or while only the line spoke", () => {
  assert.equal(silentFor(said(["v", 0], ["s", 1], ["v", 30])), 0);
  assert.equal(silentFor(said(["v", 90])), 0);
  assert.equal(silentFor(said(["s", 0], ["v", 20], ["l", 60])), 0);
});
