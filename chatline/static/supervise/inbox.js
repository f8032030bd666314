// @ts-check
/** Every flag that is not resolved, worst and oldest first, until somebody has it; and what an operator has to mend. */
import { KeyedList, byId, clone, make, set, setLevel, setOrHide, tell, tellIfKnown } from "../staff/dom.js";
import { age, minutesSince } from "../staff/times.js";
import { showClimb } from "./climb.js";
import { Steady } from "./steady.js";

/** @typedef {{from: string, text: string}} Said */
/** @typedef {{label: string, quote: string}} Reason */

export class Inbox {
  /** @param {{ask: (frame: object) => void, watch: (id: string, emergency?: boolean) => void}} given */
  constructor({ ask, watch }) {
    this.steady = new Steady(byId("flags"), (/** @type {any} */ flag) => flag.id);
    this.flags = new KeyedList(byId("flags"), {
      id: (/** @type {any} */ flag) => flag.id,
      make: (flag) => makeFlag(flag, ask, watch),
      fill: fillFlag,
    });
    this.alarms = new KeyedList(byId("alarms"), {
      id: (/** @type {string} */ alarm) => alarm,
      make: (alarm) => ({ node: make("p", "alarm", tellIfKnown(`alarm.${alarm}`) ?? alarm), parts: {} }),
      fill: () => {},
    });
  }

  /** @param {{flags: any[], alarms: string[]}} known */
  show({ flags, alarms }) {
    this.flags.show(this.steady.keep(flags));
    this.alarms.show(alarms);
    byId("none").hidden = flags.length > 0;
  }
}

/** @param {any} flag @param {(frame: object) => void} ask @param {(id: string, emergency?: boolean) => void} watch */
function makeFlag(flag, ask, watch) {
  const { node, parts } = clone("flag-card");
  parts.acknowledge.addEventListener("click", () => ask({ type: "acknowledge", flag: flag.id }));
  parts.watch.addEventListener("click", () => watch(flag.conversation));
  parts.write.addEventListener("click", () => watch(flag.conversation, true));
  parts.outcome.addEventListener("change", () => {
    parts.reason.required = parts.outcome.value === "false_flag";
    parts.write.hidden = parts.outcome.value !== "emergency_action";
  });
  parts.resolve.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    ask({ type: "resolve", flag: flag.id, outcome: parts.outcome.value, reason: parts.reason.value.trim() });
  });
  return { node, parts };
}

function fillFlag(/** @type {any} */ parts, /** @type {any} */ flag, /** @type {HTMLElement} */ node) {
  const isOpen = flag.state === "open";
  const justNow = minutesSince(flag.raised_at) < 1;
  node.className = `flag card is-${flag.level} ${flag.state}${flag.drill ? " is-practice" : ""}`;
  node.dataset.flag = flag.id;
  setLevel(parts.level, flag.level);
  set(parts.handle, flag.handle);
  set(parts.medium, tell(flag.medium));
  set(parts.line, flag.line);
  set(parts.age, justNow ? tell("raised-now") : tell("raised", { age: age(flag.raised_at) }));
  set(parts.held, flag.held_by ? tell("held", { name: flag.held_by }) : tell("not-held"));
  parts.unreachable.hidden = flag.reachable;
  parts.drill.hidden = !flag.drill;
  const waited = justNow ? tell("unanswered-now") : tell("unanswered", { age: age(flag.raised_at) });
  setOrHide(parts.unanswered, isOpen ? waited : "");
  setOrHide(parts.answered, isOpen ? "" : tell("answered", { name: flag.acknowledged_by }));
  setOrHide(parts.note, flag.note ? tell("about-note", { name: flag.held_by || tell("volunteer"), note: flag.note }) : "");
  parts.acknowledge.hidden = !isOpen;
  parts.resolve.hidden = isOpen;
  showClimb(parts, flag);
  fillWords(parts, flag.reasons, flag.context ?? []);
}

/** Drawn anew only when it changed, so that a selection or a reading cursor in it stays.
 *  @param {any} parts @param {Reason[]} reasons @param {Said[]} context */
function fillWords(parts, reasons, context) {
  const seen = JSON.stringify([reasons, context]);
  if (parts.reasons.dataset.seen === seen) return;
  parts.reasons.dataset.seen = seen;
  const quotes = reasons.map(({ quote }) => quote).filter(Boolean);
  const said = context.map(({ text }) => text).join("\n");
  parts.reasons.replaceChildren(...reasons.map((reason) => reasonLine(reason, said)));
  parts.context.replaceChildren(...context.map((line) => contextLine(line, quotes)));
  parts.context.hidden = !context.length;
}

/** What is marked where it was said is not told twice. @param {Reason} reason @param {string} said */
function reasonLine({ label, quote }, said) {
  const line = make("li");
  line.append(make("span", "label", label));
  if (quote && !said.includes(quote)) line.append(" ", marked(quote));
  return line;
}

/** @param {Said} line @param {string[]} quotes */
function contextLine({ from, text }, quotes) {
  const line = make("li", `from-${from}`);
  const words = make("span", "words");
  words.dir = "auto";
  words.append(...withMarks(text, quotes));
  line.append(make("span", "who", tell(`said.${from}`)), " ", words);
  return line;
}

/** The text with its first of each quote marked. @param {string} text @param {string[]} quotes @returns {(Node|string)[]} */
export function withMarks(text, quotes) {
  const found = quotes
    .map((quote) => ({ quote, at: text.indexOf(quote) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at || b.quote.length - a.quote.length);
  /** @type {(Node|string)[]} */
  const parts = [];
  let done = 0;
  for (const { quote, at } of found) {
    if (at < done) continue;
    parts.push(text.slice(done, at), marked(quote));
    done = at + quote.length;
  }
  return [...parts, text.slice(done)];
}

function marked(/** @type {string} */ quote) {
  const mark = make("mark", "", quote);
  mark.dir = "auto";
  return mark;
}
