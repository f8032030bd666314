// @ts-check
/** Which keys do what on the desk, and how that is changed. No DOM. None of them may ever close a conversation. */

/**
 * Keys are matched by where they are on the board (`event.code`), because with Option held down a Mac types other
 * letters. `?` alone has no place of its own on every board, so it goes by what it types, and only where nobody writes.
 */
export const SHORTCUTS = /** @type {const} */ ({
  take: "Alt+KeyN",
  next: "Alt+KeyJ",
  previous: "Alt+KeyK",
  go: "Alt+Shift+Digit1",
  send: "Ctrl+Enter",
  flag: "Alt+KeyR",
  help: "Alt+KeyS",
  guide: "Alt+KeyG",
  pass: "Alt+KeyP",
  sheet: "?",
});

/** @typedef {keyof typeof SHORTCUTS} Name */
/** @typedef {{code: string, key: string, ctrlKey: boolean, altKey: boolean, shiftKey: boolean, metaKey: boolean, getModifierState?: (key: string) => boolean}} Press */

const NAMES = /** @type {Name[]} */ (Object.keys(SHORTCUTS));
const ALONE = /^(Control|Alt|Shift|Meta|OS|Tab|Escape|CapsLock|Fn)/;
/** With Ctrl or Cmd these are the browser's own, or the person's: copy, paste, undo, close the window. */
const TAKEN = /^(Ctrl|Meta)\+(Shift\+)?(Key[ACFLNPQRTVWXYZ]|Digit[0-9])$/;
const DIGIT = /Digit[1-4]$/;
/** "Go to" is one shortcut with four digits. */
const anyDigit = (/** @type {string} */ keys) => keys.replace(DIGIT, "Digit1");

/** What was pressed, such as "Alt+Shift+KeyN"; "" for what types a third character on many boards. */
export function pressed(/** @type {Press} */ event) {
  if (event.getModifierState?.("AltGraph")) return "";
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.metaKey && "Meta"];
  return [...held, event.code].filter(Boolean).join("+");
}

/** As it is written for people: "Alt + N". */
export function written(/** @type {string} */ keys, apple = false) {
  const names = apple ? { Alt: "Option", Meta: "Cmd" } : { Meta: "Win" };
  return keys
    .split("+")
    .map((key) => /** @type {Record<string, string>} */ (names)[key] ?? key.replace(/^(Key|Digit)/, ""))
    .join(" + ");
}

export class Shortcuts {
  /** `changed` is what this person has set other than at first; what it does not know is left out. */
  constructor(/** @type {Record<string, string>} */ changed = {}) {
    /** @type {Record<Name, string>} */
    this.keys = { ...SHORTCUTS };
    for (const name of NAMES) if (changed[name] && !this.fault(name, changed[name])) this.keys[name] = changed[name];
  }

  /** What this press means, or null. @returns {{name: Name, digit: number}|null} */
  find(/** @type {Press} */ event, /** @type {boolean} */ writing) {
    const keys = pressed(event);
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (this.keys.sheet === "?" && event.key === "?" && plain) return writing ? null : { name: "sheet", digit: 0 };
    const name = NAMES.find((one) => this.keys[one] === (one === "go" ? anyDigit(keys) : keys));
    return name ? { name, digit: name === "go" ? Number(event.code.at(-1)) : 0 } : null;
  }

  /** Why these keys cannot mean this: "" if they can. @returns {""|"alone"|"plain"|"browser"|"digit"|Name} */
  fault(/** @type {Name} */ name, /** @type {string} */ keys) {
    if (name === "sheet" && keys === "?") return "";
    const code = keys.split("+").at(-1) ?? "";
    if (!code || ALONE.test(code)) return "alone";
    if (!/^(Ctrl|Alt|Meta)\+/.test(keys)) return "plain";
    if (TAKEN.test(keys)) return "browser";
    if (name === "go" && !DIGIT.test(keys)) return "digit";
    return NAMES.find((other) => other !== name && clash(this.keys[other], keys)) ?? "";
  }

  /** Gives this the keys, if they can mean it; the fault if not. */
  bind(/** @type {Name} */ name, /** @type {string} */ keys) {
    const fault = this.fault(name, keys);
    if (!fault) this.keys[name] = name === "go" ? anyDigit(keys) : keys;
    return fault;
  }

  /** Only what differs from the first ones, to be kept. @returns {Record<string, string>} */
  get changed() {
    return Object.fromEntries(NAMES.filter((name) => this.keys[name] !== SHORTCUTS[name]).map((name) => [name, this.keys[name]]));
  }
}

/** The four digits of "go to" belong together, whichever of them is asked for. */
function clash(/** @type {string} */ known, /** @type {string} */ keys) {
  return known === keys || (DIGIT.test(known) && known === anyDigit(keys));
}
