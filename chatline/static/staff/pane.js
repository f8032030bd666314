// @ts-check
/** One conversation on the desk: its log, its composer with a draft of its own, and what may be done with it. */
import { Typist, browserClock } from "../chat-core.js";
import { type } from "./box.js";
import { Cost } from "./cost.js";
import { clone, set, setLevel, setOrHide, tell } from "./dom.js";
import { Doubt } from "./doubt.js";
import { End } from "./end.js";
import { Guard } from "./guard.js";
import { Guide } from "./guide.js";
import { whoElse } from "./here.js";
import { Handing } from "./handing.js";
import { Log, fate } from "./log.js";
import { Pace, turnOf, wrote } from "./pace.js";
import { Replies } from "./replies.js";
import { secondsUntil } from "./times.js";
import { WrapUp } from "./wrapup.js";

const MOST = 2_000;
const COUNT_FROM = 1_800;

/** @typedef {import("../chat-core.js").ChatCore} ChatCore */

export class Pane {
  /**
   * @param {string} id the conversation
   * @param {number} band 1 to 4, the colour that tells it from its neighbours
   * @param {{core: ChatCore, say: (words: string) => void, onRead: () => void, onDismiss: (id: string) => void, guard?: Guard, draft?: string}} given
   *   `guard` is shared by all conversations of a page; `draft` is what was written here before a reload
   */
  constructor(id, band, { core, say, onRead, onDismiss, guard = new Guard(), draft = "" }) {
    this.id = id;
    this.band = band;
    this.core = core;
    this.say = say;
    this.seen = 0;
    this.typingUntil = 0;
    this.typingBy = "visitor";
    this.refused = "";
    const { node, parts } = clone("pane");
    this.node = node;
    this.parts = parts;
    node.classList.add(`band-${band}`);
    node.dataset.conversation = id;
    this.log = new Log(parts.log, { onChange: (key) => this.takeBack(key), onAgain: (seq) => this.sendAgain(seq) });
    this.end = new End(parts.scroll);
    this.cost = new Cost(/** @type {any} */ (parts));
    this.typist = new Typist({ clock: browserClock, send: (on) => core.send({ type: "typing", conversation: id, on }) });
    this.doubt = new Doubt(guard, id, parts, () => this.send());
    this.pace = new Pace(parts, (words) => type(parts.text, words));
    this.guide = new Guide(this);
    this.replies = new Replies(this, clone("replies"));
    this.wrapUp = new WrapUp(this);
    this.handing = new Handing(this);
    this.listen(onRead, onDismiss);
    parts.text.value = draft;
    if (draft) this.count();
    setTimeout(() => parts.log.setAttribute("aria-live", "polite"), 1_500); // the history is not read out
  }

  get state() {
    return this.core.threads.get(this.id)?.state ?? null;
  }

  get messages() {
    return this.core.messages(this.id);
  }

  get handle() {
    return this.state?.handle ?? "";
  }

  /** How many of their messages came since this pane was last looked at, or answered from another page. */
  get unread() {
    const answered = this.messages.findLast(({ from }) => from === "volunteer")?.seq ?? 0;
    const seen = Math.max(this.seen, answered);
    return this.messages.filter((message) => message.from === "visitor" && message.seq > seen).length;
  }

  /** How late an answer is; "" while none is owed, or none can reach them. */
  get turn() {
    return turnOf(this.state, this.messages);
  }

  /** Something is written here that was not sent. */
  get draft() {
    return this.parts.text.value;
  }

  /** When they last wrote, or undefined. */
  get lastTheirs() {
    return this.messages.filter((message) => message.from === "visitor").at(-1)?.at;
  }

  /** Whether the last text to them did not arrive, or may not have. */
  get trouble() {
    const last = this.messages.findLast((message) => message.from !== "visitor");
    return Boolean(last) && ["failed", "unsure"].includes(fate(/** @type {any} */ (last)).look);
  }

  get typingName() {
    return this.typingBy === "visitor" ? this.handle : this.state.joined.join(", ");
  }

  get byText() {
    return this.state?.medium === "sms";
  }

  get unsent() {
    return this.core.outbox.filter((entry) => entry.conversation === this.id);
  }

  // --- doing --------------------------------------------------------------------------------------------

  listen(/** @type {() => void} */ onRead, /** @type {(id: string) => void} */ onDismiss) {
    const { parts } = this;
    const ask = (/** @type {{type: string, undo?: boolean}} */ frame) => () => {
      this.refuse("", "");
      this.core.send({ conversation: this.id, ...frame });
    };
    parts.undo.addEventListener("click", ask({ type: "close", undo: true }));
    parts.flag.addEventListener("click", () => this.askForNote(true));
    parts["raise-not"].addEventListener("click", () => this.askForNote(false));
    parts.raise.addEventListener("submit", (/** @type {Event} */ event) => this.raise(event));
    parts.reply.addEventListener("submit", (/** @type {Event} */ event) => this.send(event));
    parts.text.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    parts.text.addEventListener("input", () => this.typed());
    parts.dismiss.addEventListener("click", () => onDismiss(this.id));
    this.node.addEventListener("focusin", onRead);
    this.node.addEventListener("pointerdown", onRead);
  }

