// @ts-check
/** The supervisor's page: what needs them, what they have open, and how the shift goes. */
import { byId, set, tell, tellIfKnown } from "./staff/dom.js";
import { connect } from "./staff/link.js";
import { soundOff, soundOn, tone } from "./staff/tone.js";
import { Unanswered } from "./staff/unanswered.js";
import { Dead } from "./supervise/dead.js";
import { Emergencies } from "./supervise/emergency.js";
import { Helps } from "./supervise/helps.js";
import { Inbox } from "./supervise/inbox.js";
import { Live } from "./supervise/live.js";
import { Shift } from "./supervise/shift.js";
import { Switchboard } from "./supervise/switchboard.js";

/** While a flag stands unanswered the tone comes again this often. */
const AGAIN = 30_000;

/** What was heard last, whole, by the type of the frame. @type {Record<string, any>} */
const known = { flags: { flags: [], alarms: [], helps: [], emergencies: [] }, queue: null, shift: null, talks: null };
/** @type {Set<string>} flags and helps that have sounded */
const heard = new Set();
let sounded = 0;
/** The first list is not news. */
let begun = false;

const core = connect(
  {
    desk: (frame) => live.onDesk(frame),
    flags: onFlags,
    flag: onFlag,
    queue: (frame) => (known.queue = frame),
    shift: (frame) => (known.shift = frame),
    talks: (frame) => (known.talks = frame),
    taken: (frame) => live.onTaken(frame.conversation),
    noted: (frame) => live.onNoted(frame),
    guide: (frame) => live.onGuide(frame),
    typing: (frame) => live.onTyping(frame),
    error: onError,
  },
  render,
);

/** @param {object} frame */
function ask(frame) {
  set(byId("alert"), "");
  set(byId("told"), "");
  return core.send(frame);
}

const say = (/** @type {string} */ words) => set(byId("told"), words);
const me = byId("oversee").dataset.me;
const watch = (/** @type {string} */ id, emergency = false) => live.open(id, emergency);

const emergencies = new Emergencies({ me, ask, say, watch });
const live = new Live({ core, ask, say, emergencies });
const inbox = new Inbox({ ask, watch });
const helps = new Helps({ ask, watch });
const dead = new Dead({ ask });
const unanswered = new Unanswered(() => tone());
const shift = new Shift({ ask });
const switchboard = new Switchboard({ ask, say, watch });

function onFlags(/** @type {any} */ frame) {
  known.flags = frame;
  sound();
  begun = true;
}

/** The answer to what this page asked; the whole list follows, and may come before or after. */
function onFlag(/** @type {any} */ flag) {
  const flags = known.flags.flags.map((/** @type {any} */ one) => (one.id === flag.id ? flag : one));
  known.flags.flags = flags.filter((/** @type {any} */ one) => one.state !== "resolved");
  if (flag.state === "resolved") say(tell("resolved", { handle: flag.handle }));
}

/** Refusals in words: at the conversation that is looked at, if they are about it. */
function onError(/** @type {any} */ frame) {
  if (frame.key) return;
  const words = tellIfKnown(`error.${frame.code}`) ?? frame.detail;
  if (!live.refuse(frame.conversation, words)) set(byId("alert"), words);
}

// --- sound -----------------------------------------------------------------------------------------------

const openFlags = () => known.flags.flags.filter((/** @type {any} */ flag) => flag.state === "open");
const openHelps = () => (known.flags.helps ?? []).filter((/** @type {any} */ help) => !help.answered_by);

function sound() {
  const unanswered = [...openFlags(), ...openHelps()];
  const fresh = unanswered.filter(({ id }) => !heard.has(id));
  for (const { id } of fresh) heard.add(id);
  if (!fresh.length && !(openFlags().length && Date.now() - sounded > AGAIN)) return;
  sounded = Date.now();
  tone();
  if (fresh.length && begun) say(tell(fresh[0].kind ? "new-help" : "new-flag", { handle: fresh[0].handle }));
}

byId("sound").addEventListener("click", async () => {
  const button = byId("sound");
  const on = button.getAttribute("aria-pressed") !== "true" && (await soundOn());
  if (on) tone();
  else await soundOff();
  button.setAttribute("aria-pressed", String(on));
  set(button, tell(on ? "sound-on" : "sound-off"));
});

// --- showing ---------------------------------------------------------------------------------------------

function render() {
  sound();
  inbox.show(known.flags);
  helps.show(known.flags);
  dead.show(known.flags);
  unanswered.show(known.queue);
  emergencies.show(known.flags.emergencies ?? []);
  live.show();
  shift.show(known.shift);
  switchboard.show(known);
  const n = openFlags().length;
  const needs = n + openHelps().length;
  set(byId("needs-count"), needs ? `(${needs})` : "");
  document.title = n ? tell("title-open", { n }) : tell("title");
}

addEventListener("focus", render);
core.start();
render();
