// @ts-check
/** Against words that go to the wrong person because the hands were quicker than the eyes. No DOM. */

/** Milliseconds: who typed to somebody else so shortly before may not have noticed that this is another person. */
const QUICK = 2_000;
/** So long the question stands before Enter answers it: two quick presses are a habit, not an answer. */
const READ = 600;

export class Guard {
  constructor() {
    this.typedTo = "";
    this.typedAt = -Infinity;
    /** @type {Map<string, number|null>} conversations that are in doubt, and when that was asked */
    this.doubts = new Map();
  }

  typed(/** @type {string} */ conversation, /** @type {number} */ now) {
    this.typedTo = conversation;
    this.typedAt = now;
  }

  /** This conversation got the focus. */
  came(/** @type {string} */ conversation, /** @type {number} */ now) {
    if (this.typedTo && this.typedTo !== conversation && now - this.typedAt < QUICK && !this.doubts.has(conversation))
      this.doubts.set(conversation, null);
  }

  /** Whether these words may go; if not, the person was not asked yet, or has had no time to read the question. */
  lets(/** @type {string} */ conversation, /** @type {number} */ now) {
    const asked = this.doubts.get(conversation);
    if (asked === undefined) return true;
    if (asked === null) this.doubts.set(conversation, now);
    else if (now - asked >= READ) return this.doubts.delete(conversation);
    return false;
  }

  isAsking(/** @type {string} */ conversation) {
    return typeof this.doubts.get(conversation) === "number";
  }

  /** It is meant for this person; or there are no words any more that could go wrong. */
  settle(/** @type {string} */ conversation) {
    this.doubts.delete(conversation);
  }

  /** Not meant so, or not yet: the next try is asked again. */
  doubtAgain(/** @type {string} */ conversation) {
    this.doubts.set(conversation, null);
  }
}