  key(/** @type {KeyboardEvent} */ event) {
    if (this.replies.key(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    if (!event.repeat) this.send();
  }

  typed() {
    this.doubt.typed();
    this.count();
    if (this.parts.text.value.trim()) this.typist.touch();
  }

  count() {
    const over = this.length() - MOST;
    set(this.parts["left-count"], over > 0 ? tell("over", { n: over }) : over > COUNT_FROM - MOST ? tell("left", { n: -over }) : "");
    this.cost.show(this.byText);
    this.replies.typed();
  }

  length() {
    return [...this.parts.text.value.trim()].length;
  }

  send(/** @type {Event|undefined} */ event = undefined) {
    event?.preventDefault();
    const text = this.parts.text.value.trim();
    if (!text || this.length() > MOST) return;
    if (!this.doubt.lets()) return;
    this.parts.text.value = "";
    this.typist.done();
    this.core.say(text, this.id);
    this.count();
    this.refuse("", "");
    this.show();
    this.toEnd();
  }

  takeBack(/** @type {string} */ key) {
    const { text } = this.parts;
    text.value = [this.core.withdraw(key)?.text, text.value].filter(Boolean).join("\n");
    text.focus();
    this.typed();
  }

  sendAgain(/** @type {number} */ seq) {
    this.refuse("", "");
    const asked = this.core.send({ type: "resend", conversation: this.id, seq });
    if (asked) setTimeout(() => this.afterAsking());
    return asked;
  }

  /** The button that had the focus goes. */
  afterAsking() {
    this.show();
    this.parts.log.focus({ preventScroll: true });
  }

  askForNote(/** @type {boolean} */ on) {
    this.parts.raise.hidden = !on;
    this.parts.flag.hidden = on;
    (on ? this.parts.note : this.parts.flag).focus();
  }

  raise(/** @type {Event} */ event) {
    event.preventDefault();
    const sent = this.core.send({ type: "flag", conversation: this.id, note: this.parts.note.value.trim() });
    if (!sent) return;
    this.parts.note.value = "";
    this.askForNote(false);
  }

  /** The reason for the last refusal stands here until it no longer holds, or something else is tried. */
  refuse(/** @type {string} */ words, /** @type {string} */ code) {
    this.refused = code;
    if (code) this.log.asked.clear();
    set(this.parts.alert, words);
  }

  /** `by` is the person, or a supervisor who has joined. */
  typing(/** @type {boolean} */ on, by = "visitor") {
    this.typingUntil = on ? Date.now() + 6_000 : 0;
    this.typingBy = by;
  }

  read() {
    this.seen = this.messages.at(-1)?.seq ?? 0;
  }

  // --- showing ------------------------------------------------------------------------------------------

  show(held = true) {
    const { parts, state } = this;
    if (state) this.showState(state);
    const weak = !this.core.link.live && Date.now() - this.core.link.downSince > 2_000;
    const { byText } = this;
    this.log.show({ messages: this.messages, outbox: this.unsent, handle: this.handle, byText, weak });
    const typing = this.typingUntil > Date.now() ? tell("typing", { name: this.typingName }) : "";
    set(parts.typing, typing || (byText ? tell("sms-slow") : ""));
    for (const part of ["reply", "actions"]) parts[part].hidden = !held;
    parts.gone.hidden = parts.dismiss.hidden = held;
    if (!held) parts.raise.hidden = true;
    this.guide.show(held);
    this.wrapUp.show(state, held);
    this.wrapUp.follow(state);
    this.handing.show(held);
    this.end.keep();
  }

  showState(/** @type {any} */ state) {
    const { parts } = this;
    set(parts.handle, state.handle);
    set(parts["handle-again"], state.handle);
    this.node.setAttribute("aria-label", state.handle);
    setLevel(parts.level, state.level);
    set(parts.medium, tell(state.medium));
    set(parts.line, state.line);
    set(parts.age, this.lastTheirs ? wrote(this.lastTheirs) : "");
    setOrHide(parts.here, whoElse(state));
    parts.drill.hidden = !state.drill;
    parts.returning.hidden = !state.returning;
    parts.unscreened.hidden = !state.unscreened;
    parts.left.hidden = !state.left || state.left_fast;
    parts.away.hidden = !state.away;
    parts["left-fast"].hidden = !state.left_fast;
    setOrHide(parts.feeling, state.feeling ? tell("feeling", { n: state.feeling }) : "");
    parts.unreachable.hidden = state.reachable;
    parts["erase-asked"].hidden = !state.erase_asked;
    setOrHide(parts.flags, state.open_flags > 1 ? tell("many-flags", { n: state.open_flags }) : state.open_flags ? tell("one-flag") : "");
    parts.closing.hidden = !state.closing_at;
    set(parts["closing-words"], state.closing_at ? tell("closing") : "");
    set(parts.countdown, state.closing_at ? tell("seconds", { n: secondsUntil(state.closing_at) }) : "");
    parts.close.hidden = Boolean(state.closing_at);
    this.pace.show(state, this.messages);
    if (this.refused === "open_flag" && !state.open_flags) this.refuse("", "");
    if (this.refused === "risk_not_asked" && state.risk_asked) this.refuse("", "");
  }

  toEnd() {
    this.end.go();
  }
}
