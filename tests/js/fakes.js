// @ts-check
/** A clock that is turned by hand, a line of forty lines to be true to, and what lies between them and goes wrong. */
import { pollSocket } from "../../chatline/static/chat-core.js";

/** Seeded, so that a failing case can be had again (mulberry32). */
export function seeded(/** @type {number} */ seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class FakeClock {
  constructor(random = seeded(1)) {
    this.time = 1_000_000;
    this.random = random;
    /** @type {{at: number, id: number, run: () => void}[]} */
    this.timers = [];
    this.made = 0;
  }

  now() {
    return this.time;
  }

  setTimeout(/** @type {() => void} */ run, /** @type {number} */ ms) {
    const id = ++this.made;
    this.timers.push({ at: this.time + Math.max(0, ms), id, run });
    return id;
  }

  clearTimeout(/** @type {number} */ id) {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  }

  /** Lets `ms` pass, running what falls due in order. */
  pass(/** @type {number} */ ms) {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.clearTimeout(due.id);
      this.time = due.at;
      due.run();
    }
    this.time = end;
  }
}

/** The clock of one device, which may sleep: its timers stand still, what arrives waits, and time goes on elsewhere. */
export class Device {
  constructor(/** @type {FakeClock} */ clock) {
    this.clock = clock;
    this.random = clock.random;
    this.asleep = false;
    this.since = 0;
    this.made = 0;
    /** @type {Map<number, {run: () => void, at: number, timer: number}>} */
    this.timers = new Map();
    /** @type {(() => void)[]} */
    this.held = [];
  }

  now() {
    return this.clock.now();
  }

  setTimeout(/** @type {() => void} */ run, /** @type {number} */ ms, id = ++this.made) {
    const timer = this.clock.setTimeout(() => (this.timers.delete(id), run()), ms);
    this.timers.set(id, { run, at: this.now() + ms, timer });
    return id;
  }

  clearTimeout(/** @type {number} */ id) {
    this.clock.clearTimeout(this.timers.get(id)?.timer ?? 0);
    this.timers.delete(id);
  }

  /** Something reaches the device. */
  arrive(/** @type {() => void} */ run) {
    if (this.asleep) this.held.push(run);
    else run();
  }

  sleep() {
    if (this.asleep) return;
    this.asleep = true;
    this.since = this.now();
    for (const { timer } of this.timers.values()) this.clock.clearTimeout(timer);
  }

  wake() {
    if (!this.asleep) return;
    this.asleep = false;
    for (const [id, { run, at }] of [...this.timers]) this.setTimeout(run, at - this.since, id);
    for (const run of this.held.splice(0)) run();
  }
}

/** The reference: what a line does with one conversation, in the fewest lines that are right. */
export class Line {
  constructor() {
    /** @type {any[]} */
    this.rows = [];
    this.version = 0;
    /** @type {Set<any>} */
    this.sockets = new Set();
    this.down = false;
    /** @type {string[]} codes with which the next that is said is refused */
    this.refusals = [];
    /** @type {Record<string, (socket: any, frame: any) => void>} */
    this.verbs = { hello: this.hello, say: this.say };
  }

  hello(/** @type {any} */ socket, /** @type {any} */ frame) {
    const desk = "cursors" in frame;
    socket.side = desk ? "volunteer" : "visitor";
    socket.cursor = desk ? (frame.cursors.c ?? 0) : frame.after;
    this.sockets.add(socket);
    if (desk) socket.tell({ type: "desk", conversations: ["c"] });
    else socket.tell({ type: "welcome", token: "t", conversation: "c", state: "active", wait: null, version: this.version });
    this.readOn(socket);
  }

  say(/** @type {any} */ socket, /** @type {any} */ { key, text }) {
    let row = this.rows.find((known) => known.key === key);
    const code = row ? undefined : this.refusals.shift();
    if (code) return socket.tell({ type: "error", code, detail: "", key, retry_after: 1 });
    if (!row) this.rows.push((row = { seq: this.rows.length + 1, version: ++this.version, from: socket.side, key, text, at: "" }));
    socket.tell({ type: "said", conversation: "c", key, seq: row.seq, at: "" });
    for (const other of this.sockets) this.readOn(other);
  }

