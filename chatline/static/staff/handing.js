// @ts-check
/** One conversation that changes hands: passed on in one of several ways, or a supervisor asked into it. */
import { KeyedList, byId, clone, make, set, setOrHide, tell } from "./dom.js";
import { secondsUntil } from "./times.js";

/** @typedef {import("./pane-types.js").Pane} Pane */

/** @type {{colleagues: any[], open_lines: any[]}} the last `shift` frame */
let shift = { colleagues: [], open_lines: [] };

export function heardShift(/** @type {any} */ frame) {
  shift = frame;
}

/** How long an offer still stands, in words. */
export function left(/** @type {string} */ until) {
  const n = Math.ceil(secondsUntil(until) / 60);
  return n > 1 ? tell("offer-left", { n }) : tell("offer-ends");
}

export class Handing {
  /** @param {Pane} pane */
  constructor(pane) {
    this.pane = pane;
    this.parts = pane.parts;
    /** The words for where they went, if this page itself sent them away. @type {(() => string)|null} */
    this.farewell = null;
    /** @type {{name: string, until: string}|null} the offer that stood at the last look */
    this.offer = null;
    this.withdrawn = false;
    this.colleagues = new KeyedList(this.parts.colleagues, {
      id: (/** @type {any} */ colleague) => colleague.id,
      make: () => clone("colleague-card"),
      fill: (parts, colleague, node) => this.fillColleague(parts, colleague, node),
    });
    this.listen();
  }

  get handle() {
    return this.pane.handle;
  }

  // --- doing --------------------------------------------------------------------------------------------

