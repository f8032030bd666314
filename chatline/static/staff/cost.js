// @ts-check
/** What a text will cost, told under the box where it is written, and the offer to say it in plain characters. */
import { replace } from "./box.js";
import { set, setOrHide, tell } from "./dom.js";
import { cost } from "./parts.js";
import { dear, plain } from "./segments.js";

/** A screen reader is told once nothing was typed for so long. */
const CALM = 1_500;

export class Cost {
  /** @param {{text: HTMLTextAreaElement, cost: HTMLElement, plain: HTMLButtonElement, "cost-told": HTMLElement}} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {any} */
    this.telling = null;
    parts.plain.addEventListener("click", () => becomePlain(parts.text));
  }

  /** `byText` is false for a web chat, which costs nothing. */
  show(/** @type {boolean} */ byText) {
    const text = byText ? this.parts.text.value.trim() : "";
    const words = text ? inWords(text) : "";
    const offer = text ? offered(text) : "";
    set(this.parts.cost, words);
    setOrHide(this.parts.plain, offer);
    clearTimeout(this.telling);
    // What costs one text as most do is not worth a word.
    const told = text && cost(text).texts > 1 ? `${words} ${offer}`.trim() : "";
    this.telling = setTimeout(() => set(this.parts["cost-told"], told), CALM);
  }
}

function inWords(/** @type {string} */ text) {
  const { texts, messages } = cost(text);
  const price = tell(texts === 1 ? "one-text" : "many-texts", { n: texts });
  return [price, texts > 1 && whyDear(text), messages > 1 && tell("apart", { n: messages })].filter(Boolean).join(" ");
}

/** What would have to go to make it cheaper: by name, unless plain characters can stand for all of it. */
function whyDear(/** @type {string} */ text) {
  const char = dear(plain(text));
  return char ? tell("dear-char", { char }) : dear(text) ? tell("dear-look") : "";
}

/** The words of the offer, or "" where it would not be cheaper. */
function offered(/** @type {string} */ text) {
  const now = cost(text).texts;
  const then = cost(plain(text).trim()).texts;
  return then < now ? tell(then === 1 ? "plain-one" : "plain-many", { n: then, now }) : "";
}

function becomePlain(/** @type {HTMLTextAreaElement} */ box) {
  const text = plain(box.value);
  const caret = plain(box.value.slice(0, box.selectionStart)).length;
  replace(box, text);
  box.setSelectionRange(caret, caret);
}