  /** A row that was stored changes: a delivery mark, an erasure. */
  touch(/** @type {number} */ place, /** @type {object} */ change) {
    Object.assign(this.rows[place], change, { version: ++this.version });
    for (const socket of this.sockets) this.readOn(socket);
  }

  readOn(/** @type {any} */ socket) {
    const changed = this.rows.filter((row) => row.version > socket.cursor);
    for (const row of changed) {
      const key = row.from === socket.side ? row.key : null;
      socket.tell({ type: "message", conversation: "c", name: "", ...row, key });
    }
    socket.cursor = this.version;
    socket.tell({ type: "state", conversation: "c", state: "active", version: this.version, last_seq: this.rows.length });
  }

  ping() {
    for (const socket of this.sockets) socket.tell({ type: "ping" });
  }

  /** The processes end, the rows stay. */
  restart(/** @type {FakeClock} */ clock, /** @type {number} */ ms) {
    this.down = true;
    for (const socket of [...this.sockets]) socket.cut();
    clock.setTimeout(() => (this.down = false), ms);
  }

  /** One request: a socket that lives until there is news. Returns what ends it. */
  poll(/** @type {any} */ { frames, wait }, /** @type {FakeClock} */ clock, /** @type {(frames: object[]|null) => void} */ answer) {
    /** @type {any[]} */
    const gathered = [];
    const [{ after }] = frames;
    const isNews = (/** @type {any} */ { type, version }) => type !== "welcome" && type !== "ping" && !(type === "state" && version === after);
    const end = (/** @type {object[]|null} */ answered) => this.sockets.delete(socket) && answer(answered);
    const news = () => gathered.some(isNews) && clock.setTimeout(() => end(gathered), 0);
    const socket = { tell: (/** @type {object} */ frame) => (gathered.push(frame), news()), cut: () => end(null) };
    this.sockets.add(socket);
    for (const frame of frames) this.verbs[frame.type]?.call(this, socket, frame);
    clock.setTimeout(() => end(gathered), wait * 1_000);
    return () => end(null);
  }
}

/**
 * Frames take `delay` ms each way and keep their order; a cut loses whatever is under way.
 * `trouble` may say of a frame to the device that it is `lost`, comes `twice`, or `late` and so out of order.
 */
export class FakeSocket {
  /** @param {Line} line @param {Device} device @param {() => number} delay @param {() => string} trouble */
  constructor(line, device, delay = () => 50, trouble = () => "") {
    this.line = line;
    this.device = device;
    this.clock = device.clock;
    this.delay = delay;
    this.trouble = trouble;
    this.open = true;
    this.cursor = 0;
    this.side = "";
    /** @type {any} */ this.onopen = null;
    /** @type {any} */ this.onmessage = null;
    /** @type {any} */ this.onclose = null;
    this.arrives = { up: 0, down: 0 };
    this.carry("down", () => (line.down ? this.cut() : this.onopen?.()));
  }

  carry(/** @type {"up"|"down"} */ way, /** @type {() => void} */ run, extra = 0) {
    const inOrder = Math.max(this.arrives[way], this.clock.now() + this.delay());
    if (!extra) this.arrives[way] = inOrder;
    const there = way === "up" ? () => !this.line.down && run() : () => this.device.arrive(() => this.open && run());
    this.clock.setTimeout(() => this.open && there(), inOrder + extra - this.clock.now());
  }

  send(/** @type {string} */ text) {
    const frame = JSON.parse(text);
    this.carry("up", () => this.line.verbs[frame.type]?.call(this.line, this, frame));
  }

  tell(/** @type {object} */ frame) {
    const data = JSON.stringify(frame);
    const trouble = this.trouble();
    const hear = () => this.onmessage?.({ data });
    if (trouble !== "lost") this.carry("down", hear, trouble === "late" ? 700 : 0);
    if (trouble === "twice") this.carry("down", hear);
  }

