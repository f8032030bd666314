// @ts-check
/**
 * The four questions about suicide. What is chosen is recorded once the choice rests, or the question is left: whoever
 * goes through the answers with arrow keys passes some that they do not mean, and four times yes calls a supervisor.
 */
import { set, tell } from "./dom.js";
import { timeOfDay } from "./times.js";

const RESTS = 1_200;
const OVERDUE = 10_000;

/** @typedef {import("./pane-types.js").Pane} Pane */

export class Questions {
  /** @param {Pane} pane @param {HTMLFormElement} form */
  constructor(pane, form) {
    this.pane = pane;
    /** @type {HTMLFieldSetElement[]} */
    this.asked = [...form.querySelectorAll("fieldset")];
    /** @type {Map<string, {reply: string, sent: number, timer: any}>} chosen here, and not yet told by the line */
    this.chosen = new Map();
    for (const one of this.asked) {
      for (const radio of one.querySelectorAll("input")) radio.name = `${one.name}-${pane.id}`;
      one.addEventListener("change", (event) => this.choose(one.name, /** @type {HTMLInputElement} */ (event.target).value));
      one.addEventListener("focusout", (event) => one.contains(/** @type {Node} */ (event.relatedTarget)) || this.record(one.name));
    }
  }

  choose(/** @type {string} */ question, /** @type {string} */ reply) {
    clearTimeout(this.chosen.get(question)?.timer);
    this.chosen.set(question, { reply, sent: 0, timer: setTimeout(() => this.record(question), RESTS) });
    this.pane.show();
  }

  /** Sends it; what may have been lost on the way is sent again. */
  record(/** @type {string} */ question) {
    const one = this.chosen.get(question);
    if (!one || Date.now() - one.sent < OVERDUE) return;
    clearTimeout(one.timer);
    one.timer = null;
    const { core, id } = this.pane;
    if (core.send({ type: "answer", conversation: id, question, reply: one.reply })) one.sent = Date.now();
  }

  /** Whatever is chosen is recorded now. */
  flush() {
    for (const question of this.chosen.keys()) this.record(question);
  }

  /** @param {import("./beside.js").Answered[]} answers */
  show(answers) {
    for (const fieldset of this.asked) {
      const told = answers.find(({ question }) => question === fieldset.name);
      const mine = this.chosen.get(fieldset.name);
      if (mine && told?.reply === mine.reply && mine.sent) this.chosen.delete(fieldset.name);
      else if (mine && !mine.timer) this.record(fieldset.name);
      const reply = this.chosen.get(fieldset.name)?.reply ?? told?.reply;
      for (const radio of fieldset.querySelectorAll("input")) radio.checked = radio.value === reply;
      set(/** @type {HTMLElement} */ (fieldset.querySelector("[data-recorded]")), this.words(fieldset.name, told));
    }
  }

  /** @param {string} question @param {import("./beside.js").Answered|undefined} told */
  words(question, told) {
    if (this.chosen.has(question)) return tell(this.pane.core.link.live ? "recording" : "record-later");
    return told ? tell("recorded", { name: told.name, time: timeOfDay(told.at) }) : "";
  }
}
