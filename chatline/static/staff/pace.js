// @ts-check
/** The times of one conversation: whose turn it is, for how long they have talked, and whether they come from a silence. */
import { set, setOrHide, tell } from "./dom.js";
import { age, lasted, minutesSince, now } from "./times.js";
import { silentFor, urgency, waitsSince } from "./turn.js";

/** @typedef {import("./turn.js").Said} Said */

/** How late an answer is; "" while none is owed, or none can reach them. */
export function turnOf(/** @type {any} */ state, /** @type {Said[]} */ messages) {
  if (!state || state.left || !state.reachable || state.closing_at) return "";
  return urgency(waitsSince(messages, state.taken_at), now());
}

/** The same in a word, with a shape and a colour of its own. */
export function setTurn(/** @type {HTMLElement} */ slot, /** @type {ReturnType<typeof turnOf>} */ turn) {
  slot.className = `turn ${turn}`;
  setOrHide(slot, turn && tell(`turn.${turn}`));
}

/** How long ago they wrote, in words. */
export function wrote(/** @type {string} */ at) {
  return minutesSince(at) < 1 ? tell("wrote-now") : tell("wrote", { age: age(at) });
}

/** For how many minutes they have been talking. */
const talked = (/** @type {any} */ state) => (state.taken_at ? minutesSince(state.taken_at) : 0);

export class Pace {
  /** @param {Record<string, any>} parts of the pane @param {(words: string) => void} write puts words into its box */
  constructor(parts, write) {
    this.parts = parts;
    /** @type {any} */
    this.state = null;
    /** @type {number|null} minutes of talking after which a break is named again */
    this.breakAt = null;
    parts["safe-ask"].addEventListener("click", () => write(tell(`safe-ask.${this.state.medium}`)));
    parts["break-later"].addEventListener("click", () => {
      this.breakAt = talked(this.state) + this.state.talk_minutes;
      this.showBreak(this.state);
      parts.text.focus();
    });
  }

  show(/** @type {any} */ state, /** @type {Said[]} */ messages) {
    this.state = state;
    setTurn(this.parts.turn, turnOf(state, messages));
    const minutes = talked(state);
    set(this.parts.length, minutes ? tell("with-you", { age: lasted(minutes) }) : "");
    this.showSilence(state, messages);
    this.showBreak(state);
  }

  /** Never beside the other question: first things first. */
  showBreak(/** @type {any} */ state) {
    const minutes = talked(state);
    const due = this.parts.safe.hidden && minutes > 0 && minutes >= (this.breakAt ?? state.talk_minutes);
    this.parts.break.hidden = !due;
    set(this.parts["break-words"], due ? tell("break", { age: lasted(minutes) }) : "");
  }

  showSilence(/** @type {any} */ state, /** @type {Said[]} */ messages) {
    const minutes = state.left ? 0 : silentFor(messages);
    this.parts.safe.hidden = !minutes;
    set(this.parts["safe-words"], minutes ? tell(`safe.${state.medium}`, { age: lasted(minutes) }) : "");
    set(this.parts["safe-ask"], tell(`safe-ask.${state.medium}`));
  }
}