  close() {
    this.die();
  }

  /** The connection is gone, and the device is not told. */
  die() {
    this.open = false;
    this.line.sockets.delete(this);
  }

  cut() {
    if (!this.open) return;
    this.die();
    this.device.arrive(() => this.onclose?.({}));
  }
}

/** What a page does with requests: each takes `delay` ms each way, and `cut` fails those under way. */
export class FakeRequests {
  /** @param {Line} line @param {Device} device @param {() => number} delay */
  constructor(line, device, delay = () => 50) {
    this.line = line;
    this.device = device;
    this.delay = delay;
    /** @type {Set<() => void>} */
    this.underWay = new Set();
    /** @type {any[]} */
    this.sent = [];
  }

  post(/** @type {string} */ body, /** @type {AbortSignal|undefined} */ stop, /** @type {(frames: object[]|null) => void} */ heard) {
    const { clock } = this.device;
    const asked = JSON.parse(body);
    this.sent.push(asked);
    let hangUp = () => false;
    const end = (/** @type {object[]|null} */ frames) => {
      if (!this.underWay.delete(fail)) return;
      hangUp();
      this.device.arrive(() => heard(frames));
    };
    const fail = () => end(null);
    this.underWay.add(fail);
    stop?.addEventListener("abort", fail);
    const back = (/** @type {object[]|null} */ frames) => clock.setTimeout(() => end(frames), this.delay());
    clock.setTimeout(() => {
      if (this.line.down) fail();
      else if (this.underWay.has(fail)) hangUp = this.line.poll(asked, clock, back);
    }, this.delay());
  }

  cut() {
    for (const fail of [...this.underWay]) fail();
  }
}

/**
 * One side of a conversation: its device, its core, and what it sends by; `sockets` are those it opened, newest last.
 * @param {any} Core
 * @param {"visitor"|"volunteer"} me
 * @param {Line} line
 * @param {FakeClock} clock
 * @param {{delay?: () => number, trouble?: () => string, refused?: () => boolean}} more `refused` sockets are closed at once
 */
export function side(Core, me, line, clock, { delay = () => 50, trouble = () => "", refused = () => false } = {}) {
  const device = new Device(clock);
  const requests = new FakeRequests(line, device, delay);
  /** @type {FakeSocket[]} */
  const sockets = [];
  let keys = 0;
  const open = () => {
    const socket = new FakeSocket(line, device, delay, trouble);
    sockets.push(socket);
    if (refused()) clock.setTimeout(() => socket.cut(), delay());
    return socket;
  };
  const core = new Core({
    clock: device,
    open,
    newKey: () => `${me}-${++keys}`,
    me,
    answer: me === "visitor" ? "welcome" : "desk",
    hello: (/** @type {any} */ known) =>
      me === "visitor" ? { type: "hello", after: known.cursor("c") } : { type: "hello", cursors: known.cursors() },
    ...(me === "visitor" && {
      openPoll: (/** @type {() => object} */ hello) =>
        pollSocket(device, hello, (body, stop, heard) => requests.post(body, stop, heard)),
    }),
  });
  const cut = () => {
    sockets.forEach((socket) => socket.cut());
    requests.cut();
  };
  return { core, device, sockets, requests, cut, texts: () => core.messages("c").map((/** @type {any} */ m) => m.text) };
}

/** Lost, doubled and out of order, of `sent` texts on one screen. */
export function faults(/** @type {string[]} */ screen, /** @type {string[]} */ sent) {
  const mine = screen.filter((text) => sent.includes(text));
  return {
    lost: sent.filter((text) => !screen.includes(text)).length,
    doubled: screen.length - new Set(screen).size,
    disordered: mine.filter((text, place) => place > 0 && sent.indexOf(text) < sent.indexOf(mine[place - 1])).length,
  };
}

export const NONE = { lost: 0, doubled: 0, disordered: 0 };
