// @ts-check
/** A volunteer's shift: the short look round before it begins, being ready, and its end. */
import { byId, set, tell } from "./dom.js";

/** Milliseconds of a round trip that nobody notices, and that everybody does. */
const QUICK = 300;
const SLOW = 1_000;

export class Shift {
  /**
   * @param {{core: import("../chat-core.js").ChatCore, say: (words: string) => void, ask: (frame: object) => boolean}} given
   *   `ask` sends a frame, and is false while there is no connection
   */
  constructor({ core, say, ask }) {
    this.core = core;
    this.say = say;
    this.ask = ask;
    /** @type {any} the last `desk` frame */
    this.desk = null;
    /** @type {any} the last `shift` frame */
    this.colleagues = null;
    this.held = 0;
    /** Asked for here, so that the focus goes along. */
    this.turning = false;
    /** Begun, and on the way to being ready: the page changes over once it is. */
    this.beginning = false;
    this.asked = 0;
    /** @type {number|null} milliseconds of the last round trip */
    this.trip = null;
    byId("start").addEventListener("submit", (/** @type {Event} */ event) => this.begin(event));
    byId("start").addEventListener("change", () => this.showAdvice());
    byId("one-seat").addEventListener("click", () => this.takeOneSeat());
    byId("ready").addEventListener("click", () => ask({ type: "ready", on: !this.desk?.ready }));
    byId("seats").addEventListener("change", () => ask({ type: "ready", on: Boolean(this.desk?.ready), seats: Number(byId("seats").value) }));
    byId("end-shift").addEventListener("click", () => this.end());
  }

  /** While somebody is held there is work, begun or not. */
  get on() {
    return Boolean(this.desk && (this.desk.begun_at || this.held));
  }

  /** The names of those who supervise now, without one's own. */
  get supervisor() {
    const here = (this.colleagues?.colleagues ?? []).filter((/** @type {any} */ one) => one.supervises && !one.away);
    return here.map((/** @type {any} */ { name }) => name).filter((/** @type {string} */ name) => name !== this.desk?.name).join(", ");
  }

  heardDesk(/** @type {any} */ frame) {
    const first = !this.desk;
    this.desk = frame;
    if (this.asked) this.trip = performance.now() - this.asked;
    this.asked = 0;
    if (first) byId("start").elements.seats.value = String(frame.seats);
  }

  // --- doing --------------------------------------------------------------------------------------------

  begin(/** @type {Event} */ event) {
    event.preventDefault();
    const seats = Number(byId("start").elements.seats.value);
    this.turning = this.beginning = this.ask({ type: "begin" }) && this.ask({ type: "ready", on: true, seats });
  }

  end() {
    if (!this.held) this.turning = this.ask({ type: "begin", on: false });
    else if (this.ask({ type: "ready", on: false })) this.say(tell("end-later"));
  }

  takeOneSeat() {
    byId("start").elements.seats.value = "1";
    this.say(tell("one-seat"));
  }

  /** How long an answer takes: asked once a connection, while anybody looks. */
  measure() {
    const { link } = this.core;
    if (!link.live) this.trip = null;
    if (!link.live || this.trip !== null || this.asked) return;
    this.asked = performance.now();
    link.ask();
  }

  // --- showing ------------------------------------------------------------------------------------------

  show(/** @type {number} */ held) {
    this.held = held;
    if (this.desk?.ready || !this.core.link.live) this.beginning = false;
    const looking = Boolean(this.desk) && (!this.on || this.beginning);
    const before = byId("start").hidden;
    byId("start").hidden = !looking;
    byId("presence").hidden = byId("with-you").hidden = looking || !this.desk;
    byId("empty").hidden = looking || !this.desk || held > 0;
    if (looking) this.showLook();
    else this.showPresence();
    if (before === looking) this.turned(looking);
  }

  /** The page has changed over: whoever asked for it is taken along and told, and nothing private stays. */
  turned(/** @type {boolean} */ looking) {
    if (!looking) {
      for (const one of byId("start").elements.today) one.checked = false;
      this.showAdvice();
    }
    if (!this.turning) return;
    this.turning = false;
    byId(looking ? "start-title" : "take").focus();
    this.say(tell(looking ? "shift-over" : "shift-begun"));
  }

  showLook() {
    this.measure();
    const { live } = this.core.link;
    const speed = this.trip === null ? "measuring" : this.trip < QUICK ? "quick" : this.trip < SLOW ? "fair" : "slow";
    set(byId("connection"), tell(live ? `trip.${speed}` : "trip.none"));
    const name = this.supervisor;
    const words = name ? "supervising" : this.desk.supervises ? "supervising-alone" : "supervised-by-nobody";
    set(byId("supervising"), this.colleagues ? tell(words, { name }) : "");
  }

  showAdvice() {
    const low = byId("start").elements.today.value === "low";
    byId("advice").hidden = !low;
    set(byId("advice-words"), low ? tell(this.supervisor ? "advice" : "advice-alone", { name: this.supervisor }) : "");
  }

  showPresence() {
    byId("take").disabled = !this.core.link.live;
    if (!this.desk) return;
    byId("ready").setAttribute("aria-checked", String(this.desk.ready));
    set(byId("ready-words"), tell(this.desk.ready ? "ready" : "not-ready"));
    if (document.activeElement !== byId("seats")) byId("seats").value = String(this.desk.seats);
  }
}
