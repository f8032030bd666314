// @ts-check
/** @import {Clock, SocketLike, LinkOptions, CoreOptions, Message, Unsent, Thread} from "./chat-types.js" */
/**
 * The delivery core of the visitor's page and of the desk: nothing said is lost, shown twice or out of order.
 * It knows no DOM, and takes its clock and its sockets from outside. Frames are those of `consumers/wire.py`.
 */

const DOUBTFUL = 20_000; // The server pings every 15 s: after one missed, the socket is asked.
const ASKED = 1_000; // So long it has before another is opened beside it,
const GONE = 5_000; // and before it is given up.
const HANGS = 10_000; // A first `hello` that has no answer by then gets none.
const HURRY = 400; // A new page then asks by request too: one round trip, where a socket needs three.
const FAILED = 3; // So many sockets in a row, and requests take over;
const AGAIN = 60_000; // so often a socket is tried again.
const LISTENS = 15; // Seconds of one request that listens, short of `DOUBTFUL`;
const BREATH = 250; // so long to the next.
const SLEPT = 5_000; // A second that took so long was slept through.
const OVERDUE = 10_000; // A `say` without `said` is sent again; its key sees to it that it is stored once.
const HOLE = 2_000; // So long a hole in `seq` may stand before all is read again; in vain, twice as long.
/** Refusals that pass, after so many seconds: the `hello` after `token_dead` brings a token that lives. */
const PASSING = /** @type {Record<string, number>} */ ({ slow_down: 2, try_again: 2, token_dead: 0.5 });
/** Close codes: signed out, and no longer on this website. */
const OVER = [4401, 4403];
/** Ended for newer tabs of the same chat or desk: back as late as after so many tries, or tabs would chase one another. */
const CROWDED = 4409;
const PATIENT = 6;

/** Milliseconds before the next try: full jitter over a window that doubles, always from 0.5 to 20 s. */
export function backoff(/** @type {number} */ tries, /** @type {number} */ random) {
  return 500 + random * (Math.min(20_000, 1_000 * 2 ** Math.min(tries, 10)) - 500);
}

/**
 * One socket at a time, always coming back; `hello` is the first frame on each. Where the one there is is in doubt, or
 * is only requests, another is opened beside it, and whichever answers stays: what is in doubt may yet be alive.
 */
export class Link {
  constructor(/** @type {LinkOptions} */ given) {
    this.given = given;
    this.clock = given.clock;
    /** @type {SocketLike|null} */
    this.socket = null;
    /** @type {SocketLike|null} */
    this.beside = null;
    this.live = this.polling = this.stopped = this.signedOut = this.met = false;
    this.tries = this.heard = this.asked = this.compared = 0;
    this.failed = given.slow ? FAILED : 0;
    this.beaten = this.downSince = this.clock.now();
  }

  connect() {
    const { open, openPoll } = this.given;
    this.stopped = false;
    this.clock.clearTimeout(this.retry);
    this.heard = this.clock.now();
    this.polling = !!openPoll && this.failed >= FAILED;
    this.socket = this.meet(this.polling && openPoll ? openPoll : open);
    if (this.polling) this.compare();
    this.beat();
    if (!this.met) this.beatIn(HURRY);
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
    if (this.live) this.ask();
    else if (!this.socket || this.clock.now() - this.heard > GONE) this.renew();
  }

  /** Says hello again: proves the socket alive, and reads on. */
  ask() {
    const now = this.clock.now();
    if (this.polling || now - this.heard > DOUBTFUL || (this.asked && now - this.asked >= ASKED)) this.compare();
    if (this.asked) return;
    this.asked = now;
    this.transmit(this.given.hello());
    this.beatIn(ASKED);
  }

  /** Drops the socket and opens another at once. */
  renew() {
    this.abandon();
    this.connect();
  }

  transmit(/** @type {object} */ frame) {
    this.socket?.send(JSON.stringify(frame));
  }

  // --- inside -------------------------------------------------------------------------------------------

  /** Opens a socket, which is listened to as long as it is one of ours. */
  meet(/** @type {(hello: () => object) => SocketLike} */ open) {
    const socket = open(this.given.hello);
    const ours = () => socket === this.socket || socket === this.beside;
    socket.onopen = () => {
      socket.greeted = ours();
      if (socket.greeted) socket.send(JSON.stringify(this.given.hello()));
    };
    socket.onmessage = (/** @type {{data: string}} */ { data }) => ours() && this.receive(socket, JSON.parse(data));
    socket.onclose = (/** @type {{code: number}} */ { code }) => ours() && this.closed(socket, code);
    return socket;
  }

