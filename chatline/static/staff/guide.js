// @ts-check
/** The guide of one conversation: what to say and ask, the plan, words to take, notes, and what supervisors whisper. */
import { guideOf, notesOf } from "./beside.js";
import { add } from "./box.js";
import { KeyedList, clone, set, tell } from "./dom.js";
import { inLanguage, libraryOf, matching } from "./library.js";
import { Plan } from "./plan.js";
import { Questions } from "./questions.js";
import { dayOf, timeOfDay } from "./times.js";

/** @typedef {import("./pane-types.js").Pane} Pane */
/** @typedef {import("./library.js").Item} Item */
/** @typedef {import("./beside.js").Noted} Noted */

export class Guide {
  /** @param {Pane} pane */
  constructor(pane) {
    this.pane = pane;
    const { node, parts } = clone("guide-drawer");
    this.node = node;
    this.parts = parts;
    pane.parts.scroll.after(node);
    this.whispers = clone("whispered");
    pane.parts.reply.before(this.whispers.node);
    this.lastTime = clone("last-time");
    pane.node.querySelector("header").append(this.lastTime.node);
    /** @type {number|null} the last whisper that was heeded */
    this.heeded = null;
    /** @type {Item[]} */
    this.items = [];
    this.questions = new Questions(pane, parts.risk);
    this.plan = new Plan(pane, parts);
    this.words = new KeyedList(parts.items, { id: (/** @type {Item} */ item) => `${item.kind} ${item.title} ${item.language}`, make: (item) => this.makeItem(item), fill: fillItem });
    this.notes = new KeyedList(parts.noted, { id: (/** @type {Noted} */ note) => String(note.id), make: () => clone("noted"), fill: fillNote });
    this.listen();
  }

  listen() {
    const { node, parts, pane } = this;
    pane.parts.guide.addEventListener("click", () => this.toggle());
    parts.shut.addEventListener("click", () => this.toggle());
    node.addEventListener("click", (/** @type {any} */ event) => this.phrase(event.target.closest("[data-phrase]")));
    node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.toggle());
    for (const section of node.querySelectorAll("details")) section.name = `guide-${pane.id}`;
    parts.search.addEventListener("input", () => this.showWords());
    parts["to-risk"].addEventListener("click", () => this.toSection("risk"));
    parts["note-form"].addEventListener("submit", (/** @type {Event} */ event) => this.write(event));
    this.whispers.parts.heed.addEventListener("click", () => this.heed());
  }

  // --- doing --------------------------------------------------------------------------------------------

  toggle() {
    this.node.hidden = !this.node.hidden;
    if (!this.node.hidden) this.load();
    else this.questions.flush();
    this.pane.show();
    this.pane.toEnd();
    (this.node.hidden ? this.pane.parts.guide : this.node).focus();
  }

  /** Opens the drawer at one of its sections. */
  toSection(/** @type {string} */ name) {
    if (this.node.hidden) this.toggle();
    const section = this.node.querySelector(`[data-section="${name}"]`);
    section.open = true;
    section.querySelector("summary").focus();
  }

  phrase(/** @type {HTMLElement|null} */ button) {
    if (button) add(this.pane.parts.text, button.textContent?.trim() ?? "");
  }

  async load() {
    const library = await libraryOf(this.pane.state?.line_slug);
    this.items = library ? inLanguage(library.items, this.pane.state.language) : [];
    this.showWords(library ? "" : tell("no-library"));
  }

  write(/** @type {Event} */ event) {
    event.preventDefault();
    const box = this.parts["new-note"];
    const text = box.value.trim();
    if (!text) return;
    if (!this.pane.core.send({ type: "note", conversation: this.pane.id, text })) return this.pane.refuse(tell("not-connected"), "");
    box.value = "";
    this.pane.say(tell("note-kept"));
  }

  /** What supervisors wrote was read; it stays among the notes. */
  heed() {
    this.heeded = this.whispered.at(-1)?.id ?? this.heeded;
    this.pane.show();
    this.pane.parts.text.focus();
  }

  get whispered() {
    return notesOf(this.pane.id).filter(({ kind, text }) => kind === "whisper" && text);
  }

  /** Whispers that nobody heeded here. */
  get unread() {
    return this.whispered.filter(({ id }) => id > (this.heeded ?? 0));
  }

  // --- showing ------------------------------------------------------------------------------------------

  show(/** @type {boolean} */ held) {
    const { parts, pane } = this;
    const guide = guideOf(pane.id);
    if (!held) this.node.hidden = true;
    pane.parts.guide.setAttribute("aria-expanded", String(!this.node.hidden));
    pane.node.classList.toggle("guided", !this.node.hidden);
    this.questions.show(guide?.answers ?? []);
    this.plan.show(guide);
    const notes = notesOf(pane.id).filter(({ text }) => text);
    this.notes.show(notes);
    set(parts["risk-state"], guide?.answers.length ? tell("n-of-4", { n: guide.answers.length }) : "");
    set(parts["notes-state"], notes.length ? tell("n-notes", { n: notes.length }) : "");
    this.showWhispers(held);
    this.showLastTime(guide?.last_time ?? null);
  }

  /** Above the box, until they are heeded. What was answered after, before this page was opened, counts as heeded. */
  showWhispers(/** @type {boolean} */ held) {
    const { node, parts } = this.whispers;
    if (this.heeded === null && this.pane.state) {
      const answered = this.pane.messages.findLast(({ from }) => from === "volunteer")?.at ?? "";
      this.heeded = this.whispered.findLast(({ at }) => Date.parse(at) < Date.parse(answered))?.id ?? 0;
    }
    node.hidden = !held || !this.unread.length;
    const said = this.unread.map((one) => `${one.name}: ${one.text}`).join("\n");
    set(parts["whisper-words"], said);
  }

  showLastTime(/** @type {{text: string, name: string, at: string}|null} */ last) {
    const { node, parts } = this.lastTime;
    node.hidden = !last;
    if (!last) return;
    set(parts["last-when"], tell("last-when", { name: last.name, day: dayOf(last.at) }));
    set(parts["last-words"], last.text);
  }

  showWords(fault = "") {
    const found = matching(this.items, this.parts.search.value);
    this.words.show(found);
    set(this.parts.found, fault || (this.parts.search.value.trim() ? tell("n-found", { n: found.length }) : ""));
  }

  makeItem(/** @type {Item} */ item) {
    const made = clone("library-item");
    made.parts.take.addEventListener("click", () => add(this.pane.parts.text, item.text));
    return made;
  }
}

function fillItem(/** @type {any} */ parts, /** @type {Item} */ item) {
  set(parts.title, item.kind === "reply" ? `/${item.title}` : item.title);
  set(parts.kind, tell(`kind.${item.kind}`));
  set(parts.words, item.text);
  parts.words.lang = item.language;
}

function fillNote(/** @type {any} */ parts, /** @type {Noted} */ note, /** @type {HTMLElement} */ node) {
  node.className = `noted-${note.kind}`;
  set(parts.about, tell(`noted.${note.kind}`, { name: note.name, time: timeOfDay(note.at) }));
  set(parts.words, note.text);
  parts.unsent.hidden = note.kind !== "whisper";
}
