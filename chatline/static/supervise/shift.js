// @ts-check
/** Who is on shift with how many people, and the lines that can be paused. */
import { KeyedList, byId, clone, set, setOrHide, tell } from "../staff/dom.js";

export class Shift {
  /** @param {{ask: (frame: object) => boolean}} given */
  constructor({ ask }) {
    this.colleagues = new KeyedList(byId("colleagues"), {
      id: (/** @type {any} */ one) => one.id,
      make: () => clone("colleague-card"),
      fill: fillColleague,
    });
    this.lines = [...byId("lines").children].map((node) => new LineCard(node, ask));
  }

  /** @param {any} shift the last `shift` frame, or null */
  show(shift) {
    const colleagues = shift?.colleagues ?? [];
    this.colleagues.show(colleagues);
    setOrHide(byId("colleagues-more"), shift?.more ? tell("more-wait", { n: shift.more }) : "");
    byId("nobody").hidden = colleagues.length > 0;
    for (const line of this.lines) line.show(shift?.paused.includes(line.slug));
  }
}

function fillColleague(/** @type {any} */ parts, /** @type {any} */ one, /** @type {HTMLElement} */ node) {
  node.dataset.staff = one.id;
  node.dataset.free = String(isFree(one));
  set(parts.name, one.name);
  set(parts.role, one.supervises ? tell("supervisor") : "");
  set(parts.state, tell(one.away ? "away" : one.ready ? "ready" : "not-ready"));
  const taken = tell("seats", { held: one.held, seats: one.seats });
  set(parts.held, taken);
  set(parts.seats, "●".repeat(Math.min(one.held, 9)) + "○".repeat(Math.max(0, one.seats - one.held)));
}

/** Whether somebody who waits can be given to them now. @param {any} colleague */
export function isFree({ ready, away, held, seats }) {
  return ready && !away && held < seats;
}

class LineCard {
  /** @param {any} node @param {(frame: object) => boolean} ask */
  constructor(node, ask) {
    this.slug = node.dataset.line;
    const found = [...node.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]);
    /** @type {any} */
    this.parts = Object.fromEntries(found);
    this.paused = false;
    this.asking = false;
    const { parts, slug } = this;
    parts.open.addEventListener("click", () => this.askForWords(true));
    parts.not.addEventListener("click", () => this.askForWords(false));
    parts.resume.addEventListener("click", () => ask({ type: "pause", line: slug, on: false }));
    parts.pause.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      // What was written stays in the form until the line is seen to be paused.
      ask({ type: "pause", line: slug, on: true, words: parts.words.value.trim() });
    });
  }

  askForWords(/** @type {boolean} */ on) {
    this.asking = on;
    this.show(this.paused);
    (on ? this.parts.words : this.parts.open).focus();
  }

  show(/** @type {boolean|undefined} */ paused) {
    const { parts } = this;
    const done = paused && this.asking;
    this.paused = Boolean(paused);
    if (paused) this.asking = false;
    parts.pause.hidden = !this.asking;
    parts.open.hidden = this.asking || this.paused;
    parts.resume.hidden = !this.paused;
    set(parts.state, tell(paused ? "paused" : "open"));
    parts.state.classList.toggle("stopped", this.paused);
    if (!done) return;
    parts.words.value = "";
    parts.resume.focus();
  }
}
