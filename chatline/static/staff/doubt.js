// @ts-check
/** The question "To Quiet Heron?" in the place of Send, where words may be meant for somebody else. */
import { set, tell } from "./dom.js";

/** @typedef {import("./guard.js").Guard} Guard */

export class Doubt {
  /**
   * @param {Guard} guard of the whole page
   * @param {string} id the conversation
   * @param {Record<string, any>} parts of its pane
   * @param {() => void} send
   */
  constructor(guard, id, parts, send) {
    this.guard = guard;
    this.id = id;
    this.parts = parts;
    parts.text.addEventListener("focus", () => guard.came(id, Date.now()));
    parts["sure-yes"].addEventListener("click", () => {
      guard.settle(id);
      parts.text.focus();
      send();
    });
    parts["sure-no"].addEventListener("click", () => {
      guard.doubtAgain(id);
      this.show();
      parts.text.focus();
    });
  }

  /** Something was typed, or taken away: where there are no words, none can go wrong. */
  typed() {
    this.guard.typed(this.id, Date.now());
    if (!this.parts.text.value.trim()) this.guard.settle(this.id);
    this.show();
  }

  /** Whether the words may go; asks if not. */
  lets() {
    const sure = this.guard.lets(this.id, Date.now());
    this.show();
    if (!sure) this.parts.text.focus();
    return sure;
  }

  show() {
    const asking = this.guard.isAsking(this.id);
    const { sure, row, handle } = this.parts;
    sure.hidden = !asking;
    row.hidden = asking;
    set(this.parts["sure-words"], asking ? tell("sure", { handle: handle.textContent }) : "");
  }
}
