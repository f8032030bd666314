// @ts-check
/** The volunteer's desk: presence, the queue, and the conversations that are held. */
import { KeyedList, byId, clone, set, setOrHide, tell, tellIfKnown } from "./staff/dom.js";
import { connect } from "./staff/link.js";
import { Pane, wrote } from "./staff/pane.js";
import { QueueView } from "./staff/queue.js";

/** @type {any} the last `desk` frame */
let desk = null;
/** @type {Set<string>} conversations of this volunteer */
let held = new Set();
/** @type {Map<string, Pane>} by conversation, in the order in which they came */
const panes = new Map();
/** @type {string|null} the pane that is looked at */
let selected = null;
/** @type {string|null} just taken: its composer gets the focus as soon as it is drawn */
let arriving = null;
const queue = new QueueView();

const core = connect(
  {
    desk: onDesk,
    queue: (frame) => (queue.frame = frame),
    taken: onTaken,
    state: onState,
    typing: (frame) => frame.from === "visitor" && panes.get(frame.conversation)?.typing(frame.on),
    message: (frame) => frame.from === "visitor" && panes.get(frame.conversation)?.typing(false),
    error: onError,
  },
  render,
);

// --- frames ----------------------------------------------------------------------------------------------

function onDesk(/** @type {any} */ frame) {
  desk = frame;
  const before = held;
  held = new Set(frame.conversations);
  for (const id of before) if (!held.has(id)) sayGoodbye(panes.get(id));
}

function onTaken(/** @type {any} */ frame) {
  held.add(frame.conversation);
  arriving = frame.conversation;
}

function onState(/** @type {any} */ frame) {
  if (frame.state !== "active" && held.delete(frame.conversation)) sayGoodbye(panes.get(frame.conversation));
}

/** Whoever was here a moment ago is not: never without a word. */
function sayGoodbye(/** @type {Pane|undefined} */ pane) {
  if (!pane?.handle) return;
  const word = pane.releasing ? "released" : pane.state.closing_at || pane.state.state === "closed" ? "ended" : "no-longer";
  say(tell(word, { handle: pane.handle }));
}

/** Refusals in words; where a conversation is named they stand on it. */
function onError(/** @type {any} */ frame) {
  if (frame.key) return;
  const words = tellIfKnown(`error.${frame.code}`) ?? frame.detail;
  const pane = frame.conversation && panes.get(frame.conversation);
  if (pane) pane.refuse(words, frame.code);
  else if (frame.code === "queue_empty" || frame.code === "already_taken") say(words);
  else set(byId("alert"), words);
}

function say(/** @type {string} */ words) {
  set(byId("told"), words);
}

// --- showing ---------------------------------------------------------------------------------------------

const mine = new KeyedList(byId("mine"), {
  id: (/** @type {Pane} */ pane) => pane.id,
  make: makeMine,
  fill: fillMine,
});

function render() {
  showPresence();
  queue.show();
  keepPanes();
  for (const pane of panes.values()) {
    if (pane.id === selected && !document.hidden && document.hasFocus()) pane.read();
    pane.show(held.has(pane.id));
    pane.node.classList.toggle("selected", pane.id === selected);
  }
  mine.show([...panes.values()]);
  byId("mine-none").hidden = byId("empty").hidden = panes.size > 0;
  byId("panes").dataset.count = String(panes.size);
  const unread = [...panes.values()].reduce((sum, pane) => sum + pane.unread, 0);
  document.title = unread ? `(${unread}) ${tell("title")}` : tell("title");
  welcomeArrival();
}

/** A pane for everyone held, and for those gone while words to them were still unsent. */
function keepPanes() {
  for (const id of held) if (!panes.has(id) && core.threads.get(id)?.state) panes.set(id, addPane(id));
  for (const [id, pane] of panes) if (!held.has(id) && !pane.unsent.length) removePane(id);
  // A thread without a state is one whose first reading is still arriving, messages first.
  for (const [id, { state }] of core.threads) if (!panes.has(id) && state && state.state !== "active") core.threads.delete(id);
  if (arriving && panes.has(arriving)) selected = arriving;
  if (!selected || !panes.has(selected)) selected = panes.keys().next().value ?? null;
}

function addPane(/** @type {string} */ id) {
  const taken = new Set([...panes.values()].map((pane) => pane.band));
  const band = [1, 2, 3, 4].find((free) => !taken.has(free)) ?? 1;
  const pane = new Pane(id, band, { core, onRead: () => select(id), onDismiss: dismiss });
  byId("panes").append(pane.node);
  return pane;
}

function removePane(/** @type {string} */ id) {
  panes.get(id)?.node.remove();
  panes.delete(id);
  core.threads.delete(id);
}

function dismiss(/** @type {string} */ id) {
  for (const { key } of panes.get(id)?.unsent ?? []) core.withdraw(key);
}

function select(/** @type {string} */ id) {
  if (selected === id && !panes.get(id)?.unread) return;
  selected = id;
  panes.get(id)?.read();
  render();
}

function welcomeArrival() {
  const pane = arriving && panes.get(arriving);
  if (!pane || !pane.handle) return;
  arriving = null;
  say(tell("taken", { handle: pane.handle }));
  pane.toEnd();
  pane.parts.text.focus();
}

function makeMine(/** @type {Pane} */ pane) {
  const { node, parts } = clone("mine-card");
  parts.button = node.querySelector("button");
  parts.button.addEventListener("click", () => {
    select(pane.id);
    pane.parts.text.focus();
  });
  return { node, parts };
}

function fillMine(/** @type {any} */ parts, /** @type {Pane} */ pane) {
  parts.button.className = `band-${pane.band}`;
  parts.button.setAttribute("aria-current", String(pane.id === selected));
  set(parts.handle, pane.handle);
  set(parts.age, pane.lastTheirs ? wrote(pane.lastTheirs) : "");
  parts.trouble.hidden = !pane.trouble;
  setOrHide(parts.new, pane.unread ? tell("n-new", { n: pane.unread }) : "");
}

function showPresence() {
  byId("take").disabled = !core.link.live;
  if (!desk) return;
  byId("ready").setAttribute("aria-checked", String(desk.ready));
  set(byId("ready-words"), tell(desk.ready ? "ready" : "not-ready"));
  if (document.activeElement !== byId("seats")) byId("seats").value = String(desk.seats);
}

// --- doing -----------------------------------------------------------------------------------------------

/** @param {object} frame */
function ask(frame) {
  say("");
  set(byId("alert"), "");
  core.send(frame);
}

byId("ready").addEventListener("click", () => ask({ type: "ready", on: !desk?.ready }));
byId("seats").addEventListener("change", () => ask({ type: "ready", on: Boolean(desk?.ready), seats: Number(byId("seats").value) }));
byId("take").addEventListener("click", () => ask({ type: "take" }));
addEventListener("focus", render);
core.start();
render();
