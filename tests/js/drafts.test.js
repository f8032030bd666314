// @ts-check
/** Drafts outlive a reload, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../chatline/static/staff/drafts.js";

class Tab {
  /** @type {Map<string, string>} */
  kept = new Map();
  getItem = (/** @type {string} */ name) => this.kept.get(name) ?? null;
  setItem = (/** @type {string} */ name, /** @type {string} */ value) => void this.kept.set(name, value);
  removeItem = (/** @type {string} */ name) => void this.kept.delete(name);
}
const drafts = (/** @type {any} */ tab, who = "sam") => new Drafts(tab, who);

test("what was written comes back after a reload, and is out of the tab's storage then", () => {
  const tab = new Tab();
  drafts(tab).putIn([["heron", "I am h"], ["lark", " "]]);
  const after = drafts(tab);
  assert.equal(tab.kept.size, 0);
  assert.equal(after.of("heron"), "I am h");
  assert.equal(after.of("heron"), "");
});

test("a reload before the line has answered loses nothing", () => {
  const tab = new Tab();
  drafts(tab).putIn([["heron", "I am h"]]);
  drafts(tab).putIn([]);
  assert.equal(drafts(tab).of("heron"), "I am h");
});

test("the next person at this computer gets none of them, and neither does who holds nobody any more", () => {
  const tab = new Tab();
  drafts(tab).putIn([["heron", "I am h"]]);
  assert.equal(drafts(tab, "robin").of("heron"), "");
  drafts(tab).putIn([["heron", "I am h"]]);
  const after = drafts(tab);
  after.only(new Set(["lark"]));
  assert.equal(after.of("heron"), "");
});

test("nothing stays once somebody looks again, or has signed out", () => {
  const tab = new Tab();
  const page = drafts(tab);
  page.putIn([["heron", "I am h"]]);
  page.forget();
  assert.equal(tab.kept.size, 0);
  page.putIn([["heron", "I am h"]]);
  page.end();
  page.putIn([["heron", "I am h"]]);
  assert.equal(tab.kept.size, 0);
});

test("a browser that stores nothing, or something broken, does not stop the page", () => {
  const broken = new Tab();
  broken.kept.set("chatline.drafts", "{");
  assert.equal(drafts(broken).of("heron"), "");
  const refuses = () => assert.fail("refused");
  const page = drafts({ getItem: refuses, setItem: refuses, removeItem: refuses });
  page.putIn([["heron", "I am h"]]);
  assert.equal(page.of("heron"), "");
});
