// @ts-check
/** The supervisor's page: every flag that is not resolved, worst and oldest first, until somebody has it. */
import { KeyedList, byId, clone, make, set, setLevel, setOrHide, tell, tellIfKnown } from "./staff/dom.js";
import { connect, queueInWords } from "./staff/link.js";
import { age, minutesSince } from "./staff/times.js";
import { soundOff, soundOn, tone } from "./staff/tone.js";

/** While a flag stands unanswered the tone comes again this often. */
const AGAIN = 30_000;

/** @type {any[]} */
let flags = [];
/** @type {string[]} */
let alarms = [];
/** @type {any} */
let queue = null;
/** @type {Set<string>} flags that have sounded */
const heard = new Set();
let sounded = 0;
/** The first list is not news. */
let begun = false;

const core = connect(
  {
    flags: onFlags,
    flag: onFlag,
    queue: (frame) => (queue = frame),
    error: (frame) => set(byId("alert"), tellIfKnown(`error.${frame.code}`) ?? frame.detail),
  },
  render,
);

/** @param {{flags: any[], alarms: string[]}} frame */
function onFlags(frame) {
  ({ flags, alarms } = frame);
  sound();
  begun = true;
}

/** The answer to what this page asked; the whole list follows, and may come before or after. */
function onFlag(/** @type {any} */ flag) {
  flags = flags.map((known) => (known.id === flag.id ? flag : known)).filter((known) => known.state !== "resolved");
  if (flag.state === "resolved") set(byId("told"), tell("resolved", { handle: flag.handle }));
}

const open = () => flags.filter((flag) => flag.state === "open");

function sound() {
  const fresh = open().filter((flag) => !heard.has(flag.id));
  for (const flag of fresh) heard.add(flag.id);
  if (!fresh.length && !(open().length && Date.now() - sounded > AGAIN)) return;
  sounded = Date.now();
  tone();
  if (fresh.length && begun) set(byId("told"), tell("new-flag", { handle: fresh[0].handle }));
}

// --- showing ---------------------------------------------------------------------------------------------

const list = new KeyedList(byId("flags"), {
  id: (/** @type {any} */ flag) => flag.id,
  make: makeCard,
  fill: fillCard,
});
const alarmList = new KeyedList(byId("alarms"), {
  id: (/** @type {string} */ alarm) => alarm,
  make: (alarm) => ({ node: make("p", "alarm", tellIfKnown(`alarm.${alarm}`) ?? alarm), parts: {} }),
  fill: () => {},
});

function render() {
  sound();
  list.show(flags);
  alarmList.show(alarms);
  byId("none").hidden = flags.length > 0;
  set(byId("summary"), queue ? queueInWords(queue) : "");
  const n = open().length;
  document.title = n ? tell("title-open", { n }) : tell("title");
}

function makeCard(/** @type {any} */ flag) {
  const { node, parts } = clone("flag-card");
  parts.acknowledge.addEventListener("click", () => ask({ type: "acknowledge", flag: flag.id }));
  parts.outcome.addEventListener("change", () => (parts.reason.required = parts.outcome.value === "false_flag"));
  parts.resolve.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    ask({ type: "resolve", flag: flag.id, outcome: parts.outcome.value, reason: parts.reason.value.trim() });
  });
  return { node, parts };
}

function fillCard(/** @type {any} */ parts, /** @type {any} */ flag, /** @type {HTMLElement} */ node) {
  const isOpen = flag.state === "open";
  const justNow = minutesSince(flag.raised_at) < 1;
  node.className = `flag card is-${flag.level} ${flag.state}`;
  node.dataset.flag = flag.id;
  setLevel(parts.level, flag.level);
  set(parts.handle, flag.handle);
  set(parts.medium, tell(flag.medium));
  set(parts.line, flag.line);
  set(parts.age, justNow ? tell("raised-now") : tell("raised", { age: age(flag.raised_at) }));
  set(parts.held, flag.held_by ? tell("held", { name: flag.held_by }) : tell("not-held"));
  parts.unreachable.hidden = flag.reachable;
  const waited = justNow ? tell("unanswered-now") : tell("unanswered", { age: age(flag.raised_at) });
  setOrHide(parts.unanswered, isOpen ? waited : "");
  setOrHide(parts.answered, isOpen ? "" : tell("answered", { name: flag.acknowledged_by }));
  parts.acknowledge.hidden = !isOpen;
  parts.resolve.hidden = isOpen;
  fillReasons(parts.reasons, flag.reasons);
}

/** @param {HTMLElement} place
 *  @param {{label: string, quote: string}[]} reasons */
function fillReasons(place, reasons) {
  const seen = JSON.stringify(reasons);
  if (place.dataset.seen === seen) return;
  place.dataset.seen = seen;
  place.replaceChildren(
    ...reasons.map(({ label, quote }) => {
      const reason = make("li");
      const marked = make("mark", "", quote);
      marked.dir = "auto";
      reason.append(make("span", "label", label), ...(quote ? [" ", marked] : []));
      return reason;
    }),
  );
}

// --- doing -----------------------------------------------------------------------------------------------

/** @param {object} frame */
function ask(frame) {
  set(byId("alert"), "");
  set(byId("told"), "");
  core.send(frame);
}

byId("sound").addEventListener("click", async () => {
  const button = byId("sound");
  const on = button.getAttribute("aria-pressed") !== "true" && (await soundOn());
  if (on) tone();
  else await soundOff();
  button.setAttribute("aria-pressed", String(on));
  set(button, tell(on ? "sound-on" : "sound-off"));
});
core.start();
render();
