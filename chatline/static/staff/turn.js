// @ts-check
/** Whose turn it is in a conversation and for how long; and whether they came back after a silence. No DOM. */

/** Milliseconds for which somebody's last message may stand without an answer. */
export const SOON = 90_000;
export const OVERDUE = 180_000;
/** Milliseconds of silence after which nobody knows who holds the phone. */
const SILENCE = 30 * 60_000;

/** @typedef {{from: string, at: string}} Said */

/** What people said: what the line sends by itself is no answer. */
const byPeople = (/** @type {Said[]} */ messages) => messages.filter(({ from }) => from !== "line");

/**
 * Since when they wait for an answer, in milliseconds, or null where an answer was the last. It counts from their last
 * message, but for nobody from before they had the conversation.
 * @param {Said[]} messages in order
 * @param {string|null|undefined} takenAt
 */
export function waitsSince(messages, takenAt) {
  const last = byPeople(messages).at(-1);
  if (last?.from !== "visitor") return null;
  return Math.max(Date.parse(last.at), takenAt ? Date.parse(takenAt) : 0);
}

/** @returns {""|"calm"|"soon"|"overdue"} what to say of an answer that is owed since then */
export function urgency(/** @type {number|null} */ since, /** @type {number} */ now) {
  if (since === null) return "";
  return now - since < SOON ? "calm" : now - since < OVERDUE ? "soon" : "overdue";
}

/** Minutes of the silence from which they came back and have no answer yet; 0 if there was none. */
export function silentFor(/** @type {Said[]} */ messages) {
  const said = byPeople(messages);
  const answered = said.findLastIndex(({ from }) => from !== "visitor");
  const gaps = said.map(({ at }, place) => (place > Math.max(answered, 0) ? Date.parse(at) - Date.parse(said[place - 1].at) : 0));
  const longest = Math.max(0, ...gaps);
  return longest >= SILENCE ? Math.floor(longest / 60_000) : 0;
}
