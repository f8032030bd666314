// @ts-check
/** A clock that is turned by hand, a line of forty lines to be true to, and sockets between them that can be cut. */

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

/** The reference: what a line does with one conversation, in the fewest lines that are right. */
export class Line {
  constructor() {
    /** @type {any[]} */
    this.rows = [];
    this.version = 0;
    /** @type {Set<FakeSocket>} */
    this.sockets = new Set();
    /** @type {Record<string, (socket: FakeSocket, frame: any) => void>} */
    this.verbs = { hello: this.hello, say: this.say };
  }

  hello(/** @type {FakeSocket} */ socket, /** @type {any} */ frame) {
    const desk = "cursors" in frame;
    socket.side = desk ? "volunteer" : "visitor";
    socket.cursor = desk ? (frame.cursors.c ?? 0) : frame.after;
    this.sockets.add(socket);
    if (desk) socket.tell({ type: "desk", conversations: ["c"] });
    else socket.tell({ type: "welcome", token: "t", conversation: "c", state: "active", wait: null, version: this.version });
    this.readOn(socket);
  }

  say(/** @type {FakeSocket} */ socket, /** @type {any} */ { key, text }) {
    let row = this.rows.find((known) => known.key === key);
    if (!row) this.rows.push((row = { seq: this.rows.length + 1, version: ++this.version, from: socket.side, key, text, at: "" }));
    socket.tell({ type: "said", conversation: "c", key, seq: row.seq, at: "" });
    for (const other of this.sockets) this.readOn(other);
  }

  /** A row that was stored changes: a delivery mark, an erasure. */
  touch(/** @type {number} */ place, /** @type {object} */ change) {
    Object.assign(this.rows[place], change, { version: ++this.version });
    for (const socket of this.sockets) this.readOn(socket);
  }

  readOn(/** @type {FakeSocket} */ socket) {
    const changed = this.rows.filter((row) => row.version > socket.cursor);
    for (const row of changed) {
      const key = row.from === socket.side ? row.key : null;
      socket.tell({ type: "message", conversation: "c", name: "", ...row, key });
    }
    socket.cursor = this.version;
    socket.tell({ type: "state", conversation: "c", state: "active", version: this.version, last_seq: this.rows.length });
  }
}

/** Frames take `delay` ms each way and keep their order; a cut loses whatever is under way. */
export class FakeSocket {
  /** @param {Line} line @param {FakeClock} clock @param {() => number} delay */
  constructor(line, clock, delay = () => 50) {
    this.line = line;
    this.clock = clock;
    this.delay = delay;
    this.open = true;
    this.cursor = 0;
    this.side = "";
    /** @type {any} */ this.onopen = null;
    /** @type {any} */ this.onmessage = null;
    /** @type {any} */ this.onclose = null;
    this.arrives = { up: 0, down: 0 };
    this.carry("down", () => this.onopen?.());
  }

  carry(/** @type {"up"|"down"} */ way, /** @type {() => void} */ run) {
    const at = (this.arrives[way] = Math.max(this.arrives[way], this.clock.now() + this.delay()));
    this.clock.setTimeout(() => this.open && run(), at - this.clock.now());
  }

  send(/** @type {string} */ text) {
    const frame = JSON.parse(text);
    this.carry("up", () => this.line.verbs[frame.type]?.call(this.line, this, frame));
  }

  tell(/** @type {object} */ frame) {
    const data = JSON.stringify(frame);
    this.carry("down", () => this.onmessage?.({ data }));
  }

  close() {
    this.open = false;
    this.line.sockets.delete(this);
  }

  cut() {
    if (!this.open) return;
    this.close();
    this.onclose?.({});
  }
}

/** One side of a conversation on a line of its own sockets. `sockets` collects them, the newest last. */
export function side(
  /** @type {any} */ Core, /** @type {"visitor"|"volunteer"} */ me, /** @type {Line} */ line, /** @type {FakeClock} */ clock, delay = () => 50,
) {
  /** @type {FakeSocket[]} */
  const sockets = [];
  let keys = 0;
  const core = new Core({
    clock,
    open: () => (sockets.push(new FakeSocket(line, clock, delay)), sockets.at(-1)),
    newKey: () => `${me}-${++keys}`,
    me,
    answer: me === "visitor" ? "welcome" : "desk",
    hello: (/** @type {any} */ known) =>
      me === "visitor" ? { type: "hello", after: known.cursor("c") } : { type: "hello", cursors: known.cursors() },
  });
  return { core, sockets, cut: () => sockets.at(-1)?.cut(), texts: () => core.messages("c").map((/** @type {any} */ m) => m.text) };
}
