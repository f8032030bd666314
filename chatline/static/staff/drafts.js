// @ts-check
/**
 * Drafts that outlive a reload. They lie in this tab's storage only while nobody looks at the page, and are taken out
 * of it when somebody does: what a browser writes to the disk for its own sake seldom meets them.
 */

const PLACE = "chatline.drafts";

export class Drafts {
  /** @param {Storage} storage @param {string} who whose they are: the next person at this computer gets none of them */
  constructor(storage, who) {
    this.storage = storage;
    this.who = who;
    /** @type {Map<string, string>} drafts of conversations that are not on the page yet */
    this.found = new Map();
    this.over = false;
    this.takeOut();
  }

  /** The draft of a conversation that comes to the page. */
  of(/** @type {string} */ conversation) {
    const text = this.found.get(conversation) ?? "";
    this.found.delete(conversation);
    return text;
  }

  /** Whoever is held no longer has no draft. */
  only(/** @type {Set<string>} */ held) {
    for (const conversation of this.found.keys()) if (!held.has(conversation)) this.found.delete(conversation);
  }

  /** Nobody looks at the page, and it may never be looked at again. */
  putIn(/** @type {Iterable<[string, string]>} */ written) {
    const drafts = [...this.found, ...written].filter(([, text]) => text.trim());
    if (drafts.length && !this.over) this.try(() => this.storage.setItem(PLACE, JSON.stringify({ who: this.who, drafts })));
  }

  /** Somebody looks at it again: what is on the page is what counts. */
  forget() {
    this.try(() => this.storage.removeItem(PLACE));
  }

  /** Signed out. */
  end() {
    this.over = true;
    this.forget();
  }

  takeOut() {
    this.try(() => {
      const { who, drafts } = JSON.parse(this.storage.getItem(PLACE) ?? "{}");
      if (who === this.who) this.found = new Map(drafts);
    });
    this.forget();
  }

  /** A browser may refuse to store anything: then a draft lives as long as its page. */
  try(/** @type {() => void} */ what) {
    try {
      what();
    } catch {
      // Nor is this worth a word: nobody can do anything about it.
    }
  }
}
