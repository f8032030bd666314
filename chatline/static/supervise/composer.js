// @ts-check
/** The box in which a supervisor writes to the person: counted, told what it costs, seen to be typed in. */
import { Typist, browserClock } from "../chat-core.js";
import { Cost } from "../staff/cost.js";
import { set, tell } from "../staff/dom.js";

const MOST = 2_000;
const COUNT_FROM = 1_800;

export class Composer {
  /** @param {any} parts those of a view @param {{isText: () => boolean, say: (text: string) => void, typing: (on: boolean) => void}} given */
  constructor(parts, { isText, say, typing }) {
    this.parts = parts;
    this.isText = isText;
    this.say = say;
    this.cost = new Cost(parts);
    this.typist = new Typist({ clock: browserClock, send: typing });
    parts.reply.addEventListener("submit", (/** @type {Event} */ event) => this.send(event));
    parts.text.addEventListener("input", () => this.typed());
    parts.text.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
    });
  }

  get length() {
    return [...this.parts.text.value.trim()].length;
  }

  typed() {
    const over = this.length - MOST;
    set(this.parts["left-count"], over > 0 ? tell("over", { n: over }) : over > COUNT_FROM - MOST ? tell("left", { n: -over }) : "");
    this.cost.show(this.isText());
    if (this.length) this.typist.touch();
  }

  send(/** @type {Event} */ event) {
    event.preventDefault();
    const text = this.parts.text.value.trim();
    if (!text || this.length > MOST) return;
    this.parts.text.value = "";
    this.typist.done();
    this.say(text);
    set(this.parts["left-count"], "");
    this.cost.show(this.isText());
  }

  /** What was refused stands in the box again. */
  putBack(/** @type {string} */ words) {
    const { text } = this.parts;
    text.value = [words, text.value].filter(Boolean).join("\n");
    text.focus();
    this.typed();
  }
}