  /** With `anew` for one whose hello did not know yet what another answered, such as a first token. */
  compare(anew = false) {
    const now = this.clock.now();
    if (this.beside && !anew && now - this.compared < HANGS) return;
    this.beside?.close();
    this.compared = now;
    this.beside = this.meet(this.given.open);
  }

  hurry() {
    const { openPoll } = this.given;
    if (!openPoll) return;
    this.beside = this.socket;
    this.compared = this.heard;
    this.polling = true;
    this.socket = this.meet(openPoll);
  }

  receive(/** @type {SocketLike} */ socket, /** @type {any} */ frame) {
    if (frame.type === this.given.answer) this.answered(socket);
    if (socket !== this.socket) return;
    if (this.live) this.heard = this.clock.now();
    this.given.onFrame(frame);
  }

  /** Requests that are answered do not stand in the way of a socket that may be yet. */
  answered(/** @type {SocketLike} */ socket) {
    const fresh = socket !== this.socket;
    const other = fresh ? this.socket : this.beside;
    if (fresh || !this.polling) {
      this.socket = socket;
      this.beside = null;
      this.polling = false;
      this.failed = 0;
      other?.close();
    }
    this.tries = this.asked = 0;
    this.met = true;
    if (this.live && !fresh) return;
    this.live = true;
    if (this.beside?.greeted) this.compare(true);
    this.given.onUp?.();
  }

  abandon() {
    const { socket, beside } = this;
    this.socket = this.beside = null;
    this.down();
    socket?.close();
    beside?.close();
  }

  down() {
    if (this.live) this.downSince = this.clock.now();
    this.live = this.polling = false;
    this.asked = 0;
  }

  closed(/** @type {SocketLike} */ socket, /** @type {number} */ code) {
    if (OVER.includes(code)) {
      this.signedOut = true;
      this.stop();
      this.given.onChange();
    } else if (socket === this.beside) this.beside = null;
    else {
      if (code === CROWDED) this.tries = PATIENT;
      this.lost();
    }
  }

  lost() {
    const { socket, beside, polling } = this;
    if (!this.live) this.failed++;
    this.down();
    this.socket = beside;
    this.beside = null;
    socket?.close();
    this.heard = beside ? this.compared : this.clock.now();
    if (!beside) {
      const atOnce = this.given.openPoll && !polling && this.failed === FAILED;
      const wait = atOnce ? 0 : backoff(this.tries, this.clock.random());
      this.tries++;
      this.retry = this.clock.setTimeout(() => this.connect(), wait);
    }
    this.given.onChange();
  }

  beatIn(/** @type {number} */ ms) {
    this.clock.clearTimeout(this.guard);
    this.guard = this.clock.setTimeout(() => this.beat(), ms);
  }

  /** Each second: timers stand still while the device sleeps, the clock does not. */
  beat() {
    const now = this.clock.now();
    const slept = now - this.beaten > SLEPT;
    const asked = this.asked && now - this.asked;
    const quiet = now - this.heard;
    this.beaten = now;
    this.beatIn(1_000);
    if (slept) this.wake();
    else if (!this.socket) return;
    else if (asked >= GONE || (!this.live && quiet >= HANGS)) this.lost();
    else if (asked >= ASKED || (this.polling && now - this.compared >= AGAIN)) this.compare();
    else if (this.live && quiet >= DOUBTFUL) this.ask();
    else if (!this.met && !this.polling && quiet >= HURRY) this.hurry();
  }
}

/**
 * Looks like a socket and is requests, for where sockets are not let through: one that listens, and one for each frame
 * that is said. Each begins with a `hello` of its own, so the server keeps nothing between them.
 *
 * @param {Clock} clock
 * @param {() => object} hello
 * @param {(body: string, stop: AbortSignal|undefined, heard: (frames: object[]|null) => void) => void} post frames out
 *   and back, null if that failed
 * @returns {SocketLike}
 */
export function pollSocket(clock, hello, post) {
  let open = true;
  let listening = new AbortController();
  /** @type {(frames: object[], wait: number, stop?: AbortSignal, next?: () => void) => void} */
  const ask = (frames, wait, stop, next) =>
    post(JSON.stringify({ frames: [hello(), ...frames], wait }), stop, (heard) => {
      const heeded = () => open && !stop?.aborted;
      for (const frame of heard ?? []) if (heeded()) socket.onmessage({ data: JSON.stringify(frame) });
      if (!heeded()) return;
      if (heard) return next?.();
      socket.close();
      socket.onclose({ code: 1006 });
    });
  const listen = (/** @type {number} */ wait) => {
    listening.abort();
    const { signal } = (listening = new AbortController());
    ask([], wait, signal, () => clock.setTimeout(() => signal.aborted || listen(LISTENS), BREATH));
  };
  const socket = /** @type {SocketLike} */ ({
    send(text) {
      const frame = JSON.parse(text);
      if (frame.type === "hello") listen(0);
      else if (frame.type !== "typing") ask([frame], 0);
    },
    close() {
      open = false;
      listening.abort(); // what is being said is let through
    },
  });
  clock.setTimeout(() => open && socket.onopen(), 0);
  return socket;
}

