// @ts-check
/** Where a text that is too long for the provider is cut: the rule of `chatline/conversations/parts.py`. No DOM. */
import { count, graphemes } from "./segments.js";

/** UTF-16 units in one text. */
const MOST = 1_600;

const BLANKS = new Set([" ", "\t", "\r", "\n", "\r\n"]);
const LINE_ENDS = new Set(["\r", "\n", "\r\n"]);
const STOPS = new Set(".!?…؟۔।");
const WIDE_STOPS = new Set("。！？");
const CLOSERS = new Set("\"'”’»)]");

/** @typedef {(pieces: string[], place: number) => boolean} Ends */
/** @type {Ends[]} the best place first */
const ENDS = [sentenceEnds, (pieces, place) => LINE_ENDS.has(pieces[place]), (pieces, place) => BLANKS.has(pieces[place])];

/** @returns {string[]} the parts in which the text is sent, each a message of its own on the phone */
export function split(/** @type {string} */ text, most = MOST) {
  if (text.length <= most) return [text];
  let rest = graphemes(text).flatMap((one) => (one.length > most ? [...one] : [one]));
  const parts = [];
  while ((rest = withoutBlanksBefore(rest)).length) {
    const cut = whereToCut(rest, most);
    const part = withoutBlanksAfter(rest.slice(0, cut)).join("");
    if (part) parts.push(part);
    rest = rest.slice(cut);
  }
  return parts;
}

/**
 * What it takes to send a text: `texts` as they are paid for, `messages` as they arrive.
 * @returns {{texts: number, messages: number}}
 */
export function cost(/** @type {string} */ text) {
  const parts = split(text);
  return { texts: parts.reduce((sum, part) => sum + count(part).parts, 0), messages: parts.length };
}

function whereToCut(/** @type {string[]} */ pieces, /** @type {number} */ most) {
  const half = howManyFit(pieces, Math.floor(most / 2));
  const fits = howManyFit(pieces, most);
  if (fits === pieces.length) return fits;
  for (const ends of ENDS) {
    for (let place = fits; place >= Math.max(half, 1); place--) if (ends(pieces, place)) return place;
  }
  return fits;
}

function howManyFit(/** @type {string[]} */ pieces, /** @type {number} */ most) {
  let used = 0;
  const over = pieces.findIndex((piece) => (used += piece.length) > most);
  return over < 0 ? pieces.length : over;
}

/** @type {Ends} */
function sentenceEnds(pieces, place) {
  let last = place - 1;
  while (last > 0 && CLOSERS.has(pieces[last])) last--;
  return WIDE_STOPS.has(pieces[last]) || (STOPS.has(pieces[last]) && BLANKS.has(pieces[place]));
}

function withoutBlanksBefore(/** @type {string[]} */ pieces) {
  const start = pieces.findIndex((piece) => !BLANKS.has(piece));
  return start < 0 ? [] : pieces.slice(start);
}

function withoutBlanksAfter(/** @type {string[]} */ pieces) {
  return pieces.slice(0, pieces.findLastIndex((piece) => !BLANKS.has(piece)) + 1);
}
