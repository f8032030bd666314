// @ts-check
/**
 * Replies that a line keeps: `/` in an empty box lists them, and the one chosen is put there to be edited.
 * The focus stays in the box (the listbox pattern with an active descendant); while the list is open Enter never sends.
 */
import { replace } from "./box.js";
import { make, set, tell } from "./dom.js";
import { inLanguage, libraryOf, matching } from "./library.js";

/** @typedef {import("./pane-types.js").Pane} Pane */
/** @typedef {import("./library.js").Item} Item */

/** So many are in view around the one that would be chosen: a list that scrolled would have to take the focus. */
const IN_VIEW = 6;

export class Replies {
  /** @param {Pane} pane @param {{node: HTMLElement, parts: import("./dom.js").Parts}} picker */
  constructor(pane, { node, parts }) {
    this.pane = pane;
    this.box = pane.parts.text;
    this.node = node;
    this.parts = parts;
    /** @type {Item[]} those listed now */
    this.found = [];
    this.place = 0;
    this.dismissed = false;
    parts.options.id = `replies-${pane.id}`;
    this.box.before(node);
    this.box.addEventListener("blur", () => this.close());
    // A click chooses, and must not take the focus out of the box before.
    node.addEventListener("pointerdown", (event) => event.preventDefault());
    node.addEventListener("click", (event) => this.click(/** @type {Element} */ (event.target)));
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** Something was typed. */
  async typed() {
    const { value } = this.box;
    if (!value.startsWith("/")) this.dismissed = false;
    if (!value.startsWith("/") || this.dismissed || !this.pane.state) return this.close();
    const library = await libraryOf(this.pane.state.line_slug);
    if (this.box.value !== value) return;
    const replies = (library?.items ?? []).filter(({ kind }) => kind === "reply");
    if (!replies.length) return this.close();
    this.list(matching(inLanguage(replies, this.pane.state.language), value.slice(1)));
  }

  /** Whether the key was for the list. */
  key(/** @type {KeyboardEvent} */ event) {
    if (!this.isOpen || event.isComposing) return false;
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });
    if (event.key in steps) this.move(steps[event.key]);
    else if (event.key === "Enter") this.choose(this.place);
    else if (event.key === "Escape") this.dismiss();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  move(/** @type {number} */ step) {
    const { length } = this.found;
    if (length) this.place = (this.place + step + length) % length;
    this.show();
  }

  choose(/** @type {number} */ place) {
    const item = this.found[place];
    if (!item) return;
    this.close();
    replace(this.box, item.text);
  }

  click(/** @type {Element} */ target) {
    const place = [...this.parts.options.children].findIndex((option) => option.contains(target));
    if (place >= 0) this.choose(place);
  }

  /** Closed by choice: a message may begin with a slash. */
  dismiss() {
    this.dismissed = true;
    this.close();
  }

  // --- showing ------------------------------------------------------------------------------------------

  list(/** @type {Item[]} */ found) {
    this.found = found;
    this.place = 0;
    this.parts.options.replaceChildren(...found.map((item, place) => this.option(item, place)));
    this.node.hidden = false;
    this.box.setAttribute("aria-controls", this.parts.options.id);
    set(this.parts.count, tell(found.length ? "n-replies" : "no-reply", { n: found.length }));
    this.show();
  }

  option(/** @type {Item} */ item, /** @type {number} */ place) {
    const option = make("li");
    option.role = "option";
    option.id = `${this.parts.options.id}-${place}`;
    option.lang = item.language;
    option.ariaSetSize = String(this.found.length);
    option.ariaPosInSet = String(place + 1);
    option.append(make("strong", "", `/${item.title}`), " ", make("span", "", item.text));
    return option;
  }

  show() {
    const options = /** @type {HTMLElement[]} */ ([...this.parts.options.children]);
    const first = Math.max(0, Math.min(this.place - IN_VIEW / 2, options.length - IN_VIEW));
    for (const [place, option] of options.entries()) {
      option.ariaSelected = String(place === this.place);
      option.hidden = place < first || place >= first + IN_VIEW;
    }
    const active = options[this.place];
    if (active) this.box.setAttribute("aria-activedescendant", active.id);
    else this.box.removeAttribute("aria-activedescendant");
    set(this.parts.preview, this.found[this.place]?.text ?? "");
  }

  close() {
    this.node.hidden = true;
    for (const name of ["aria-controls", "aria-activedescendant"]) this.box.removeAttribute(name);
  }
}
