// @ts-check
/** Who waits and what goes on; and giving a waiting person to a volunteer, by keyboard or by dragging. */
import { KeyedList, byId, clone, make, set, setLevel, setOrHide, tell } from "../staff/dom.js";
import { howMany, queueInWords } from "../staff/link.js";
import { age, minutesSince } from "../staff/times.js";
import { isFree } from "./shift.js";
import { Steady } from "./steady.js";

/** More than a person can take in; the rest is told as a count. */
const SHOWN = 30;
const KIND = "application/x-conversation";

export class Switchboard {
  /** @param {{ask: (frame: object) => boolean, say: (words: string) => void, watch: (id: string) => void}} given */
  constructor({ ask, say, watch }) {
    this.ask = ask;
    this.say = say;
    this.watch = watch;
    /** @type {any[]} */
    this.colleagues = [];
    /** @type {{conversation: string, handle: string, name: string}|null} given away here, until it is seen to be so */
    this.given = null;
    const id = (/** @type {any} */ one) => one.conversation;
    this.waitingOrder = new Steady(byId("waiting"), id);
    this.talksOrder = new Steady(byId("talks"), id);
    this.waiting = new KeyedList(byId("waiting"), { id, make: (one) => this.makeWaiting(one), fill: (parts, one) => this.fillWaiting(parts, one) });
    this.talks = new KeyedList(byId("talks"), { id, make: (one) => this.makeTalk(one), fill: fillTalk });
    this.takeDrops(byId("colleagues"));
  }

  /** @param {Record<string, any>} known the last frames, by type */
  show({ queue, shift, talks }) {
    this.colleagues = shift?.colleagues ?? [];
    set(byId("summary"), queue ? queueInWords(queue) : "");
    const waiting = (queue?.waiting ?? []).slice(0, SHOWN);
    this.waiting.show(this.waitingOrder.keep(waiting));
    const more = howMany(queue) - waiting.length;
    setOrHide(byId("waiting-more"), more > 0 ? tell("more-wait", { n: more }) : "");
    this.talks.show(this.talksOrder.keep(talks?.talks ?? []));
    byId("no-talks").hidden = Boolean(talks?.talks.length);
    this.tellGiven(talks?.talks ?? []);
  }

  tellGiven(/** @type {any[]} */ talks) {
    const { given } = this;
    if (!given || !talks.some((talk) => talk.conversation === given.conversation && talk.holder === given.name)) return;
    this.given = null;
    this.say(tell("gave", given));
  }

  give(/** @type {string} */ conversation, /** @type {string} */ staff) {
    if (!this.ask({ type: "assign", conversation, staff })) return;
    const one = this.colleagues.find(({ id }) => id === staff);
    const card = byId("waiting").querySelector(`[data-conversation="${conversation}"]`);
    if (one && card) this.given = { conversation, handle: card.dataset.handle, name: one.name };
  }

  // --- who waits ----------------------------------------------------------------------------------------

  makeWaiting(/** @type {any} */ waiting) {
    const { node, parts } = clone("waiting-card");
    const { conversation } = waiting;
    node.dataset.conversation = conversation;
    node.dataset.handle = waiting.handle;
    node.draggable = true;
    node.addEventListener("dragstart", (/** @type {DragEvent} */ event) => {
      event.dataTransfer?.setData(KIND, conversation);
      byId("oversee").classList.add("giving");
    });
    node.addEventListener("dragend", () => byId("oversee").classList.remove("giving"));
    parts.watch.addEventListener("click", () => this.watch(conversation));
    parts.take.addEventListener("click", () => this.ask({ type: "take_over", conversation }));
    parts.give.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      if (parts.to.value) this.give(conversation, parts.to.value);
    });
    parts.watch.setAttribute("aria-label", tell("watch-of", waiting));
    parts.take.setAttribute("aria-label", tell("take-of", waiting));
    return { node, parts };
  }

  fillWaiting(/** @type {any} */ parts, /** @type {any} */ waiting) {
    set(parts.handle, waiting.handle);
    setLevel(parts.level, waiting.level);
    set(parts.medium, tell(waiting.medium));
    set(parts.line, waiting.line);
    set(parts.age, tell("waited", { age: age(waiting.since) }));
    for (const mark of ["drill", "returning", "flagged", "away", "reserved"]) parts[mark].hidden = !waiting[mark];
    set(parts["give-label"], tell("give", waiting));
    const to = this.colleagues.filter((one) => isFree(one) && (!waiting.reserved || one.supervises));
    fillChoice(parts.to, to);
    parts.give.hidden = !this.colleagues.length;
  }

  /** @param {HTMLElement} list whose items are dropped on */
  takeDrops(list) {
    const over = (/** @type {Event} */ event) => /** @type {any} */ (event.target).closest("[data-free=true]");
    const light = (/** @type {HTMLElement|null} */ card) => {
      for (const one of list.children) one.classList.toggle("over", one === card);
    };
    list.addEventListener("dragover", (event) => {
      const card = over(event);
      if (card && event.dataTransfer?.types.includes(KIND)) event.preventDefault();
      light(card);
    });
    list.addEventListener("dragleave", () => light(null));
    list.addEventListener("drop", (event) => {
      const card = over(event);
      const conversation = event.dataTransfer?.getData(KIND);
      light(null);
      if (!card || !conversation) return;
      event.preventDefault();
      this.give(conversation, card.dataset.staff);
    });
  }

  // --- what goes on -------------------------------------------------------------------------------------

  makeTalk(/** @type {any} */ talk) {
    const { node, parts } = clone("talk-card");
    node.dataset.conversation = talk.conversation;
    parts.watch.addEventListener("click", () => this.watch(talk.conversation));
    parts.watch.setAttribute("aria-label", tell("watch-of", talk));
    return { node, parts };
  }
}

function fillTalk(/** @type {any} */ parts, /** @type {any} */ talk) {
  set(parts.handle, talk.handle);
  setLevel(parts.level, talk.level);
  set(parts.medium, tell(talk.medium));
  set(parts.line, talk.line);
  set(parts.holder, tell("held", { name: talk.holder }));
  set(parts.age, unanswered(talk.unanswered_since));
  parts.flagged.hidden = !talk.open_flags;
  parts.away.hidden = !talk.away;
  parts.gone.hidden = !talk.holder_away;
}

function unanswered(/** @type {string|null} */ since) {
  if (!since) return tell("answered-last");
  return minutesSince(since) < 1 ? tell("unanswered-just") : tell("unanswered-for", { age: age(since) });
}

/** The volunteers to whom somebody can be given; left as it is while somebody chooses.
 *  @param {any} select @param {any[]} colleagues */
function fillChoice(select, colleagues) {
  const seen = JSON.stringify(colleagues.map(({ id, name }) => [id, name]));
  if (select.dataset.seen === seen || document.activeElement === select) return;
  select.dataset.seen = seen;
  const chosen = select.value;
  const first = option("", tell(colleagues.length ? "give-whom" : "give-nobody"));
  select.replaceChildren(first, ...colleagues.map(({ id, name }) => option(id, name)));
  if (colleagues.some(({ id }) => id === chosen)) select.value = chosen;
}

function option(/** @type {string} */ value, /** @type {string} */ words) {
  const one = /** @type {HTMLOptionElement} */ (make("option", "", words));
  one.value = value;
  return one;
}
