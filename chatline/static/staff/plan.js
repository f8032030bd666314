// @ts-check
/** The safety plan: kept whenever a part of it is left, previewed, and sent as one message. */
import { newKey } from "../chat-core.js";
import { set, tell, tellIfKnown } from "./dom.js";
import { compose, libraryOf } from "./library.js";
import { timeOfDay } from "./times.js";

const MOST = 2_000;
const OVERDUE = 10_000;

/** @typedef {import("./pane-types.js").Pane} Pane */

export class Plan {
  /** @param {Pane} pane @param {import("./dom.js").Parts} parts */
  constructor(pane, parts) {
    this.pane = pane;
    this.parts = parts;
    /** @type {HTMLTextAreaElement[]} in the order in which they are said */
    this.fields = [...parts["plan-form"].querySelectorAll("textarea")];
    /** @type {Record<string, string>} as the line has it */
    this.known = this.written();
    this.asked = 0;
    /** @type {string|null} of the message that it is becoming */
    this.key = null;
    this.refused = "";
    parts["plan-form"].addEventListener("submit", (/** @type {Event} */ event) => this.preview(event));
    parts["plan-form"].addEventListener("change", () => this.keep());
    parts["plan-send"].addEventListener("click", () => this.send());
    parts["plan-change"].addEventListener("click", () => this.change());
  }

  /** @returns {Record<string, string>} */
  written() {
    return Object.fromEntries(this.fields.map(({ name, value }) => [name, value]));
  }

  get differs() {
    return this.fields.some(({ name, value }) => value !== this.known[name]);
  }

  keep() {
    const { core, id } = this.pane;
    if (core.send({ type: "plan", conversation: id, parts: this.written() })) this.asked = Date.now();
  }

  async preview(/** @type {Event} */ event) {
    event.preventDefault();
    const { state } = this.pane;
    const library = await libraryOf(state.line_slug);
    this.refused = library ? "" : tell("no-library");
    const text = library ? compose(this.written(), library.plan, state.language) : "";
    if (library && !text) this.refused = tell("plan-empty");
    const over = [...text].length - MOST;
    if (over > 0) this.refused = tell("over", { n: over });
    if (!this.refused) this.ask(text);
    this.pane.show();
  }

  ask(/** @type {string} */ text) {
    const { parts } = this;
    set(parts["plan-words"], text);
    parts["plan-form"].hidden = true;
    parts["plan-seen"].hidden = false;
    parts["plan-send"].focus();
  }

  send() {
    this.key ??= newKey();
    this.refused = "";
    const { core, id } = this.pane;
    const sent = core.send({ type: "plan", conversation: id, parts: this.written(), key: this.key });
    this.asked = sent ? Date.now() : 0;
    this.pane.show();
  }

  change() {
    this.key = null;
    this.close();
    this.fields[0].focus();
  }

  close() {
    this.parts["plan-seen"].hidden = true;
    this.parts["plan-form"].hidden = false;
  }

  /** The line does not take it. */
  refuse(/** @type {any} */ { key, code, detail }) {
    if (key !== this.key) return;
    this.key = null;
    this.refused = tellIfKnown(`error.${code}`) ?? detail;
  }

  /** @param {import("./beside.js").Guide|null} guide */
  show(guide) {
    this.take(guide?.plan ?? {});
    const { core, messages } = this.pane;
    const late = core.link.live && Date.now() - this.asked > OVERDUE;
    if (this.key && messages.some(({ key }) => key === this.key)) this.sent();
    else if (this.key && late) this.send();
    else if (this.differs && late && !this.fields.some((field) => field === document.activeElement)) this.keep();
    this.parts["plan-send"].disabled = Boolean(this.key);
    set(this.parts["plan-state"], this.words(guide));
  }

  sent() {
    this.key = null;
    const within = this.parts["plan-seen"].contains(document.activeElement);
    this.close();
    if (within) this.parts["plan-preview"].focus();
    this.pane.say(tell("plan-said"));
  }

  /** What the line has goes into the boxes, but not over what is being written. */
  take(/** @type {Record<string, string>} */ plan) {
    for (const field of this.fields) {
      const told = plan[field.name] ?? "";
      if (field.value === this.known[field.name] && field.value !== told) field.value = told;
      this.known[field.name] = told;
    }
  }

  /** @param {import("./beside.js").Guide|null} guide */
  words(guide) {
    if (this.refused) return this.refused;
    if (this.key) return tell("plan-sending");
    if (this.differs) return tell("plan-not-kept");
    const sent = guide?.plan_sent && this.pane.messages.find(({ seq }) => seq === guide.plan_sent);
    return sent ? tell("plan-sent", { time: timeOfDay(sent.at) }) : guide?.plan ? tell("plan-kept") : "";
  }
}
