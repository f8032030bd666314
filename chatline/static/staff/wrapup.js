// @ts-check
/** What is said when a conversation is closed: Enter is enough where nothing is special. Then ten seconds to undo. */
import { clone, set, tell } from "./dom.js";

/** @typedef {import("./pane-types.js").Pane} Pane */

export class WrapUp {
  /** @param {Pane} pane */
  constructor(pane) {
    this.pane = pane;
    const { node, parts } = clone("wrap-up");
    this.form = node;
    this.parts = parts;
    this.closing = false;
    pane.parts.raise.after(node);
    for (const radio of node.querySelectorAll("[type=radio]")) radio.name = `contact-${pane.id}`;
    pane.parts.close.addEventListener("click", () => this.open());
    parts["wrap-not"].addEventListener("click", () => this.cancel());
    parts.ask.addEventListener("click", () => this.toQuestions());
    node.addEventListener("submit", (/** @type {Event} */ event) => this.send(event));
    node.addEventListener("change", (/** @type {Event} */ event) => this.changed(/** @type {Element} */ (event.target)));
    node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
  }

  get isOpen() {
    return !this.form.hidden;
  }

  get contact() {
    return this.form.querySelector("[type=radio]:checked");
  }

  get topics() {
    return [...this.form.querySelectorAll("[data-topics] input")];
  }

  // --- doing --------------------------------------------------------------------------------------------

  open() {
    const { pane } = this;
    if (pane.state.open_flags) return pane.refuse(tell("error.open_flag"), "open_flag");
    pane.refuse("", "");
    pane.guide.questions.flush();
    this.form.hidden = false;
    pane.show();
    pane.toEnd();
    this.form.scrollIntoView({ block: "nearest" });
    this.contact.focus();
  }

  cancel() {
    this.form.hidden = true;
    this.pane.show();
    this.pane.parts.close.focus();
  }

  toQuestions() {
    this.form.hidden = true;
    this.pane.guide.toSection("risk");
  }

  key(/** @type {KeyboardEvent} */ event) {
    if (event.key === "Escape") this.cancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    else return;
    event.preventDefault();
  }

  /** Some contacts explain by themselves why nobody asked. */
  changed(/** @type {Element} */ target) {
    const { why, other } = this.parts;
    if (target === this.contact) why.value = this.contact.dataset.why ?? "";
    other.hidden = why.value !== "other";
    const full = this.topics.filter(({ checked }) => checked).length >= Number(this.parts.topics.dataset.most);
    for (const topic of this.topics) topic.disabled = full && !topic.checked;
    this.require();
  }

  /** The reason is asked for only where it is needed. */
  require() {
    const { why, other, words } = this.parts;
    why.required = !this.parts.unasked.hidden;
    words.required = why.required && !other.hidden;
  }

  send(/** @type {Event} */ event) {
    event.preventDefault();
    this.pane.refuse("", "");
    const { core, id } = this.pane;
    if (!core.send({ type: "close", conversation: id, wrap_up: this.said() })) this.pane.refuse(tell("not-connected"), "");
  }

  said() {
    const { why, words, agreed, trouble, unasked } = this.parts;
    const reason = why.value === "other" ? words.value : why.selectedOptions[0].textContent;
    return {
      contact: this.contact.value,
      topics: this.topics.filter(({ checked }) => checked).map(({ value }) => value),
      not_asked: unasked.hidden || !why.value ? "" : reason.trim(),
      agreed: agreed.value.trim(),
      trouble: trouble.checked,
    };
  }

  // --- showing ------------------------------------------------------------------------------------------

  /** @param {any} state @param {boolean} held */
  show(state, held) {
    const { parts } = this;
    if (!state) return;
    parts.unasked.hidden = !state.asks_risk || Boolean(state.risk_asked);
    parts["was-asked"].hidden = !state.risk_asked;
    set(parts["was-asked"], state.risk_asked ? tell(`risk.${state.risk_asked}`) : "");
    this.require();
    const began = Boolean(state.closing_at) && !this.closing;
    if (!held || began) this.form.hidden = true;
    this.pane.node.classList.toggle("wrapping", this.isOpen);
  }

  /** Once drawn: the button that was pressed goes, and the focus goes to what is there in its place. */
  follow(/** @type {any} */ state) {
    const closing = Boolean(state?.closing_at);
    if (closing === this.closing) return;
    this.closing = closing;
    const at = document.activeElement;
    const { undo, text } = this.pane.parts;
    if (at && this.pane.node.contains(at) && !at.checkVisibility()) (closing ? undo : text).focus();
  }
}
