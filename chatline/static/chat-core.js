// @ts-check
/**
 * The delivery core of the visitor's page and of the desk: nothing said is lost, shown twice or out of order.
 *
 * It knows no DOM, and takes its clock and its sockets from outside, so that `node --test` can cut the
 * connection a thousand times in a second. Frames are those of `consumers/wire.py`.
 *
 * @typedef {{now(): number, random(): number, setTimeout(run: () => void, ms: number): any, clearTimeout(timer: any): void}} Clock
 *   `now` and delays in milliseconds, `random` in [0, 1)
 * @typedef {{send(text: string): void, close(): void, onopen: any, onmessage: any, onclose: any}} SocketLike
 * @typedef {{conversation: string, seq: number, version: number, from: string, name: string, text: string, at: string, key?: string|null, delivery?: string|null, level?: string|null}} Message
 * @typedef {{key: string, conversation: string|null, text: string, at: number, due: number, hold: number, refused: string, code: string}} Unsent
 *   `due` and `hold` are times on the clock; `refused` is the reason in words, empty while it is still being tried
 * @typedef {{id: string, version: number, state: any, messages: Map<number, Message>, healed: number}} Thread
 */

/** The server pings every 15 s: two missed and a bit means that the socket is dead. */
const SILENT = 40_000;
/** One missed ping is enough when the page wakes, or while `hello` is still unanswered. */
const DOUBTFUL = 20_000;
/** A `say` without its `said` is sent again with the same key, which stores nothing twice. */
const OVERDUE = 10_000;
/** How long a hole in `seq` may stand before everything is read again. */
const HOLE = 5_000;
/** Refusals that pass, and after how many seconds: the `hello` after `token_dead` brings a token that lives. */
const PASSING = /** @type {Record<string, number>} */ ({ slow_down: 2, try_again: 2, token_dead: 0.5 });
/** Close code: the session is over, and coming back would only be refused again. */
const SIGNED_OUT = 4401;

/** Milliseconds before the next try: full jitter over a window that doubles, always from 0.5 to 20 s. */
export function backoff(/** @type {number} */ tries, /** @type {number} */ random) {
  return 500 + random * (Math.min(20_000, 1_000 * 2 ** Math.min(tries, 10)) - 500);
}

/** One socket at a time, always coming back; `hello` is the first frame on each. */
export class Link {
  /**
   * @param {{clock: Clock, open: () => SocketLike, hello: () => object, answer: string,
   *   onFrame: (frame: any) => void, onChange: () => void}} given `answer` is the frame type that answers `hello`
   */
  constructor(given) {
    this.given = given;
    this.clock = given.clock;
    /** @type {SocketLike|null} */
    this.socket = null;
    this.live = this.stopped = this.signedOut = false;
    this.tries = 0;
    this.heard = 0;
    this.downSince = this.clock.now();
  }

  connect() {
    this.stopped = false;
    this.clock.clearTimeout(this.retry);
    const socket = (this.socket = this.given.open());
    this.heard = this.clock.now();
    socket.onopen = () => socket === this.socket && this.transmit(this.given.hello());
    socket.onmessage = (/** @type {{data: string}} */ event) => socket === this.socket && this.receive(event.data);
    socket.onclose = (/** @type {{code: number}} */ { code }) => socket === this.socket && this.closed(code);
    this.watch();
  }

  stop() {
    this.stopped = true;
    this.clock.clearTimeout(this.retry);
    this.clock.clearTimeout(this.guard);
    this.abandon();
  }

  /** The device says it is online, or the page is looked at again: waiting any longer helps nobody. */
  wake() {
    if (this.stopped) return;
    if (!this.socket) this.connect();
    else if (this.clock.now() - this.heard > DOUBTFUL) this.renew();
  }

  /** Drops the socket and opens another at once. */
  renew() {
    this.abandon();
    this.connect();
  }

  transmit(/** @type {object} */ frame) {
    this.socket?.send(JSON.stringify(frame));
  }

  /** @param {string} text */
  receive(text) {
    const frame = JSON.parse(text);
    if (frame.type === this.given.answer) {
      this.live = true;
      this.tries = 0;
    }
    if (this.live) this.heard = this.clock.now();
    this.given.onFrame(frame);
  }

  abandon() {
    const socket = this.socket;
    this.socket = null;
    if (this.live) this.downSince = this.clock.now();
    this.live = false;
    socket?.close();
  }

