// @ts-check
/** The bar on every desk while nobody has answered a flag although everybody on its ladder was called. */
import { byId, set, tell } from "./dom.js";
import { age } from "./times.js";

/** @typedef {{unanswered?: number, unanswered_since?: string|null, unanswered_practice?: boolean}} Queue */

export class Unanswered {
  /** @param {() => void} begun called once when the bar comes */
  constructor(begun) {
    this.begun = begun;
    this.standing = false;
  }

  /** The age in it moves; what is read out does not, so it is read out once. @param {Queue|null} queue */
  show(queue) {
    const n = queue?.unanswered ?? 0;
    const since = queue?.unanswered_since;
    const which = queue?.unanswered_practice ? "practice" : n > 1 ? "many" : "one";
    const bar = byId("unanswered");
    bar.classList.toggle("practice", which === "practice");
    if (n && since) set(byId("unanswered-words"), tell(`unanswered-bar.${which}`, { n, age: age(since) }));
    bar.hidden = !n;
    set(byId("unanswered-told"), n ? tell(`unanswered-told.${which === "practice" ? which : "real"}`) : "");
    if (n && !this.standing) this.begun();
    this.standing = n > 0;
  }
}
