// @ts-check
/** The conversations on a desk: side by side where they fit, as tabs where not, one at a time on a phone. */
import { forget } from "./beside.js";
import { KeyedList, byId, clone, set, setOrHide, tell } from "./dom.js";
import { Guard } from "./guard.js";
import { howItCame } from "./here.js";
import { setTurn, wrote } from "./pace.js";
import { Pane } from "./pane.js";

/** Between a phone's width and where conversations fit side by side, the list of them is a list of tabs. */
const TABS = matchMedia("(min-width: 52rem) and (max-width: 79.99rem)");
const PHONE = matchMedia("(max-width: 51.99rem)");

export class Room {
  /**
   * @param {{core: import("../chat-core.js").ChatCore, drafts: import("./drafts.js").Drafts, say: (words: string) => void, changed: () => void}} given
   *   `changed` is called when somebody else was selected
   */
  constructor({ core, drafts, say, changed }) {
    this.core = core;
    this.drafts = drafts;
    this.say = say;
    this.changed = changed;
    this.guard = new Guard();
    /** @type {Map<string, Pane>} by conversation, in the order in which they came */
    this.panes = new Map();
    /** @type {string|null} the pane that is looked at */
    this.selected = null;
    /** @type {string|null} just taken: its composer gets the focus as soon as it is drawn */
    this.arriving = null;
    /** On a phone: whether the list is looked at, not the conversation. */
    this.atRail = false;
    this.list = new KeyedList(byId("mine"), {
      id: (/** @type {Pane} */ pane) => pane.id,
      make: (pane) => this.makeCard(pane),
      fill: (parts, pane, node) => this.fillCard(parts, pane, node),
    });
    byId("mine").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.walk(event));
    byId("to-rail").addEventListener("click", () => this.toRail());
    for (const query of [TABS, PHONE]) query.addEventListener("change", changed);
  }

  get current() {
    return this.panes.get(this.selected ?? "") ?? null;
  }

  get all() {
    return [...this.panes.values()];
  }

  /** Whether this one is on the screen, if the page is. */
  shows(/** @type {Pane} */ pane) {
    return pane.node.checkVisibility();
  }

  // --- keeping ------------------------------------------------------------------------------------------

  /** A pane for everyone held, and for those gone while words to them were still unsent. */
  keep(/** @type {Set<string>} */ held) {
    const { threads } = this.core;
    for (const id of held) if (!this.panes.has(id) && threads.get(id)?.state) this.panes.set(id, this.add(id));
    for (const [id, pane] of this.panes) if (!held.has(id) && !pane.unsent.length) this.remove(id, pane);
    // A thread without a state is one whose first reading is still arriving, messages first.
    for (const [id, { state }] of threads) if (!this.panes.has(id) && state && state.state !== "active") threads.delete(id);
    if (this.arriving && this.panes.has(this.arriving)) this.look(this.arriving);
    if (!this.current) this.selected = this.panes.keys().next().value ?? null;
  }

  add(/** @type {string} */ id) {
    const taken = new Set(this.all.map((pane) => pane.band));
    const band = [1, 2, 3, 4].find((free) => !taken.has(free)) ?? 1;
    const { core, guard, drafts, say } = this;
    const onDismiss = () => this.dismiss(id);
    const pane = new Pane(id, band, { core, say, guard, draft: drafts.of(id), onRead: () => this.select(id), onDismiss });
    pane.node.id = `pane-${id}`;
    byId("panes").append(pane.node);
    if (id !== this.arriving && howItCame(pane.state)) say(howItCame(pane.state));
    return pane;
  }

  remove(/** @type {string} */ id, /** @type {Pane} */ pane) {
    pane.node.remove();
    this.panes.delete(id);
    forget(id);
    this.core.threads.delete(id);
  }

  dismiss(/** @type {string} */ id) {
    for (const { key } of this.panes.get(id)?.unsent ?? []) this.core.withdraw(key);
  }

  // --- looking at somebody ------------------------------------------------------------------------------

  look(/** @type {string} */ id) {
    this.selected = id;
    this.atRail = false;
  }

  select(/** @type {string} */ id) {
    const pane = this.panes.get(id);
    if (this.selected === id && !pane?.unread && !this.atRail) return;
    this.look(id);
    pane?.read();
    this.changed();
  }

  /** To that composer. */
  go(/** @type {Pane|undefined} */ pane) {
    if (!pane) return;
    this.select(pane.id);
    pane.parts.text.focus({ preventScroll: true });
    pane.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** To the one after (1) or before (-1) who waits for an answer. */
  step(/** @type {number} */ by) {
    const all = by > 0 ? this.all : this.all.reverse();
    const here = all.findIndex((pane) => pane.id === this.selected);
    const next = [...all.slice(here + 1), ...all.slice(0, here + 1)].find((pane) => pane.turn || pane.unread);
    if (next) this.go(next);
    else this.say(tell("all-answered"));
  }

  toRail() {
    this.atRail = true;
    this.changed();
    byId("mine").querySelector("[aria-current=true]")?.focus();
  }

  // --- showing ------------------------------------------------------------------------------------------

  show(/** @type {Set<string>} */ held) {
    const inFront = !document.hidden && document.hasFocus();
    for (const pane of this.panes.values()) {
      pane.node.classList.toggle("selected", pane.id === this.selected);
      asTab(pane.node, "tabpanel", TABS.matches);
      if (pane.id === this.selected && inFront && !(PHONE.matches && this.atRail)) pane.read();
      pane.show(held.has(pane.id));
    }
    this.list.show(this.all);
    asTab(byId("mine"), "tablist", TABS.matches);
    byId("mine-none").hidden = this.panes.size > 0;
    byId("desk").dataset.view = this.panes.size && !this.atRail ? "talk" : "rail";
    byId("panes").dataset.count = String(this.panes.size);
    this.showOthers();
    this.welcome();
  }

  /** On a phone, who else is here stands on the way back to the list. */
  showOthers() {
    const others = this.all.filter((pane) => pane.id !== this.selected && (pane.turn || pane.unread)).length;
    set(byId("others"), others ? tell(others === 1 ? "one-other" : "others", { n: others }) : "");
  }

  welcome() {
    const pane = this.arriving && this.panes.get(this.arriving);
    if (!pane || !pane.handle) return;
    this.arriving = null;
    this.say(tell("taken", { handle: pane.handle }));
    pane.toEnd();
    this.go(pane);
  }

  makeCard(/** @type {Pane} */ pane) {
    const { node, parts } = clone("mine-card");
    parts.button = node.querySelector("button");
    parts.button.setAttribute("aria-controls", `pane-${pane.id}`);
    parts.button.addEventListener("click", () => this.go(pane));
    return { node, parts };
  }

  fillCard(/** @type {any} */ parts, /** @type {Pane} */ pane, /** @type {HTMLElement} */ node) {
    const { button } = parts;
    const here = pane.id === this.selected;
    button.className = `band-${pane.band}`;
    button.setAttribute("aria-current", String(here));
    asTab(node, "presentation", TABS.matches);
    asTab(button, "tab", TABS.matches);
    if (TABS.matches) button.setAttribute("aria-selected", String(here));
    else button.removeAttribute("aria-selected");
    button.tabIndex = TABS.matches && !here ? -1 : 0;
    set(parts.handle, pane.handle);
    set(parts.age, pane.lastTheirs ? wrote(pane.lastTheirs) : "");
    setTurn(parts.turn, pane.turn);
    parts.trouble.hidden = !pane.trouble;
    parts.advice.hidden = !pane.guide.unread.length;
    parts.draft.hidden = here || !pane.draft.trim();
    setOrHide(parts.new, pane.unread ? tell("n-new", { n: pane.unread }) : "");
  }

  /** Arrows go from tab to tab. */
  walk(/** @type {KeyboardEvent} */ event) {
    const place = this.all.findIndex((pane) => pane.id === this.selected);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1 }[event.key];
    if (!TABS.matches || to === undefined || event.altKey) return;
    event.preventDefault();
    const next = this.all.at(to % this.panes.size);
    if (next) this.select(next.id);
    setTimeout(() => byId("mine").querySelector("[aria-selected=true]")?.focus());
  }
}

function asTab(/** @type {HTMLElement} */ element, /** @type {string} */ role, /** @type {boolean} */ on) {
  if (on) element.setAttribute("role", role);
  else element.removeAttribute("role");
}
