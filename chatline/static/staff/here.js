// @ts-check
/** Who else is in a conversation that somebody holds: supervisors who read along or have joined, and who gave it. */
import { tell } from "./dom.js";
import { minutesSince } from "./times.js";

/** @typedef {{watched_by?: string[], joined?: string[], given_by?: string, taken_at?: string|null, handle: string}} State */

/** In words; empty while nobody is. @param {State} state */
export function whoElse({ watched_by = [], joined = [], given_by = "" }) {
  return [
    given_by && tell("here.given", { name: given_by }),
    joined.length && tell(joined.length > 1 ? "here.many-joined" : "here.one-joined", { names: joined.join(", ") }),
    watched_by.length && tell(watched_by.length > 1 ? "here.many-read" : "here.one-reads", { names: watched_by.join(", ") }),
  ]
    .filter(Boolean)
    .join(" ");
}

/** What to say when it is first shown: who gave it, if that was just now; a page loaded later says it only there.
 *  @param {State} state */
export function howItCame({ given_by, taken_at, handle }) {
  return given_by && taken_at && minutesSince(taken_at) < 1 ? tell("here.arrived", { name: given_by, handle }) : "";
}
