// @ts-check
/** Which keys do what, and how they are changed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SHORTCUTS, Shortcuts, pressed, written } from "../../chatline/static/staff/shortcuts.js";

/** A press such as "Alt+KeyN", typing `key`. */
const press = (/** @type {string} */ keys, key = "", graph = false) => {
  const [code, ...held] = keys.split("+").reverse();
  const has = (/** @type {string} */ one) => held.includes(one);
  return {
    code, key, ctrlKey: has("Ctrl"), altKey: has("Alt"), shiftKey: has("Shift"), metaKey: has("Meta"),
    getModifierState: () => graph,
  };
};

test("there are ten, all with a modifier but the sheet's, and none of them ends anything", () => {
  const { sheet, ...others } = SHORTCUTS;
  assert.equal(Object.keys(SHORTCUTS).length, 10);
  assert.equal(sheet, "?");
  for (const keys of Object.values(others)) assert.match(keys, /^(Alt|Ctrl)\+/);
  for (const name of Object.keys(SHORTCUTS)) assert.doesNotMatch(name, /close|release|leave/);
});

test("each is found by its keys, wherever the letter is", () => {
  const shortcuts = new Shortcuts();
  assert.deepEqual(shortcuts.find(press("Alt+KeyN", "˜"), true), { name: "take", digit: 0 });
  assert.deepEqual(shortcuts.find(press("Alt+Shift+Digit3", "·"), true), { name: "go", digit: 3 });
  for (const keys of ["KeyN", "Alt+Shift+KeyN", "Ctrl+Alt+KeyN", "Alt+Digit1", "Alt+Shift+Digit5"]) {
    assert.equal(shortcuts.find(press(keys, "n"), false), null, keys);
  }
});

test("what types a third character is left alone", () => {
  assert.equal(pressed(press("Alt+KeyN", "ñ", true)), "");
  assert.equal(new Shortcuts().find(press("Alt+KeyN", "ñ", true), true), null);
});

test("the question mark opens the sheet on any board, but never where somebody writes", () => {
  const shortcuts = new Shortcuts();
  assert.equal(shortcuts.find(press("Shift+Minus", "?"), false)?.name, "sheet");
  assert.equal(shortcuts.find(press("Shift+Slash", "?"), true), null);
});

test("one is given other keys, which then mean it, and the old ones nothing", () => {
  const shortcuts = new Shortcuts();
  assert.equal(shortcuts.bind("take", "Ctrl+Alt+KeyT"), "");
  assert.equal(shortcuts.find(press("Ctrl+Alt+KeyT"), true)?.name, "take");
  assert.equal(shortcuts.find(press("Alt+KeyN"), true), null);
  assert.deepEqual(new Shortcuts(shortcuts.changed).keys, shortcuts.keys);
  assert.deepEqual(Object.keys(shortcuts.changed), ["take"]);
});

test("the digits of going to somebody move together", () => {
  const shortcuts = new Shortcuts();
  assert.equal(shortcuts.bind("go", "Ctrl+Alt+Digit4"), "");
  assert.deepEqual(shortcuts.find(press("Ctrl+Alt+Digit2"), true), { name: "go", digit: 2 });
});

test("keys that would be pressed by accident or mean something else are refused", () => {
  const shortcuts = new Shortcuts();
  /** @type {[import("../../chatline/static/staff/shortcuts.js").Name, string, string][]} */
  const cases = [
    ["take", "KeyN", "plain"], ["take", "Shift+KeyN", "plain"], ["take", "Alt+AltLeft", "alone"], ["take", "", "alone"],
    ["take", "Ctrl+KeyC", "browser"], ["take", "Meta+KeyW", "browser"], ["take", "Alt+KeyJ", "next"],
    ["take", "Alt+Shift+Digit2", "go"], ["go", "Alt+KeyX", "digit"], ["sheet", "Shift+Slash", "plain"], ["take", "Alt+Tab", "alone"],
  ];
  for (const [name, keys, fault] of cases) assert.equal(shortcuts.bind(name, keys), fault, `${name} ${keys}`);
  assert.deepEqual(shortcuts.keys, SHORTCUTS);
});

test("what was kept by an older page, or by somebody's hand, does no harm", () => {
  assert.deepEqual(new Shortcuts({ take: "KeyN", nothing: "Alt+KeyX" }).keys, SHORTCUTS);
});

test("they are written for people", () => {
  assert.equal(written("Alt+Shift+Digit1"), "Alt + Shift + 1");
  assert.equal(written("Alt+KeyN", true), "Option + N");
  assert.equal(written("?"), "?");
});
