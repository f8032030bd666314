// @ts-check
/** What a volunteer has set for this browser: sounds, notices, keys. Nothing of anybody's words. */

const PLACE = "chatline.desk";

/** @typedef {{sound: boolean, volume: number, notices: boolean, shortcuts: boolean, keys: Record<string, string>}} Wishes `volume` from 0 to 1 */
/** @type {Wishes} */
const FIRST = { sound: true, volume: 0.5, notices: false, shortcuts: true, keys: {} };

/** @type {Wishes} */
export const wishes = { ...FIRST, ...kept() };

/** Sets some of them, and keeps all for the next time where the browser lets us. */
export function wish(/** @type {Partial<Wishes>} */ changes) {
  Object.assign(wishes, changes);
  try {
    localStorage.setItem(PLACE, JSON.stringify(wishes));
  } catch {
    // Until this page is closed, then.
  }
}

/** What was kept, as far as it is of the right kind. @returns {Partial<Wishes>} */
function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    const known = Object.entries(found).filter(([name, value]) => typeof value === typeof (/** @type {any} */ (FIRST)[name]));
    return Object.fromEntries(known.filter(([, value]) => value !== null));
  } catch {
    return {};
  }
}
