// @ts-check
/** One conversation that a supervisor has open: what is said, what stands beside it, and what they may do in it. */
import { clone, set, setLevel, setOrHide, tell } from "../staff/dom.js";
import { End } from "../staff/end.js";
import { Log } from "../staff/log.js";
import { age, minutesSince } from "../staff/times.js";
import { Beside } from "./beside.js";
import { Composer } from "./composer.js";

/** @typedef {import("../chat-core.js").ChatCore} ChatCore */
/** @typedef {"join"|"take_over"} Grave what is asked again before it is done */

export class View {
  /**
   * @param {string} id the conversation
   * @param {{core: ChatCore, name: string, ask: (frame: object) => boolean, emergencies: import("./emergency.js").Emergencies, onRead: () => void, onDismiss: () => void}} given
   */
  constructor(id, { core, name, ask, emergencies, onRead, onDismiss }) {
    this.id = id;
    this.core = core;
    this.name = name;
    this.ask = ask;
    this.emergencies = emergencies;
    this.seen = 0;
    this.typist = { by: "", until: 0 };
    /** @type {Grave|""} */
    this.sure = "";
    /** What was whispered last, until it is seen to be kept. */
    this.whispered = "";
    const { node, parts } = clone("view");
    this.node = node;
    this.parts = parts;
    node.dataset.conversation = id;
    this.log = new Log(parts.log, {
      onChange: (key) => this.composer.putBack(core.withdraw(key)?.text ?? ""),
      onAgain: (seq) => core.send({ type: "resend", conversation: id, seq }),
    });
    this.end = new End(parts.scroll);
    this.beside = new Beside(parts);
    this.composer = new Composer(parts, {
      isText: () => this.state?.medium === "sms",
      say: (text) => this.say(text),
      typing: (on) => core.send({ type: "typing", conversation: id, on }),
    });
    this.listen(onRead, onDismiss);
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

  get unread() {
    return this.messages.filter((message) => message.from === "visitor" && message.seq > this.seen).length;
  }

  get unsent() {
    return this.core.outbox.filter((entry) => entry.conversation === this.id);
  }

  /** Words that would be lost if this went. */
  get isUnfinished() {
    const { parts } = this;
    return Boolean(this.unsent.length || parts.text.value.trim() || parts.whispered.value.trim() || parts.slot.firstChild);
  }

  // --- doing --------------------------------------------------------------------------------------------

  listen(/** @type {() => void} */ onRead, /** @type {() => void} */ onDismiss) {
    const { parts, id } = this;
    parts.join.addEventListener("click", () => this.askAgain("join"));
    parts["take-over"].addEventListener("click", () => this.askAgain("take_over"));
    parts.yes.addEventListener("click", () => this.doIt());
    parts.no.addEventListener("click", () => this.doNot());
    parts.leave.addEventListener("click", () => this.ask({ type: "watch", conversation: id, on: false }));
    parts.emergency.addEventListener("click", () => this.writeEmergency());
    parts.whisper.addEventListener("submit", (/** @type {Event} */ event) => this.whisper(event));
    parts.dismiss.addEventListener("click", onDismiss);
    this.node.addEventListener("focusin", onRead);
    this.node.addEventListener("pointerdown", onRead);
  }

  /** The person, or a colleague, is told at once: so it is asked once more. */
  askAgain(/** @type {Grave} */ what) {
    this.sure = what;
    this.show();
    this.parts.yes.focus();
  }

  doIt() {
    this.ask({ type: this.sure, conversation: this.id });
    this.sure = "";
    this.show();
    this.node.focus();
  }

  doNot() {
    const button = this.parts[this.sure === "join" ? "join" : "take-over"];
    this.sure = "";
    this.show();
    button.focus();
  }

  writeEmergency() {
    this.emergencies.open(this.parts.slot, this.id, () => {
      this.parts.slot.replaceChildren();
      this.parts.emergency.focus();
    });
  }

  whisper(/** @type {Event} */ event) {
    event.preventDefault();
    const text = this.parts.whispered.value.trim();
    if (text && this.ask({ type: "whisper", conversation: this.id, text })) this.whispered = text;
  }

  /** Written beside the talk. A whisper of ours that is seen to be kept leaves its box. */
  noted(/** @type {any} */ note) {
    this.beside.notes.set(note.id, note);
    if (note.kind !== "whisper" || note.text !== this.whispered) return;
    this.whispered = "";
    if (this.parts.whispered.value.trim() === note.text) this.parts.whispered.value = "";
    this.parts.beside.open = true;
  }

  say(/** @type {string} */ text) {
    this.refuse("");
    this.core.say(text, this.id);
    this.toEnd();
  }

  refuse(/** @type {string} */ words) {
    set(this.parts.alert, words);
  }

  typing(/** @type {{from: string, on: boolean}} */ { from, on }) {
    this.typist = { by: from, until: on ? Date.now() + 6_000 : 0 };
  }

  read() {
    this.seen = this.messages.at(-1)?.seq ?? 0;
  }

  // --- showing ------------------------------------------------------------------------------------------

  show(open = true) {
    const { parts, state } = this;
    if (state) this.showState(state);
    const weak = !this.core.link.live && Date.now() - this.core.link.downSince > 2_000;
    const byText = state?.medium === "sms";
    this.log.show({ messages: this.messages, outbox: this.unsent, handle: this.handle, byText, weak });
    this.beside.show();
    this.showTyping(byText);
    this.showForms(state, open);
    this.end.keep();
  }

  showState(/** @type {any} */ state) {
    const { parts } = this;
    const theirs = this.messages.filter((message) => message.from === "visitor").at(-1)?.at;
    set(parts.handle, state.handle);
    this.node.setAttribute("aria-label", state.handle);
    setLevel(parts.level, state.level);
    set(parts.medium, tell(state.medium));
    set(parts.line, state.line);
    set(parts.age, theirs ? (minutesSince(theirs) < 1 ? tell("wrote-now") : tell("wrote", { age: age(theirs) })) : "");
    set(parts.here, whoIsHere(state));
    parts.drill.hidden = !state.drill;
    parts.returning.hidden = !state.returning;
    setOrHide(parts.feeling, state.feeling ? tell("feeling", { n: state.feeling }) : "");
    setOrHide(parts.flags, state.open_flags > 1 ? tell("many-flags", { n: state.open_flags }) : state.open_flags ? tell("one-flag") : "");
    parts.unscreened.hidden = !state.unscreened;
    parts.left.hidden = !state.left || state.left_fast;
    parts["left-fast"].hidden = !state.left_fast;
    parts.unreachable.hidden = state.reachable;
    parts["erase-asked"].hidden = !state.erase_asked;
  }

  showTyping(/** @type {boolean} */ byText) {
    const { by, until } = this.typist;
    const name = by === "visitor" ? this.handle : by === "volunteer" ? this.state?.holder : tell("supervisor");
    set(this.parts.typing, until > Date.now() ? tell("typing", { name }) : byText ? tell("sms-slow") : "");
  }

  showForms(/** @type {any} */ state, /** @type {boolean} */ open) {
    const { parts } = this;
    const active = open && state?.state === "active";
    const holds = state?.part === "holds";
    const speaks = active && (holds || state.part === "joined");
    parts.gone.hidden = parts.dismiss.hidden = open;
    parts.actions.hidden = !open;
    // What is in a box stays to be read, also once it can be sent no more.
    parts.whisper.hidden = !(active && !holds) && !parts.whispered.value.trim();
    parts.reply.hidden = !speaks && !parts.text.value.trim();
    parts["whisper-send"].disabled = !(active && !holds);
    parts["reply-send"].disabled = !speaks;
    parts.join.hidden = !active || state.part !== "watches";
    parts["take-over"].hidden = !open || holds;
    parts.leave.hidden = parts.desk.hidden = false;
    parts[holds ? "leave" : "desk"].hidden = true;
    if (!state) return;
    set(parts["whisper-to"], tell("whisper-to", { name: state.holder, handle: state.handle }));
    set(parts["whisper-send"], tell("whisper-send", { name: state.holder }));
    set(parts["reply-to"], tell("reply-to", { handle: state.handle, name: this.name }));
    set(parts["reply-send"], tell("reply-send", { handle: state.handle }));
    this.showSure(state, open);
  }

  /** What was about to be done may have become impossible meanwhile. */
  showSure(/** @type {any} */ state, /** @type {boolean} */ open) {
    const { parts } = this;
    if (!open || parts[this.sure === "join" ? "join" : "take-over"].hidden) this.sure = "";
    parts.sure.hidden = !this.sure;
    if (!this.sure) return;
    const waits = this.sure === "take_over" && !state.holder;
    set(parts["sure-words"], tell(waits ? "sure.take_over.waiting" : `sure.${this.sure}`, { name: state.holder }));
    set(parts.yes, tell(`sure.${this.sure}.yes`));
  }

  toEnd() {
    this.end.go();
  }
}

/** Who answers, and which supervisors are there. @param {any} state */
function whoIsHere(state) {
  const holder = state.part === "holds" ? tell("with-you") : state.holder ? tell("with", { name: state.holder }) : tell("with-nobody");
  const reading = state.watched_by.length ? tell("reading", { names: state.watched_by.join(", ") }) : "";
  const speaking = state.joined.length ? tell("speaking", { names: state.joined.join(", ") }) : "";
  return [holder, speaking, reading].filter(Boolean).join(" ");
}
