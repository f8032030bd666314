// @ts-check
/** Conversations that this supervisor has open: those they watch, and those that they took over. One is looked at. */
import { KeyedList, byId, clone, set, setOrHide, tell } from "../staff/dom.js";
import { View } from "./view.js";

export class Live {
  /** @param {{core: import("../chat-core.js").ChatCore, ask: (frame: object) => boolean, say: (words: string) => void, emergencies: import("./emergency.js").Emergencies}} given */
  constructor({ core, ask, say, emergencies }) {
    this.core = core;
    this.ask = ask;
    this.say = say;
    this.emergencies = emergencies;
    this.name = "";
    /** @type {Set<string>} */
    this.mine = new Set();
    /** @type {Set<string>} what is theirs no longer; what is not theirs yet may be heard of before the desk says so */
    this.left = new Set();
    /** @type {Map<string, View>} by conversation, in the order in which they were opened */
    this.views = new Map();
    /** @type {string|null} */
    this.selected = null;
    /** @type {{id: string, word: string, emergency: boolean}|null} asked for here: it gets the focus once it is drawn */
    this.arriving = null;
    this.tabs = new KeyedList(byId("watched"), {
      id: (/** @type {View} */ view) => view.id,
      make: (view) => this.makeTab(view),
      fill: (parts, view) => this.fillTab(parts, view),
    });
  }

  // --- frames -------------------------------------------------------------------------------------------

  onDesk(/** @type {any} */ frame) {
    this.name = frame.name;
    const before = this.mine;
    this.mine = new Set([...frame.watching, ...frame.conversations]);
    for (const id of before) {
      if (this.mine.has(id)) continue;
      this.left.add(id);
      this.sayGoodbye(this.views.get(id));
    }
    for (const id of this.mine) this.left.delete(id);
  }

  /** Taken over here: whatever was asked for before, this is looked at now. */
  onTaken(/** @type {string} */ id) {
    this.mine.add(id);
    this.arriving = { id, word: "taken", emergency: false };
  }

  onNoted(/** @type {any} */ note) {
    this.about(note.conversation, (view) => view.noted(note));
  }

  onGuide(/** @type {any} */ guide) {
    this.about(guide.conversation, (view) => (view.beside.guide = guide));
  }

  onTyping(/** @type {any} */ frame) {
    this.views.get(frame.conversation)?.typing(frame);
  }

  /** What stands beside a talk may come before its state: the view is made for it all the same.
   *  @param {string} id @param {(view: View) => void} tell_ */
  about(id, tell_) {
    if (!this.left.has(id)) tell_(this.views.get(id) ?? this.add(id));
  }

  /** True if it was told there. */
  refuse(/** @type {string|null} */ id, /** @type {string} */ words) {
    const view = id && id === this.selected && this.views.get(id);
    if (view) view.refuse(words);
    return Boolean(view);
  }

  sayGoodbye(/** @type {View|undefined} */ view) {
    if (!view?.handle) return;
    const ended = view.state.state === "closed" || view.state.closing_at;
    this.say(tell(ended ? "ended" : "no-longer", { handle: view.handle }));
  }

  // --- doing --------------------------------------------------------------------------------------------

  /** Opens a conversation, or turns to it where it is open already; with `emergency` to write one down. */
  open(/** @type {string} */ id, emergency = false) {
    this.arriving = { id, word: "opened", emergency };
    this.left.delete(id);
    if (!this.mine.has(id)) this.ask({ type: "watch", conversation: id });
    this.show();
  }

  select(/** @type {string} */ id) {
    if (this.selected === id && !this.views.get(id)?.unread) return;
    this.selected = id;
    this.views.get(id)?.read();
    this.show();
  }

  add(/** @type {string} */ id) {
    const { core, ask, emergencies, name } = this;
    const view = new View(id, { core, ask, emergencies, name, onRead: () => this.select(id), onDismiss: () => this.dismiss(id) });
    this.views.set(id, view);
    byId("views").append(view.node);
    return view;
  }

  dismiss(/** @type {string} */ id) {
    for (const { key } of this.views.get(id)?.unsent ?? []) this.core.withdraw(key);
    this.remove(id);
    this.show();
  }

  remove(/** @type {string} */ id) {
    this.views.get(id)?.node.remove();
    this.views.delete(id);
    this.core.threads.delete(id);
  }

  // --- showing ------------------------------------------------------------------------------------------

  show() {
    this.keepViews();
    for (const [id, view] of this.views) {
      if (id === this.selected && !document.hidden && document.hasFocus()) view.read();
      view.node.hidden = id !== this.selected;
      view.show(!this.left.has(id));
    }
    const shown = [...this.views.values()].filter((view) => view.handle);
    byId("watched").hidden = shown.length < 2;
    this.tabs.show(shown);
    byId("nothing-open").hidden = shown.length > 0;
    this.welcome();
  }

  /** A view for everything open, and for what is gone while words in it were unsent. */
  keepViews() {
    for (const id of this.mine) if (!this.views.has(id) && this.core.threads.get(id)?.state) this.add(id);
    for (const [id, view] of this.views) if (this.left.has(id) && view.handle && !view.isUnfinished) this.remove(id);
    const { arriving } = this;
    if (arriving && this.views.get(arriving.id)?.handle) this.selected = arriving.id;
    if (!this.selected || !this.views.has(this.selected)) this.selected = this.views.keys().next().value ?? null;
  }

  welcome() {
    const { arriving } = this;
    const view = arriving && this.mine.has(arriving.id) && this.views.get(arriving.id);
    if (!arriving || !view || !view.handle) return;
    this.arriving = null;
    const unheld = arriving.word === "opened" && !view.state.holder;
    this.say(tell(unheld ? "opened-waiting" : arriving.word, { handle: view.handle }));
    view.toEnd();
    if (arriving.emergency) view.writeEmergency();
    else view.node.focus();
  }

  makeTab(/** @type {View} */ view) {
    const { node, parts } = clone("tab");
    parts.button = node.querySelector("button");
    parts.button.addEventListener("click", () => {
      this.select(view.id);
      view.node.focus();
    });
    return { node, parts };
  }

  fillTab(/** @type {any} */ parts, /** @type {View} */ view) {
    parts.button.setAttribute("aria-current", String(view.id === this.selected));
    set(parts.handle, view.handle);
    setOrHide(parts.new, view.unread ? tell("n-new", { n: view.unread }) : "");
  }
}
