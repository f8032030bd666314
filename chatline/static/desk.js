// @ts-check
/** The volunteer's desk: the shift, the queue, and the conversations that are held. */
import { Alerts } from "./staff/alerts.js";
import { heardGuide, heardNote } from "./staff/beside.js";
import { byId, set, tell, tellIfKnown } from "./staff/dom.js";
import { Drafts } from "./staff/drafts.js";
import { heardShift } from "./staff/handing.js";
import { Keyboard } from "./staff/keyboard.js";
import { connect } from "./staff/link.js";
import { Offers } from "./staff/offers.js";
import { QueueView } from "./staff/queue.js";
import { Room } from "./staff/room.js";
import { Shift } from "./staff/shift.js";
import { Unanswered } from "./staff/unanswered.js";

/** @typedef {import("./staff/pane.js").Pane} Pane */

/** Milliseconds for which what has happened stands on the page. */
const SAID = 15_000;

/** @type {any} */
let saying = null;
/** @type {any} */
let falling = null;
/** @type {any} the last `desk` frame */
let desk = null;
/** @type {Set<string>} conversations of this volunteer */
let held = new Set();
/** @type {Map<string, string>} conversations, and how late their answer was at the last look */
let turns = new Map();

const core = connect(
  {
    desk: onDesk,
    shift: onShift,
    queue: (frame) => (queue.frame = frame),
    taken: onTaken,
    state: onState,
    noted: onNoted,
    guide: heardGuide,
    typing: (frame) => frame.from !== "volunteer" && panes.get(frame.conversation)?.typing(frame.on, frame.from),
    message: (frame) => frame.from !== "volunteer" && panes.get(frame.conversation)?.typing(false),
    error: onError,
  },
  render,
);
const drafts = new Drafts(sessionStorage, byId("desk").dataset.staff);
const room = new Room({ core, drafts, say, changed: render });
const { panes } = room;
const shift = new Shift({ core, say, ask });
const queue = new QueueView((conversation) => ask({ type: "take", conversation }));
const alerts = new Alerts((conversation) => room.go(panes.get(conversation)));
const offers = new Offers({ core, say });
const unanswered = new Unanswered(() => desk?.supervises && alerts.tell({ kind: "flag", conversation: null }, { onShift: true, hasRoom: false, seen: null }));

// --- frames ----------------------------------------------------------------------------------------------

function onDesk(/** @type {any} */ frame) {
  desk = frame;
  shift.heardDesk(frame);
  offers.heard(frame);
  const before = held;
  held = new Set(frame.conversations);
  drafts.only(held);
  for (const id of before) if (!held.has(id)) sayGoodbye(panes.get(id));
}

function onShift(/** @type {any} */ frame) {
  shift.colleagues = frame;
  heardShift(frame);
}

function onTaken(/** @type {any} */ frame) {
  held.add(frame.conversation);
  room.arriving = frame.conversation;
}

function onState(/** @type {any} */ frame) {
  if (frame.state !== "active" && held.delete(frame.conversation)) sayGoodbye(panes.get(frame.conversation));
}

/** Whoever was here a moment ago is not: never without a word. */
function sayGoodbye(/** @type {Pane|undefined} */ pane) {
  if (!pane?.handle) return;
  const word = pane.state.closing_at || pane.state.state === "closed" ? "ended" : "no-longer";
  say(pane.handing.goodbye() ?? tell(word, { handle: pane.handle }));
}

/** A supervisor's whisper is told wherever one is; what was whispered before this page was opened is on its pane. */
function onNoted(/** @type {any} */ frame) {
  const note = heardNote(frame);
  const pane = panes.get(frame.conversation);
  if (note?.kind === "whisper" && pane) say(tell("whispered", { name: note.name, handle: pane.handle }));
}