  closed(/** @type {number} */ code) {
    if (code !== SIGNED_OUT) return this.lost();
    this.signedOut = true;
    this.stop();
    this.given.onChange();
  }

  lost() {
    this.abandon();
    this.clock.clearTimeout(this.guard);
    this.retry = this.clock.setTimeout(() => this.connect(), backoff(this.tries++, this.clock.random()));
    this.given.onChange();
  }

  watch() {
    this.clock.clearTimeout(this.guard);
    const left = this.heard + (this.live ? SILENT : DOUBTFUL) - this.clock.now();
    if (left <= 0) this.lost();
    else this.guard = this.clock.setTimeout(() => this.watch(), left);
  }
}

/** What one client knows: its threads, what it has yet to send, and the link that keeps both true. */
export class ChatCore {
  /**
   * @param {{clock: Clock, open: () => SocketLike, newKey: () => string, me: string, answer: string,
   *   hello: (core: ChatCore) => object, onFrame?: (frame: any) => void, onChange?: () => void}} given
   *   `me` is how this client's own words are marked in `from` until the server's row arrives
   */
  constructor(given) {
    this.given = given;
    this.clock = given.clock;
    this.changed = given.onChange ?? (() => {});
    /** @type {Map<string, Thread>} in the order in which they were first heard of */
    this.threads = new Map();
    /** @type {Unsent[]} in the order in which they were written */
    this.outbox = [];
    const onFrame = (/** @type {any} */ frame) => this.hear(frame);
    this.link = new Link({ ...given, hello: () => this.greet(), onFrame, onChange: this.changed });
  }

  start() {
    this.link.connect();
  }

  /** Takes the words; they stay in the outbox until the server has them. Returns their key. */
  say(/** @type {string} */ text, /** @type {string|null} */ conversation = null) {
    const key = this.given.newKey();
    const at = this.clock.now();
    this.outbox.push({ key, conversation, text, at, due: 0, hold: 0, refused: "", code: "" });
    this.flush();
    this.changed();
    return key;
  }

  /** A frame that may be lost (`typing`), or whose answer shows whether it arrived. False while down. */
  send(/** @type {object} */ frame) {
    if (this.link.live) this.link.transmit(frame);
    return this.link.live;
  }

  /** Takes a text out of the outbox, so that its writer may change it. */
  withdraw(/** @type {string} */ key) {
    const entry = this.outbox.find((unsent) => unsent.key === key);
    this.outbox = this.outbox.filter((unsent) => unsent !== entry);
    this.flush();
    this.changed();
    return entry;
  }

  /** @returns {Message[]} in the order of `seq` */
  messages(/** @type {string} */ conversation) {
    const known = this.threads.get(conversation)?.messages ?? new Map();
    return [...known.values()].sort((a, b) => a.seq - b.seq);
  }

  /** What to read on from. Only `state` moves it, because it ends every reading; with a hole, all again. */
  cursor(/** @type {string} */ conversation) {
    const thread = this.threads.get(conversation);
    return thread && !hole(thread) ? thread.version : 0;
  }

  /** Conversation id -> cursor, as the desk's `hello` carries them. */
  cursors() {
    return Object.fromEntries([...this.threads.keys()].map((id) => [id, this.cursor(id)]));
  }

  // --- inside -------------------------------------------------------------------------------------------

  greet() {
    for (const entry of this.outbox) entry.due = entry.hold;
    return this.given.hello(this);
  }

  hear(/** @type {any} */ frame) {
    if (frame.type === "message") this.heardMessage(frame);
    else if (frame.type === "state") this.heardState(frame);
    else if (frame.type === "said") this.heardSaid(frame);
    else if (frame.type === "error" && frame.key) this.heardRefusal(frame);
    this.given.onFrame?.(frame);
    this.flush();
    if (frame.type !== "ping") this.changed();
  }

  thread(/** @type {string} */ id) {
    let thread = this.threads.get(id);
    if (!thread) this.threads.set(id, (thread = { id, version: 0, state: null, messages: new Map(), healed: 0 }));
    return thread;
  }

  heardMessage(/** @type {Message} */ message) {
    const thread = this.thread(message.conversation);
    const known = thread.messages.get(message.seq);
    if (!known || known.version <= message.version) thread.messages.set(message.seq, message);
    if (message.key) this.outbox = this.outbox.filter((entry) => entry.key !== message.key);
    this.mend(thread);
  }

