// @ts-check
/** Nothing moves under somebody's hand: while a list is pointed at or has the focus, it keeps its order. */

/** @template Item */
export class Steady {
  /** @param {HTMLElement} list @param {(item: Item) => string} id */
  constructor(list, id) {
    this.list = list;
    this.id = id;
    /** @type {string[]} */
    this.order = [];
  }

  /** These items in the order in which they are to be shown now. @param {Item[]} items @returns {Item[]} */
  keep(items) {
    const still = this.list.matches(":hover, :focus-within");
    const place = new Map(this.order.map((id, at) => [id, at]));
    const at = (/** @type {Item} */ item) => place.get(this.id(item)) ?? Infinity;
    // What is new while somebody reads comes after what they know.
    const shown = still ? [...items].sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b))) : items;
    this.order = shown.map(this.id);
    return shown;
  }
}
