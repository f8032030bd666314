// @ts-check
/** The shortcuts at work, and the sheet that lists them, changes them and switches them off. */
import { byId, clone, set, tell } from "./dom.js";
import { SHORTCUTS, Shortcuts, pressed, written } from "./shortcuts.js";
import { wish, wishes } from "./wishes.js";

/** @typedef {import("./shortcuts.js").Name} Name */

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
const names = /** @type {Name[]} */ (Object.keys(SHORTCUTS));

export class Keyboard {
  /** @param {Record<Exclude<Name, "sheet">, (digit: number) => void>} doing */
  constructor(doing) {
    this.doing = { ...doing, sheet: () => this.openSheet() };
    this.shortcuts = new Shortcuts(wishes.keys);
    this.sheet = byId("sheet");
    /** @type {Name|null} whose keys are being changed */
    this.changing = null;
    /** @type {Map<Name, any>} */
    this.rows = new Map();
    for (const name of names) byId("shortcuts").append(this.makeRow(name));
    addEventListener("keydown", (event) => this.press(event), { capture: true });
    byId("open-sheet").addEventListener("click", () => this.openSheet());
    byId("close-sheet").addEventListener("click", () => this.sheet.close());
    byId("shortcuts-on").addEventListener("click", () => this.switchAll());
    byId("first-keys").addEventListener("click", () => this.reset());
    this.sheet.addEventListener("close", () => (this.changing = null));
    this.show();
  }

  press(/** @type {KeyboardEvent} */ event) {
    if (this.changing) return this.change(event, this.changing);
    if (!wishes.shortcuts || event.repeat || event.isComposing || document.querySelector("dialog[open]")) return;
    const found = this.shortcuts.find(event, writes(event.target));
    if (!found) return;
    event.preventDefault();
    this.doing[found.name](found.digit);
  }

  // --- the sheet ----------------------------------------------------------------------------------------

  openSheet() {
    set(byId("sheet-told"), "");
    this.show();
    this.sheet.showModal();
  }

  makeRow(/** @type {Name} */ name) {
    const { node, parts } = clone("shortcut-row");
    set(parts.what, tell(`shortcut.${name}`));
    parts.change.setAttribute("aria-label", tell("change-keys", { what: tell(`shortcut.${name}`) }));
    parts.change.addEventListener("click", () => {
      this.changing = name;
      set(byId("sheet-told"), tell("press-keys", { what: tell(`shortcut.${name}`) }));
      this.show();
    });
    this.rows.set(name, parts);
    return node;
  }

  /** The next keys that are pressed become this one's; Escape and Tab leave it as it was. */
  change(/** @type {KeyboardEvent} */ event, /** @type {Name} */ name) {
    if (event.key === "Tab") return this.stop("");
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return this.stop(tell("keys-left"));
    const keys = name === "sheet" && event.key === "?" ? "?" : pressed(event);
    const fault = this.shortcuts.fault(name, keys);
    if (fault === "alone") return;
    const other = fault in SHORTCUTS ? tell(`shortcut.${fault}`) : "";
    if (fault) return set(byId("sheet-told"), other ? tell("keys-used", { what: other }) : tell(`keys-fault.${fault}`));
    this.shortcuts.bind(name, keys);
    wish({ keys: this.shortcuts.changed });
    this.stop(tell("keys-changed", { what: tell(`shortcut.${name}`), keys: written(keys, APPLE) }));
  }

  stop(/** @type {string} */ words) {
    this.changing = null;
    set(byId("sheet-told"), words);
    this.show();
  }

  switchAll() {
    wish({ shortcuts: !wishes.shortcuts });
    this.show();
  }

  reset() {
    wish({ keys: {} });
    this.shortcuts = new Shortcuts();
    this.stop(tell("keys-first"));
  }

  show() {
    byId("shortcuts-on").setAttribute("aria-checked", String(wishes.shortcuts));
    for (const [name, parts] of this.rows) {
      const keys = written(this.shortcuts.keys[name], APPLE);
      set(parts.keys, this.changing === name ? "…" : name === "go" ? tell("one-to-four", { keys: keys.slice(0, -1) }) : keys);
    }
  }
}

/** Whether what is typed there are words. */
function writes(/** @type {any} */ target) {
  return Boolean(target?.matches?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])"));
}
