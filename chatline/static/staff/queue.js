// @ts-check
/** Who waits, as the server ordered them: never words, never numbers. */
import { KeyedList, byId, clone, set, setLevel, setOrHide, tell } from "./dom.js";
import { howMany, queueInWords } from "./link.js";
import { age } from "./times.js";

/** More than a person can take in; the rest is told as a count. */
const SHOWN = 30;

export class QueueView {
  constructor() {
    /** @type {any} the last `queue` frame */
    this.frame = null;
    this.list = new KeyedList(byId("queue"), {
      id: (/** @type {any} */ waiting) => waiting.conversation,
      make: () => clone("waiting-card"),
      fill: fillWaiting,
    });
  }

  show() {
    set(byId("summary"), this.frame ? queueInWords(this.frame) : "");
    const shown = (this.frame?.waiting ?? []).slice(0, SHOWN);
    this.list.show(shown);
    const more = howMany(this.frame) - shown.length;
    setOrHide(byId("queue-more"), more > 0 ? tell("more-wait", { n: more }) : "");
  }
}

function fillWaiting(/** @type {any} */ parts, /** @type {any} */ waiting) {
  set(parts.handle, waiting.handle);
  setLevel(parts.level, waiting.level);
  set(parts.medium, tell(waiting.medium));
  set(parts.line, waiting.line);
  set(parts.age, tell("waited", { age: age(waiting.since) }));
  parts.returning.hidden = !waiting.returning;
  parts.flagged.hidden = !waiting.flagged;
  parts.away.hidden = !waiting.away;
}