/** Refusals in words; where a conversation is named they stand on it. Whoever was slower simply gets the next person. */
function onError(/** @type {any} */ frame) {
  if (frame.key) return panes.get(frame.conversation)?.guide.plan.refuse(frame);
  if (frame.code === "already_taken") return core.send({ type: "take" });
  if (frame.code === "queue_empty") return say(tell(queue.frame?.waiting.length ? "kept-for-others" : "error.queue_empty"));
  const words = tellIfKnown(`error.${frame.code}`) ?? frame.detail;
  const pane = frame.conversation && panes.get(frame.conversation);
  if (pane) pane.refuse(words, frame.code);
  else set(byId("alert"), words);
}

/** The same words a second time are news again, and heard only if they were gone meanwhile. */
function say(/** @type {string} */ words) {
  const told = byId("told");
  if (words && told.textContent === words) told.textContent = "";
  clearTimeout(saying);
  saying = setTimeout(() => set(told, words));
  clearTimeout(falling);
  falling = setTimeout(() => set(told, ""), SAID);
}

// --- showing ---------------------------------------------------------------------------------------------

function render() {
  room.keep(held);
  shift.show(panes.size);
  queue.show(shift.on);
  offers.show();
  unanswered.show(queue.frame);
  room.show(held);
  const unread = room.all.reduce((sum, pane) => sum + pane.unread, 0);
  document.title = unread ? `(${unread}) ${tell("title")}` : tell("title");
  tellNews();
  tellLate();
}

function tellNews() {
  const waiting = queue.frame && [...queue.frame.waiting, ...offers.offers].map(({ conversation }) => conversation);
  const talks = room.all.map((pane) => {
    const theirs = pane.messages.findLast(({ from }) => from === "visitor")?.seq ?? 0;
    return { id: pane.id, theirs, flags: pane.state.open_flags };
  });
  const hasRoom = Boolean(desk?.ready) && held.size < desk.seats;
  alerts.look(waiting, talks, { onShift: shift.on, hasRoom, seen: room.selected });
}

/** Said once: who wrote in a conversation that is not on the screen is heard by nobody, and lateness by no ear. */
function tellLate() {
  for (const pane of panes.values()) {
    const before = turns.get(pane.id);
    if (before === undefined || before === pane.turn) continue;
    if (pane.turn === "overdue") say(tell("late", { handle: pane.handle }));
    else if (pane.turn === "calm" && !room.shows(pane)) say(tell("wrote-to-you", { handle: pane.handle }));
  }
  turns = new Map(room.all.map((pane) => [pane.id, pane.turn]));
}

// --- doing -----------------------------------------------------------------------------------------------

/** Sends a frame; false while there is no connection. */
function ask(/** @type {object} */ frame) {
  say("");
  set(byId("alert"), "");
  return core.send(frame);
}

/** Presses a button of the conversation that is looked at, or of the page, if it is there. */
function press(/** @type {string} */ part) {
  const buttons = [room.current?.node ?? document, document].map((place) => place.querySelector(`button[data-part="${part}"]`));
  buttons.find((button) => button?.checkVisibility())?.click();
}

new Keyboard({
  take: () => byId("presence").hidden || byId("take").click(),
  next: () => room.step(1),
  previous: () => room.step(-1),
  go: (digit) => room.go(room.all[digit - 1]),
  send: () => room.current?.send(),
  flag: () => press("flag"),
  help: () => press("help"),
  guide: () => press("guide"),
  pass: () => press("pass"),
});

byId("take").addEventListener("click", () => ask({ type: "take" }));
addEventListener("focus", render);
document.addEventListener("visibilitychange", keepDrafts);
addEventListener("pagehide", keepDrafts);
document.querySelector("form.out")?.addEventListener("submit", () => drafts.end());

function keepDrafts(/** @type {Event} */ { type }) {
  if (document.hidden || type === "pagehide") drafts.putIn(room.all.map((pane) => [pane.id, pane.draft]));
  else drafts.forget();
}

core.start();
render();
