// @ts-check
/** Volunteers who ask a supervisor, abusive contacts that were given up, and people who are not answered for a while. */
import { KeyedList, byId, clone, set, setLevel, setOrHide, tell } from "../staff/dom.js";
import { age, dayAndTime, minutesSince } from "../staff/times.js";

export class Helps {
  /** @param {{ask: (frame: object) => void, watch: (id: string) => void}} given */
  constructor({ ask, watch }) {
    this.helps = new KeyedList(byId("helps"), {
      id: (/** @type {any} */ help) => help.id,
      make: (help) => makeHelp(help, ask, watch),
      fill: fillHelp,
    });
    this.barred = new KeyedList(byId("barred"), {
      id: (/** @type {any} */ block) => String(block.id),
      make: (block) => makeBarred(block, ask),
      fill: fillBarred,
    });
  }

  /** @param {{helps?: any[], barred?: any[]}} known */
  show({ helps = [], barred = [] }) {
    byId("asking").hidden = !helps.length;
    this.helps.show(helps);
    byId("blocks").hidden = !barred.length;
    this.barred.show(barred);
  }
}

/** @param {any} help @param {(frame: object) => void} ask @param {(id: string) => void} watch */
function makeHelp(help, ask, watch) {
  const { node, parts } = clone("help-card");
  parts.come.addEventListener("click", () => {
    ask({ type: "answer_help", help: help.id });
    watch(help.conversation);
  });
  parts.watch.addEventListener("click", () => watch(help.conversation));
  parts.over.addEventListener("click", () => ask({ type: "answer_help", help: help.id, over: true }));
  parts.bar.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const hours = Number(parts.hours.value);
    ask({ type: "bar", conversation: help.conversation, hours, reason: parts.because.value });
  });
  return { node, parts };
}

function fillHelp(/** @type {any} */ parts, /** @type {any} */ help) {
  set(parts.handle, help.handle);
  setLevel(parts.level, help.level);
  set(parts.age, minutesSince(help.asked_at) < 1 ? tell("asked-now") : tell("asked", { age: age(help.asked_at) }));
  set(parts.kind, tell(`help.${help.kind}`, { name: help.asked_by }));
  setOrHide(parts.note, help.note && tell("help-note", { note: help.note }));
  setOrHide(parts.answered, help.answered_by && tell("comes", { name: help.answered_by }));
  parts.come.hidden = Boolean(help.answered_by);
  parts.bar.hidden = help.kind !== "abuse";
}

/** @param {any} block @param {(frame: object) => void} ask */
function makeBarred(block, ask) {
  const { node, parts } = clone("barred-card");
  parts.stands.addEventListener("click", () => ask({ type: "review_block", block: block.id }));
  parts.lift.addEventListener("click", () => ask({ type: "review_block", block: block.id, lift: true }));
  return { node, parts };
}

function fillBarred(/** @type {any} */ parts, /** @type {any} */ block) {
  set(parts.handle, block.handle);
  const reason = tell(`bar.${block.reason}`);
  set(parts.why, tell("barred", { reason, name: block.by, until: dayAndTime(block.expires_at) }));
  parts.stands.hidden = Boolean(block.reviewed_by);
}