  heardState(/** @type {any} */ state) {
    const thread = this.thread(state.conversation);
    if (state.version >= (thread.state?.version ?? 0)) thread.state = state;
    thread.version = Math.max(thread.version, state.version);
    this.mend(thread);
  }

  /** `said` has no version: what it puts in the thread gives way to the row itself, whenever that comes. */
  heardSaid(/** @type {{key: string, seq: number, at: string, conversation: string}} */ said) {
    const { key, seq, at, conversation } = said;
    const entry = this.outbox.find((unsent) => unsent.key === key);
    if (!entry) return;
    this.outbox = this.outbox.filter((unsent) => unsent !== entry);
    const { messages } = this.thread(conversation);
    const mine = { conversation, seq, version: -1, from: this.given.me, name: "", text: entry.text, at, key };
    if (!messages.has(seq)) messages.set(seq, mine);
  }

  heardRefusal(/** @type {{key: string, code: string, detail: string, retry_after?: number|null}} */ error) {
    const entry = this.outbox.find((unsent) => unsent.key === error.key);
    if (!entry) return;
    entry.code = error.code;
    const wait = error.retry_after ?? PASSING[error.code];
    if (error.code in PASSING) entry.due = entry.hold = this.clock.now() + wait * 1_000;
    else entry.refused = error.detail || error.code;
  }

  /** Sends the first unsent text of each conversation; the next follows its `said`, so that order is kept. */
  flush() {
    this.clock.clearTimeout(this.sending);
    if (!this.link.live) return;
    const now = this.clock.now();
    const lanes = new Set();
    let next = Infinity;
    for (const entry of this.outbox) {
      if (entry.refused || lanes.has(entry.conversation)) continue;
      lanes.add(entry.conversation);
      if (entry.due <= now) {
        entry.due = now + OVERDUE;
        const { key, conversation, text } = entry;
        this.link.transmit({ type: "say", ...(conversation && { conversation }), key, text });
      }
      next = Math.min(next, entry.due);
    }
    if (next < Infinity) this.sending = this.clock.setTimeout(() => this.flush(), next - now);
  }

  /** A hole in `seq` that stays is read again from the start, once for each hole. */
  mend(/** @type {Thread} */ thread) {
    const last = lastSeq(thread);
    if (!hole(thread) || thread.healed === last) return;
    thread.healed = last;
    this.clock.setTimeout(() => {
      if (this.threads.get(thread.id) === thread && hole(thread) && this.link.live) this.link.renew();
    }, HOLE);
  }
}

/** The highest `seq` known to exist. @param {Thread} thread */
function lastSeq(thread) {
  return Math.max(thread.state?.last_seq ?? 0, ...thread.messages.keys());
}

/** Something up to there is missing. @param {Thread} thread */
function hole(thread) {
  return thread.messages.size < lastSeq(thread);
}

/** Tells that somebody types: `on` at most once in 4 s, `off` after 3 s without a key. Never the words. */
export class Typist {
  /** @param {{clock: Clock, send: (on: boolean) => void}} given */
  constructor({ clock, send }) {
    this.clock = clock;
    this.send = send;
    this.on = false;
    this.told = -Infinity;
    this.touched = -Infinity;
  }

  touch() {
    this.touched = this.clock.now();
    this.step();
  }

  /** The words were sent: whoever reads them knows that the typing is over. */
  done() {
    this.on = false;
    this.clock.clearTimeout(this.timer);
  }

  step() {
    this.clock.clearTimeout(this.timer);
    const now = this.clock.now();
    const idleAt = this.touched + 3_000;
    const typing = now < idleAt;
    const due = typing ? now >= this.told + 4_000 : this.on;
    if (due && typing) this.told = now;
    if (due) this.send((this.on = typing));
    if (typing) this.timer = this.clock.setTimeout(() => this.step(), Math.min(this.told + 4_000, idleAt) - now);
  }
}

/** @type {Clock} */
export const browserClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

/** A key that nobody else makes; `randomUUID` is missing without https and on old phones. */
export function newKey() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("-");
}

/** Opens `path` on the page's own origin. */
export function browserSocket(/** @type {string} */ path) {
  return new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
}

/** Keeps a link awake through sleep, lock, loss of network and the back/forward cache. */
export function keepAwake(/** @type {Link} */ link) {
  addEventListener("online", () => link.wake());
  document.addEventListener("visibilitychange", () => document.hidden || link.wake());
  addEventListener("pageshow", (event) => event.persisted && link.wake());
}
