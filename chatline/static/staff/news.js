// @ts-check
/** What has just happened that a volunteer may want to hear of: whole pictures in, news out. No DOM. */

/** @typedef {{id: string, theirs: number, flags: number}} Talk `theirs` is the number of their last message */
/** @typedef {{kind: "waiting"|"reply"|"flag", conversation: string}} News */

export class Newsreader {
  constructor() {
    /** @type {Set<string>|null} who waited */
    this.waiting = null;
    /** @type {Map<string, Talk>} */
    this.talks = new Map();
  }

  /**
   * What differs from the last look. The first look at anything is not news, and neither is who was given back.
   * @param {string[]|null} waiting null while nobody knows
   * @param {Talk[]} talks
   * @returns {News[]}
   */
  look(waiting, talks) {
    const fresh = talks.flatMap((talk) => this.newsOf(talk));
    if (this.waiting && waiting?.some((id) => !this.waiting?.has(id) && !this.talks.has(id))) fresh.push({ kind: "waiting", conversation: "" });
    if (waiting) this.waiting = new Set(waiting);
    this.talks = new Map(talks.map((talk) => [talk.id, talk]));
    return fresh;
  }

  /** @returns {News[]} a flag outweighs the message that raised it */
  newsOf(/** @type {Talk} */ talk) {
    const before = this.talks.get(talk.id);
    if (!before) return [];
    if (talk.flags > before.flags) return [{ kind: "flag", conversation: talk.id }];
    return talk.theirs > before.theirs ? [{ kind: "reply", conversation: talk.id }] : [];
  }
}
