// @ts-check
/** What was done when a life was in danger: written down beside its conversation, and signed by a second person. */
import { KeyedList, byId, clone, set, tell } from "../staff/dom.js";
import { newUuid } from "../staff/ids.js";
import { age, dayAndTime } from "../staff/times.js";
import { fillPairs } from "./beside.js";

const WORDS = ["tried", "agency", "call_taker", "reference"];
const TIMES = ["called_at", "reached_at"];

export class Emergencies {
  /** @param {{me: string, ask: (frame: object) => boolean, say: (words: string) => void, watch: (id: string, emergency: boolean) => void}} given */
  constructor({ me, ask, say, watch }) {
    this.me = me;
    this.ask = ask;
    this.say = say;
    /** @type {any[]} those that nobody has signed */
    this.known = [];
    /** @type {{id: string, words: any, done: () => void}|null} what was sent, until it is seen to be kept */
    this.sent = null;
    this.list = new KeyedList(byId("emergencies"), {
      id: (/** @type {any} */ told) => told.id,
      make: (told) => this.makeCard(told, watch),
      fill: (parts, told) => this.fillCard(parts, told),
    });
  }

  show(/** @type {any[]} */ known) {
    this.known = known;
    byId("unsigned").hidden = !known.length;
    this.list.show(known);
    const { sent } = this;
    if (!sent || !known.some((told) => told.id === sent.id && isAs(told, sent.words))) return;
    this.sent = null;
    this.say(tell("saved"));
    sent.done();
  }

  /** @param {any} told @param {(id: string, emergency: boolean) => void} watch */
  makeCard(told, watch) {
    const { node, parts } = clone("emergency-card");
    parts.sign.addEventListener("click", () => this.ask({ type: "sign", emergency: told.id }));
    parts.change.addEventListener("click", () => watch(told.conversation, true));
    return { node, parts };
  }

  fillCard(/** @type {any} */ parts, /** @type {any} */ told) {
    const mine = told.by_id === this.me;
    set(parts.handle, told.handle);
    set(parts.age, age(told.at));
    set(parts.by, tell("written", { name: told.by }));
    parts.mine.hidden = !mine;
    parts.sign.hidden = mine;
    fillPairs(parts.facts, facts(told));
  }

  /**
   * The form, open in `slot`, with what is written already; `close` is called when it is done with.
   * @param {HTMLElement} slot @param {string} conversation @param {() => void} close
   */
  open(slot, conversation, close) {
    if (slot.firstChild) return;
    const told = this.known.find((one) => one.conversation === conversation);
    const { node, parts } = clone("emergency-form");
    const id = told?.id ?? newUuid();
    if (told) fillForm(parts, told);
    parts["called-now"].addEventListener("click", () => (parts.called_at.value = localTime(new Date())));
    parts["reached-now"].addEventListener("click", () => (parts.reached_at.value = localTime(new Date())));
    parts.not.addEventListener("click", close);
    node.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      // What was written stays in the form until it is seen to be kept: the connection may be down, or it is refused.
      const words = written(parts);
      if (this.ask({ type: "emergency", id, conversation, ...words })) this.sent = { id, words, done: close };
    });
    slot.append(node);
    parts.tried.focus();
  }
}

/** @param {any} parts @param {any} told */
function fillForm(parts, told) {
  for (const name of [...WORDS, "consent", "outcome"]) parts[name].value = told[name];
  for (const name of TIMES) parts[name].value = told[name] ? localTime(new Date(told[name])) : "";
}

function written(/** @type {any} */ parts) {
  const words = WORDS.map((name) => [name, parts[name].value.trim()]);
  const times = TIMES.map((name) => [name, parts[name].value ? new Date(parts[name].value).toISOString() : null]);
  return { consent: parts.consent.value, outcome: parts.outcome.value, ...Object.fromEntries([...words, ...times]) };
}

/** Whether this is kept as it was written. @param {any} told @param {any} words */
function isAs(told, words) {
  return [...WORDS, "consent", "outcome"].every((name) => told[name] === words[name]);
}

/** As a `datetime-local` box writes it: on this device's own clock, to the minute. */
export function localTime(/** @type {Date} */ at) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** @param {any} told @returns {[string, string][]} */
function facts(told) {
  /** @type {[string, string][]} */
  const all = [
    ["consent", tell(`consent.${told.consent}`)],
    ...WORDS.map((name) => /** @type {[string, string]} */ ([name, told[name]])),
    ...TIMES.map((name) => /** @type {[string, string]} */ ([name, told[name] && dayAndTime(told[name])])),
    ["outcome", tell(`outcome.${told.outcome}`)],
  ];
  return all.filter(([, value]) => value).map(([name, value]) => [tell(name), value]);
}
