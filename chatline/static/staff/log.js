// @ts-check
/** What was said in one conversation, as the desk shows it. */
import { KeyedList, make, set, setLevel, tell } from "./dom.js";
import { timeOfDay } from "./times.js";

/** @typedef {import("../chat-core.js").Message} Message */
/** @typedef {import("../chat-core.js").Unsent} Unsent */

const MARK_LOOK = /** @type {Record<string, string>} */ ({
  undelivered: "failed", failed: "failed", rejected: "failed", dropped: "failed", unknown: "unsure",
});

/** One shape for what is stored and what is not yet. */
function stored(/** @type {Message} */ message, /** @type {string} */ handle, /** @type {boolean} */ byText) {
  const theirs = message.from === "visitor";
  const own = message.version < 0 || Boolean(message.key);
  return {
    id: message.key && !theirs ? message.key : String(message.seq),
    from: message.from,
    theirs,
    who: theirs ? handle : message.from === "line" ? tell("line") : own && !theirs ? tell("you") : message.name,
    text: message.text || tell("blank"),
    at: message.at,
    level: theirs && message.level && message.level !== "none" ? message.level : "",
    mark: theirs ? "" : byText ? (message.delivery ?? "") : message.from === "line" ? "" : "stored",
    detail: "",
    key: "",
  };
}

function unsent(/** @type {Unsent} */ entry, /** @type {boolean} */ weak) {
  const late = weak || Date.now() - entry.at > 2_000;
  return {
    id: entry.key,
    from: "volunteer",
    theirs: false,
    who: tell("you"),
    text: entry.text,
    at: new Date(entry.at).toISOString(),
    level: "",
    mark: entry.refused ? "refused" : late ? "trying" : "sending",
    detail: entry.refused,
    key: entry.refused ? entry.key : "",
  };
}

/** @typedef {ReturnType<typeof stored>} Line */

export class Log {
  /** @param {HTMLElement} list
   *  @param {(key: string) => void} onChange puts a refused text back where it can be changed */
  constructor(list, onChange) {
    this.list = new KeyedList(list, {
      id: (/** @type {Line} */ line) => line.id,
      make: (line) => newLine(line, onChange),
      fill: fillLine,
    });
  }

  /** @param {{messages: Message[], outbox: Unsent[], handle: string, byText: boolean, weak: boolean}} known */
  show({ messages, outbox, handle, byText, weak }) {
    this.list.show([
      ...messages.map((message) => stored(message, handle, byText)),
      ...outbox.map((entry) => unsent(entry, weak)),
    ]);
  }
}

function newLine(/** @type {Line} */ line, /** @type {(key: string) => void} */ onChange) {
  const node = make("div");
  const parts = {
    who: make("span", "who"), level: make("span"), text: make("p", "text"),
    time: make("time"), mark: make("span"), change: make("button", "link", tell("change")), seen: "",
  };
  parts.text.dir = "auto";
  parts.change.addEventListener("click", () => onChange(line.id));
  const meta = make("p", "meta");
  meta.append(parts.time, " ", parts.mark, " ", parts.change);
  node.append(parts.who, " ", parts.level, parts.text, meta);
  return { node, parts };
}

function fillLine(/** @type {any} */ parts, /** @type {Line} */ line, /** @type {HTMLElement} */ node) {
  const seen = JSON.stringify(line);
  if (seen === parts.seen) return;
  parts.seen = seen;
  node.className = `${line.theirs ? "theirs" : "mine"} from-${line.from}`;
  set(parts.who, line.who);
  set(parts.text, line.text);
  set(parts.time, timeOfDay(line.at));
  parts.time.dateTime = line.at;
  parts.mark.className = line.mark ? `mark ${MARK_LOOK[line.mark] ?? line.mark}` : "";
  set(parts.mark, line.mark ? `${tell(`mark.${line.mark}`)} ${line.detail}`.trim() : "");
  parts.change.hidden = !line.key;
  parts.level.hidden = !line.level;
  if (line.level) setLevel(parts.level, line.level);
}