/** What one client knows: its threads, what it has yet to send, and the link that keeps both true. */
export class ChatCore {
  constructor(/** @type {CoreOptions} */ given) {
    this.given = given;
    this.clock = given.clock;
    this.changed = given.onChange ?? (() => {});
    /** @type {Map<string, Thread>} in the order in which they were first heard of */
    this.threads = new Map();
    /** @type {Unsent[]} in the order in which they were written */
    this.outbox = [];
    const onFrame = (/** @type {any} */ frame) => this.hear(frame);
    const hello = () => given.hello(this);
    this.link = new Link({ ...given, hello, onFrame, onChange: this.changed, onUp: () => this.sendAgain() });
  }

  start() {
    this.link.connect();
  }

  /** Takes the words; they stay in the outbox until the server has them. Returns their key. */
  say(/** @type {string} */ text, /** @type {string|null} */ conversation = null) {
    const key = this.given.newKey();
    const at = this.clock.now();
    this.outbox.push({ key, conversation, text, at, due: 0, hold: 0, refused: "", code: "" });
    if (!this.link.socket) this.link.wake();
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

  /** On a new connection nobody knows what of the outbox arrived by the one before. */
  sendAgain() {
    for (const entry of this.outbox) entry.due = entry.hold;
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

  heardRefusal(/** @type {{key: string, code: string, detail: string, retry_after?: number|null, proof?: string|null}} */ error) {
    const entry = this.outbox.find((unsent) => unsent.key === error.key);
    if (!entry) return;
    entry.code = error.code;
    const wait = error.retry_after ?? PASSING[error.code];
    if (error.code in PASSING) entry.due = entry.hold = this.clock.now() + wait * 1_000;
    else entry.refused = error.detail || error.code;
    if (error.proof) this.prove(entry, error.proof);
  }

  /** Meanwhile the text goes out as often as it would anyway: a proof only makes it sooner. */
  prove(/** @type {Unsent} */ entry, /** @type {string} */ challenge) {
    if (entry.challenge === challenge) return;
    entry.challenge = challenge;
    const found = (/** @type {string} */ answer) => {
      if (entry.challenge !== challenge) return; // The tab has another token by now.
      entry.proof = answer;
      entry.due = entry.hold = 0;
      this.flush();
    };
    import("./proof.js").then(({ prove }) => prove(challenge, this.clock, found)).catch(() => (entry.challenge = ""));
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
        const { key, conversation, text, proof } = entry;
        this.link.transmit({ type: "say", ...(conversation && { conversation }), key, text, ...(proof && { proof }) });
      }
      next = Math.min(next, entry.due);
    }
    if (next < Infinity) this.sending = this.clock.setTimeout(() => this.flush(), next - now);
  }

  /** A hole in `seq` that stays is read again from the start. */
  mend(/** @type {Thread} */ thread) {
    if (!hole(thread)) thread.healed = 0;
    else thread.mending ??= this.clock.setTimeout(() => this.heal(thread), HOLE * 2 ** Math.min(thread.healed, 5));
  }

  heal(/** @type {Thread} */ thread) {
    thread.mending = undefined;
    if (this.threads.get(thread.id) !== thread || !hole(thread)) return;
    thread.healed++;
    if (this.link.live) this.link.ask();
    this.mend(thread);
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

/** What takes over from `browserSocket` where sockets are not let through. What is said outlives the page. */
export function browserPoll(/** @type {string} */ path, /** @type {() => object} */ hello) {
  return pollSocket(browserClock, hello, (body, signal, heard) => {
    const headers = { "Content-Type": "application/json" };
    // With the page's own credentials, so that its connection is used again: a new one costs a round trip.
    fetch(path, { method: "POST", body, headers, signal, keepalive: !signal })
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null)
      .then(heard);
  });
}

/** Keeps a link awake through sleep, lock, loss of network and the back/forward cache. */
export function keepAwake(/** @type {Link} */ link) {
  addEventListener("online", () => link.wake());
  for (const event of ["visibilitychange", "resume"]) document.addEventListener(event, () => document.hidden || link.wake());
  addEventListener("pageshow", (event) => event.persisted && link.wake());
}
