// @ts-check
/** What was said in one conversation, as the desk shows it. */
import { KeyedList, make, set, setLevel, setOrHide, tell, tellIfKnown } from "./dom.js";
import { MediaList } from "./media.js";
import { timeOfDay } from "./times.js";

/** @typedef {{fault?: string|null, resend?: boolean, media?: import("./media.js").Media[]}} ForStaff */
/** @typedef {import("../chat-types.js").Message & ForStaff} Message */
/** @typedef {import("../chat-types.js").Unsent} Unsent */

const MARK_LOOK = /** @type {Record<string, string>} */ ({
  ready: "queued", posting: "queued", accepted: "queued", unknown: "unsure",
  undelivered: "failed", failed: "failed", rejected: "failed", dropped: "failed",
});
/** Asked to be sent again, it is shown as being sent until its row says more, but no longer than this. */
const PATIENCE = 5_000;

/** What became of a text: its mark's look, and the words beside it. */
export function fate(/** @type {Message} */ { delivery, fault, resend }) {
  if (!delivery) return { look: "", words: "" };
  if (delivery === "unknown" && !resend) return { look: "checking", words: tell("mark.checking") };
  const look = MARK_LOOK[delivery] ?? delivery;
  const why = look === "failed" ? tellIfKnown(`fault.${fault}`) : undefined;
  return { look, words: why ?? tell(`mark.${delivery}`) };
}

/** @returns {{look: string, words: string}} */
function markOf(/** @type {Message} */ message, /** @type {boolean} */ byText) {
  if (byText) return fate(message);
  return message.from === "line" ? { look: "", words: "" } : { look: "stored", words: tell("mark.stored") };
}

/** One shape for what is stored and what is not yet. */
function stored(/** @type {Message} */ message, /** @type {string} */ handle, /** @type {boolean} */ byText, /** @type {boolean} */ askedAgain) {
  const theirs = message.from === "visitor";
  const own = message.version < 0 || Boolean(message.key);
  return {
    id: message.key && !theirs ? message.key : String(message.seq),
    from: message.from,
    theirs,
    who: theirs ? handle : message.from === "line" ? tell("line") : own && !theirs ? tell("you") : message.name,
    role: message.from === "supervisor" && !own ? tell("role.supervisor") : "",
    text: message.text || (message.media?.length ? "" : tell("blank")),
    at: message.at,
    level: theirs && message.level && message.level !== "none" ? message.level : "",
    mark: theirs ? { look: "", words: "" } : askedAgain ? { look: "queued", words: tell("mark.again") } : markOf(message, byText),
    key: "",
    again: message.resend && !askedAgain ? message : null,
    media: message.media ?? [],
  };
}

function unsent(/** @type {Unsent} */ entry, /** @type {boolean} */ weak) {
  const late = weak || Date.now() - entry.at > 2_000;
  return {
    id: entry.key,
    from: "volunteer",
    theirs: false,
    who: tell("you"),
    role: "",
    text: entry.text,
    at: new Date(entry.at).toISOString(),
    level: "",
    mark: unsentMark(entry, late),
    key: entry.refused ? entry.key : "",
    again: null,
    media: [],
  };
}

function unsentMark(/** @type {Unsent} */ entry, /** @type {boolean} */ late) {
  const look = entry.refused ? "refused" : late ? "trying" : "sending";
  return { look, words: `${tell(`mark.${look}`)} ${entry.refused}`.trim() };
}

/** @typedef {ReturnType<typeof stored>} Line */
/** @typedef {{onChange: (key: string) => void, onAgain: (seq: number) => boolean}} Doing `onAgain` is false if it could not be asked */

export class Log {
  /** @param {HTMLElement} list
   *  @param {Doing} doing puts a refused text back where it can be changed; asks to send one again */
  constructor(list, { onChange, onAgain }) {
    /** @type {Map<number, {version: number, until: number}>} what was asked to be sent again, by `seq` */
    this.asked = new Map();
    this.list = new KeyedList(list, {
      id: (/** @type {Line} */ line) => line.id,
      make: (line) => newLine(line, onChange, (message) => this.ask(message, onAgain)),
      fill: fillLine,
    });
  }

  /** @param {Message} message @param {Doing["onAgain"]} onAgain */
  ask({ seq, version }, onAgain) {
    if (onAgain(seq)) this.asked.set(seq, { version, until: Date.now() + PATIENCE });
  }

  isAsked(/** @type {Message} */ { seq, version }) {
    const asked = this.asked.get(seq);
    return asked !== undefined && asked.version === version && asked.until > Date.now();
  }

  /** @param {{messages: Message[], outbox: Unsent[], handle: string, byText: boolean, weak: boolean}} known */
  show({ messages, outbox, handle, byText, weak }) {
    this.list.show([
      ...messages.map((message) => stored(message, handle, byText, this.isAsked(message))),
      ...outbox.map((entry) => unsent(entry, weak)),
    ]);
  }
}

/** @param {Line} line @param {(key: string) => void} onChange @param {(message: Message) => void} onAgain */
function newLine(line, onChange, onAgain) {
  const node = make("div");
  const attached = make("ul", "attached");
  const parts = {
    who: make("bdi", "who"), role: make("span", "who"), level: make("span"), text: make("p", "text"), attached, media: new MediaList(attached),
    time: make("time"), mark: make("span"), change: make("button", "link", tell("change")),
    again: make("button", "again", tell("again")), message: /** @type {Message|null} */ (null), seen: "",
  };
  parts.text.dir = "auto";
  parts.change.addEventListener("click", () => onChange(line.id));
  parts.again.addEventListener("click", () => parts.message && onAgain(parts.message));
  const meta = make("p", "meta");
  meta.append(parts.time, " ", parts.mark, " ", parts.change, " ", parts.again);
  node.append(parts.who, " ", parts.level, " ", parts.role, parts.text, attached, meta);
  return { node, parts };
}

function fillLine(/** @type {any} */ parts, /** @type {Line} */ line, /** @type {HTMLElement} */ node) {
  const seen = JSON.stringify(line);
  if (seen === parts.seen) return;
  parts.seen = seen;
  node.className = `${line.theirs ? "theirs" : "mine"} from-${line.from}`;
  set(parts.who, line.who);
  setOrHide(parts.role, line.role);
  setOrHide(parts.text, line.text);
  parts.media.show(line.media);
  parts.attached.hidden = !line.media.length;
  set(parts.time, timeOfDay(line.at));
  parts.time.dateTime = line.at;
  parts.mark.className = line.mark.look ? `mark ${line.mark.look}` : "";
  set(parts.mark, line.mark.words);
  parts.change.hidden = !line.key;
  parts.message = line.again;
  parts.again.hidden = !line.again;
  parts.level.hidden = !line.level;
  if (line.level) setLevel(parts.level, line.level);
}
