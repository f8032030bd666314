// @ts-check
/** Who waits, as the server ordered them: never words, never numbers. */
import { KeyedList, byId, clone, set, setLevel, setOrHide, tell } from "./dom.js";
import { howMany, queueInWords } from "./link.js";
import { age } from "./times.js";

/** More than a person can take in; the rest is told as a count. */
const SHOWN = 30;

export class QueueView {
  /** @param {(conversation: string) => void} onChoose takes this person, where the line lets volunteers choose */
  constructor(onChoose) {
    this.canTake = false;
    /** @type {any} the last `queue` frame */
    this.frame = null;
    this.list = new KeyedList(byId("queue"), {
      id: (/** @type {any} */ waiting) => waiting.conversation,
      make: (waiting) => makeWaiting(waiting.conversation, onChoose),
      fill: (parts, waiting) => this.fill(parts, waiting),
    });
  }

  /** `canTake` is false off shift. */
  show(canTake = true) {
    this.canTake = canTake;
    set(byId("summary"), this.frame ? queueInWords(this.frame) : "");
    const shown = (this.frame?.waiting ?? []).slice(0, SHOWN);
    this.list.show(shown);
    const more = howMany(this.frame) - shown.length;
    setOrHide(byId("queue-more"), more > 0 ? tell("more-wait", { n: more }) : "");
  }

  fill(/** @type {any} */ parts, /** @type {any} */ waiting) {
    set(parts.handle, waiting.handle);
    setLevel(parts.level, waiting.level);
    set(parts.medium, tell(waiting.medium));
    set(parts.line, waiting.line);
    set(parts.age, tell("waited", { age: age(waiting.since) }));
    parts.drill.hidden = !waiting.drill;
    parts.returning.hidden = !waiting.returning;
    parts.flagged.hidden = !waiting.flagged;
    parts.away.hidden = !waiting.away;
    parts.reserved.hidden = !waiting.reserved;
    parts.choose.hidden = !waiting.choose || waiting.reserved || !this.canTake;
    parts.choose.setAttribute("aria-label", tell("choose", { handle: waiting.handle }));
  }
}

function makeWaiting(/** @type {string} */ conversation, /** @type {(conversation: string) => void} */ onChoose) {
  const { node, parts } = clone("waiting-card");
  parts.choose.addEventListener("click", () => onChoose(conversation));
  return { node, parts };
}