  listen() {
    const { parts } = this;
    const on = (/** @type {string} */ part, /** @type {() => void} */ act, type = "click") =>
      parts[part].addEventListener(type, (/** @type {Event} */ event) => {
        event.preventDefault();
        act();
      });
    on("pass", () => this.open("passing", parts.passing.hidden));
    on("help", () => this.open("asking", parts.asking.hidden));
    for (const [panel, part] of [["passing", "passing-not"], ["asking", "asking-not"]]) {
      on(part, () => this.open(panel, false));
      parts[panel].addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.open(panel, false));
    }
    on("to-queue", () => this.away({ type: "release" }, () => tell("gone.queue", { handle: this.handle })));
    on("give-up", () => this.away({ type: "help", kind: "abuse" }, () => tell("gone.abuse", { handle: this.handle })));
    on("to-supervisor", () => this.send({ type: "help", kind: "hand_over" }));
    on("to-line", () => this.toLine(), "submit");
    on("asking", () => this.ask(), "submit");
    on("asked-over", () => this.send({ type: "help", over: true }));
    on("offer-back", () => {
      this.withdrawn = this.send({ type: "transfer" });
    });
  }

  send(/** @type {object} */ frame) {
    this.pane.refuse("", "");
    set(this.parts["handed-told"], "");
    const sent = this.pane.core.send({ conversation: this.pane.id, ...frame });
    if (sent) this.close();
    return sent;
  }

  /** They leave this desk by it, unless it is refused. */
  away(/** @type {object} */ frame, /** @type {() => string} */ farewell) {
    if (this.send(frame)) this.farewell = farewell;
  }

  toLine() {
    const { "line-choice": choice, "line-agreed": agreed } = this.parts;
    const line = choice.selectedOptions[0]?.textContent ?? "";
    if (!agreed.checked) return;
    this.away({ type: "transfer", line: choice.value, consent: true }, () => tell("gone.line", { handle: this.handle, line }));
    agreed.checked = false;
  }

  ask() {
    const { "help-note": note } = this.parts;
    if (this.send({ type: "help", note: note.value.trim() })) note.value = "";
  }

  open(/** @type {string} */ panel, /** @type {boolean} */ on) {
    const other = panel === "passing" ? "asking" : "passing";
    this.parts[other].hidden = true;
    this.parts[panel].hidden = !on;
    this.showPanels();
    const first = this.parts[panel].querySelector("textarea, button:not([disabled])");
    (on ? first : this.parts[panel === "passing" ? "pass" : "help"]).focus();
  }

  /** After something was sent: whatever had the focus is gone, so it stays with this conversation. */
  close() {
    const { passing, asking, text } = this.parts;
    const inside = [passing, asking].some((panel) => panel.contains(document.activeElement));
    passing.hidden = asking.hidden = true;
    this.showPanels();
    if (inside) text.focus();
  }

  /** Where they went from this desk, in words; undefined if this page does not know. */
  goodbye() {
    const { state } = this.pane;
    if (this.farewell) return this.farewell();
    const name = state.offered_to || (state.help === "hand_over" && state.help_by);
    return name ? tell("gone.to", { handle: this.handle, name }) : undefined;
  }

  // --- showing ------------------------------------------------------------------------------------------

  show(/** @type {boolean} */ held) {
    const { parts } = this;
    const { state, refused } = this.pane;
    if (refused) this.farewell = null;
    if (!held) for (const part of ["passing", "asking", "offered", "asked"]) parts[part].hidden = true;
    if (!held || !state) return;
    this.showOffer(state);
    this.showHelp(state);
    this.showPanels();
    if (!parts.passing.hidden) this.showWays(state);
  }

  showPanels() {
    const { parts } = this;
    parts.pass.setAttribute("aria-expanded", String(!parts.passing.hidden));
    parts.help.setAttribute("aria-expanded", String(!parts.asking.hidden));
    if (!parts.passing.hidden && this.pane.state) this.showWays(this.pane.state);
  }

  showOffer(/** @type {any} */ state) {
    const { parts } = this;
    const now = state.offered_to ? { name: state.offered_to, until: state.offered_until } : null;
    if (this.offer && !now) {
      const word = secondsUntil(this.offer.until) > 0 ? "offer-declined" : "offer-expired";
      const byUs = this.withdrawn || state.closing_at;
      if (!byUs) set(parts["handed-told"], tell(word, { name: this.offer.name, handle: this.handle }));
      this.withdrawn = false;
    }
    this.offer = now;
    parts.offered.hidden = !now;
    set(parts["offered-words"], now ? tell("offered", { name: now.name }) : "");
    set(parts["offered-left"], now ? left(now.until) : "");
  }

  showHelp(/** @type {any} */ state) {
    const { parts } = this;
    parts.asked.hidden = !state.help;
    parts.help.hidden = Boolean(state.help);
    if (state.help) parts.asking.hidden = true;
    const who = state.help_by ? ` ${tell("help.comes", { name: state.help_by })}` : "";
    set(parts["asked-words"], state.help ? tell(`help.${state.help}`) + who : "");
  }

  showWays(/** @type {any} */ state) {
    const { parts } = this;
    const near = (/** @type {any} */ one) => one.id !== byId("desk").dataset.staff && !one.away && one.lines.includes(state.line_slug);
    const colleagues = shift.colleagues.filter(near);
    parts["to-colleague"].hidden = Boolean(state.offered_to);
    parts["to-supervisor"].hidden = Boolean(state.help);
    this.colleagues.show(colleagues);
    parts["no-colleague"].hidden = colleagues.length > 0;
    const others = shift.open_lines.filter(({ slug }) => slug !== state.line_slug);
    const possible = others.length > 0 && !state.open_flags && !state.left && state.reachable;
    parts["to-line"].hidden = !possible;
    this.showLines(others);
  }

  /** Written anew only when the lines changed, so that what was chosen stays. */
  showLines(/** @type {{slug: string, name: string}[]} */ lines) {
    const choice = this.parts["line-choice"];
    const slugs = lines.map(({ slug }) => slug).join(" ");
    if (choice.dataset.slugs === slugs) return;
    choice.dataset.slugs = slugs;
    this.parts["line-agreed"].checked = false;
    choice.replaceChildren(
      ...lines.map(({ slug, name }) => {
        const option = /** @type {HTMLOptionElement} */ (make("option", "", name));
        option.value = slug;
        return option;
      }),
    );
  }

  fillColleague(/** @type {any} */ parts, /** @type {any} */ colleague, /** @type {HTMLElement} */ node) {
    const { name, supervises, ready, held, seats } = colleague;
    set(parts.name, name);
    const room = held >= seats ? tell("room.full") : ready ? tell("room.free", { held, seats }) : tell("room.break");
    setOrHide(parts.room, supervises ? `${tell("room.supervisor")}, ${room}` : room);
    /** @type {HTMLButtonElement} */ (node.firstElementChild).onclick = () => this.send({ type: "transfer", to: colleague.id });
  }
}
