// @ts-check
/** How many parts a text is sent and paid in: the count of `chatline/conversations/segments.py`, where the sources are. No DOM. */
import table from "./alphabet.js";

/** @typedef {{encoding: "GSM-7"|"UCS-2", parts: number, units: number, lengths: number[]}} Segments */
/** @typedef {{cost: number, length: number}} Piece what may not be cut */

const septets = new Map([
  ...[...table.basic].map((char) => /** @type {[string, number]} */ ([char, 1])),
  ...[...table.extension].map((char) => /** @type {[string, number]} */ ([char, 2])),
]);
const fullWidth = Array.from({ length: 0x5e }, (_, place) => /** @type {[string, string]} */ (
  [String.fromCodePoint(0xff01 + place), String.fromCodePoint(0x21 + place)]
));
const alike = new Map([
  ...fullWidth,
  ...Object.entries(table.alike).flatMap(([to, chars]) => [...chars].map((char) => /** @type {[string, string]} */ ([char, to]))),
]);

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("und", { granularity: "grapheme" }) : null;

/** What a reader sees as one character; a browser that cannot tell gives characters. @returns {string[]} */
export function graphemes(/** @type {string} */ text) {
  return segmenter ? Array.from(segmenter.segment(text), ({ segment }) => segment) : [...text];
}

/** @returns {Segments} */
export function count(/** @type {string} */ text) {
  const chars = [...text];
  if (chars.every((char) => septets.has(char))) {
    return fill("GSM-7", chars.map((char) => ({ cost: septets.get(char) ?? 1, length: 1 })), 160, 153);
  }
  const pieces = graphemes(text).flatMap((one) => (one === "\r\n" ? [...one] : [one]));
  return fill("UCS-2", pieces.map(({ length }) => ({ cost: length, length })), 70, 67);
}

/** The same words in characters that are likely to be in the cheap alphabet. It may be longer than before. */
export function plain(/** @type {string} */ text) {
  return [...text.normalize("NFC")].map((char) => alike.get(char) ?? char).join("");
}

/** The first thing that makes a text dear, or "" if nothing does. */
export function dear(/** @type {string} */ text) {
  return graphemes(text).find((one) => [...one].some((char) => !septets.has(char))) ?? "";
}

/** @param {Segments["encoding"]} encoding @param {Piece[]} pieces @param {number} single @param {number} part @returns {Segments} */
function fill(encoding, pieces, single, part) {
  const units = pieces.reduce((sum, { cost }) => sum + cost, 0);
  if (units <= single) return { encoding, parts: 1, units, lengths: [pieces.reduce((sum, { length }) => sum + length, 0)] };
  const lengths = [0];
  let used = 0;
  for (const { cost, length } of pieces) {
    if (used + cost > part) {
      lengths.push(0);
      used = 0;
    }
    used += cost;
    lengths[lengths.length - 1] += length;
  }
  return { encoding, parts: lengths.length, units, lengths };
}
