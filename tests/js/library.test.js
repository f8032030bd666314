// @ts-check
/** What is found in a line's library, and a plan as it is previewed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compose, inLanguage, matching } from "../../chatline/static/staff/library.js";

const item = (/** @type {string} */ title, /** @type {string} */ text, language = "en") => /** @type {any} */ ({ kind: "reply", title, text, language });
const titles = (/** @type {any[]} */ items) => items.map(({ title }) => title);
const ITEMS = [item("Night shelter", "Beds from six"), item("Refugio", "Camas según llegada", "es"), item("Cold water", "For the night")];

test("every word that is sought must be somewhere, whatever its case and accents", () => {
  assert.deepEqual(titles(matching(ITEMS, "NIGHT")), ["Night shelter", "Cold water"]);
  assert.deepEqual(titles(matching(ITEMS, "night beds")), ["Night shelter"]);
  assert.deepEqual(titles(matching(ITEMS, "segun")), ["Refugio"]);
  assert.deepEqual(titles(matching(ITEMS, "  ")), titles(ITEMS));
});

test("whoever speaks another language than the library has all of it", () => {
  assert.deepEqual(titles(inLanguage(ITEMS, "es-MX")), ["Refugio"]);
  assert.deepEqual(titles(inLanguage(ITEMS, "ar")), titles(ITEMS));
});

test("a plan leaves out what nobody wrote", () => {
  const plan = { en: { title: "The plan:", signs: "Signs", coping: "Coping" }, es: { title: "El plan:", signs: "Señales", coping: "Ayuda" } };
  assert.equal(compose({ signs: " I hide ", coping: "" }, plan, "en"), "The plan:\nSigns: I hide");
  assert.equal(compose({ signs: "", coping: "andar" }, plan, "es-AR"), "El plan:\nAyuda: andar");
  assert.equal(compose({ signs: " ", coping: "" }, plan, "en"), "");
});
