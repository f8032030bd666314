// @ts-check
/** What the staff pages do with elements: words and shapes come from templates, text only ever as text. */

/** @typedef {Record<string, any>} Parts the elements of a clone by their `data-part` */

/** @returns {any} */
export const byId = (/** @type {string} */ id) => document.getElementById(id);

const words = Object.fromEntries(
  [...byId("words").content.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word.textContent]),
);

/** The page's words, with `{name}` and the like filled in. */
export function tell(/** @type {string} */ word, /** @type {Record<string, any>} */ values = {}) {
  return words[word].replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => values[name] ?? whole);
}

/** The words for a code, or undefined where the page has none. */
export function tellIfKnown(/** @type {string} */ word) {
  return word in words ? words[word] : undefined;
}

/** A fresh copy of a template's one element. @returns {{node: any, parts: Parts}} */
export function clone(/** @type {string} */ id) {
  const node = byId(id).content.firstElementChild.cloneNode(true);
  const parts = Object.fromEntries([...node.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  return { node, parts };
}

export function make(/** @type {string} */ tag, /** @type {string} */ className = "", /** @type {string} */ text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

/** Writes only what differs, so that a screen reader is not told the same thing again. */
export function set(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes the text, and hides the element while there is none. */
export function setOrHide(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  set(element, text);
  element.hidden = !text;
}

/** A level as word, shape and colour. */
export function setLevel(/** @type {HTMLElement} */ slot, /** @type {string} */ level) {
  if (slot.dataset.level === level) return;
  slot.dataset.level = level;
  slot.replaceChildren(clone(`level-${level}`).node);
}

/**
 * A list that keeps the element of each item, so that what is typed or focused inside it stays.
 * @template Item
 */
export class KeyedList {
  /** @param {HTMLElement} list
   *  @param {{id: (item: Item) => string, make: (item: Item) => {node: HTMLElement, parts: Parts}, fill: (parts: Parts, item: Item, node: HTMLElement) => void}} how */
  constructor(list, how) {
    this.list = list;
    this.how = how;
    /** @type {Map<string, {node: HTMLElement, parts: Parts}>} */
    this.known = new Map();
  }

  show(/** @type {Item[]} */ items) {
    const next = new Map();
    let place = this.list.firstElementChild;
    for (const item of items) {
      const id = this.how.id(item);
      const entry = this.known.get(id) ?? this.how.make(item);
      this.known.delete(id);
      this.how.fill(entry.parts, item, entry.node);
      if (entry.node === place) place = place.nextElementSibling;
      else this.list.insertBefore(entry.node, place);
      next.set(id, entry);
    }
    for (const { node } of this.known.values()) node.remove();
    this.known = next;
  }
}
