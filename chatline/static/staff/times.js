// @ts-check
/** Ages in words, against the server's clock: the one on this laptop may be wrong. */
import { tell } from "./dom.js";

let ahead = 0;

/** Every frame that carries `now` corrects the clock. */
export function serverSays(/** @type {string} */ now) {
  ahead = Date.parse(now) - Date.now();
}

/** The time of the server, in milliseconds. */
export function now() {
  return Date.now() + ahead;
}

/** Whole minutes since a time of the server's, never below 0. */
export function minutesSince(/** @type {string} */ at) {
  return Math.max(0, Math.floor((now() - Date.parse(at)) / 60_000));
}

/** Whole seconds until a time of the server's, never below 0. */
export function secondsUntil(/** @type {string} */ at) {
  return Math.max(0, Math.ceil((Date.parse(at) - now()) / 1_000));
}

/** "just now", "6 min", "2 h 5 min", "3 days". */
export function age(/** @type {string} */ at) {
  return lasted(minutesSince(at));
}

/** The same of whole minutes. */
export function lasted(/** @type {number} */ minutes) {
  if (minutes < 1) return tell("now");
  if (minutes < 60) return tell("minutes", { n: minutes });
  if (minutes < 48 * 60) return tell("hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
  return tell("days", { d: Math.floor(minutes / 60 / 24) });
}

export function timeOfDay(/** @type {string} */ at) {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
}

export function dayOf(/** @type {string} */ at) {
  return new Date(at).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long" });
}

/** Both, in words of the reader's own clock. */
export function dayAndTime(/** @type {string} */ at) {
  const how = /** @type {const} */ ({ day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  return new Date(at).toLocaleString(document.documentElement.lang, how);
}
