// @ts-check
/** What stands beside the talk, for reading: notes and whispers, what was answered about suicide, the plan, and what was agreed last time. */
import { KeyedList, make, set, tell } from "../staff/dom.js";
import { dayOf, timeOfDay } from "../staff/times.js";

const PLAN = ["signs", "coping", "places", "people", "lines", "safer"];

export class Beside {
  /** @param {any} parts those of a view */
  constructor(parts) {
    this.parts = parts;
    /** @type {Map<number, any>} */
    this.notes = new Map();
    /** @type {any} the last `guide` frame */
    this.guide = null;
    this.list = new KeyedList(parts.notes, {
      id: (/** @type {any} */ note) => String(note.id),
      make: makeNote,
      fill: fillNote,
    });
  }

  show() {
    const notes = [...this.notes.values()].sort((a, b) => a.id - b.id);
    const answers = this.guide?.answers ?? [];
    const { plan, last_time: last } = this.guide ?? {};
    const n = notes.length + answers.length + (plan ? 1 : 0) + (last ? 1 : 0);
    this.parts.beside.hidden = !n;
    set(this.parts["beside-title"], tell("beside", { n }));
    this.list.show(notes);
    fillPairs(this.parts.last, last ? [[tell("last-time", { name: last.name, day: dayOf(last.at) }), last.text]] : []);
    fillPairs(this.parts.answers, answers.map((/** @type {any} */ one) => [tell(`question.${one.question}`), tell("answer", { reply: tell(`reply.${one.reply}`), name: one.name })]));
    fillPairs(this.parts.plan, PLAN.filter((part) => plan?.[part]).map((part) => [tell(`plan.${part}`), plan[part]]));
  }
}

function makeNote() {
  const node = make("li");
  const parts = { who: make("p", "quiet"), text: make("p", "words") };
  parts.text.dir = "auto";
  node.append(parts.who, parts.text);
  return { node, parts };
}

function fillNote(/** @type {any} */ parts, /** @type {any} */ note, /** @type {HTMLElement} */ node) {
  node.className = `is-${note.kind}`;
  set(parts.who, `${tell(`note.${note.kind}`, { name: note.name })}, ${timeOfDay(note.at)}`);
  set(parts.text, note.text || tell("blank"));
}

/** @param {HTMLElement} list @param {[string, string][]} pairs */
export function fillPairs(list, pairs) {
  const seen = JSON.stringify(pairs);
  if (list.dataset.seen === seen) return;
  list.dataset.seen = seen;
  list.hidden = !pairs.length;
  list.replaceChildren(
    ...pairs.flatMap(([name, words]) => {
      const value = make("dd", "", words);
      value.dir = "auto";
      return [make("dt", "", name), value];
    }),
  );
}
