// @ts-check
/**
 * The visitor's page: what `chat-core.js` knows, shown; nothing kept but one key in this tab.
 *
 * What stands on the page when, the HTML says itself: `data-for` names the `facts()` with which an element is there.
 * A script around a framed chat may use what is exported below; it hears on `document` `chatline:heard`, when somebody
 * else said something, and `chatline:left`, when the page is blank for good.
 */
import { ChatCore, Typist, browserClock, browserPoll, browserSocket, keepAwake, newKey } from "./chat-core.js";

const MOST = 2_000;
const COUNT_FROM = 1_800;

const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const root = part("chat");
const { line, nonce, site, exit } = root.dataset;
const language = document.documentElement.lang;
/** Times are written as where the visitor is, if that is in the page's language. */
const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
const box = part("text");
const log = part("log");
const scroll = part("scroll");
scroll.append(part("below").content);
part("sheet").append(part("choices").content);
const conditional = [...document.querySelectorAll("[data-for]")].map((element) => /** @type {HTMLElement} */ (element));
const words = Object.fromEntries([...part("words").content.children].map((word) => [word.dataset.word, word.textContent]));
words.ask = part("ask").textContent;

/** The words of the page, with `{name}` and the like filled in. */
function tell(/** @type {string} */ word, /** @type {Record<string, any>} */ values = {}) {
  return words[word].replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => values[name] ?? whole);
}

const fault = (/** @type {string} */ code) => words[`error.${code}`] ?? words.error;

// --- what this tab remembers: one key, gone with the tab, and words in it only until the server has them ----

/** Some browsers refuse storage in a frame: then a reload starts afresh, and nothing else changes. */
function stored(/** @type {(place: Storage) => any} */ use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

const kept = JSON.parse(stored((place) => place.getItem("chat")) ?? "{}");
/** @type {string|null} */
let token = kept.token ?? null;
/** How and which conversation this visitor ended, and what the line has not yet shown that it knows of it. */
let ended = kept.ended ?? { how: "", conversation: "", untold: "" };
/** What was asked once and is not asked again, and other small choices. */
const chosen = kept.chosen ?? {};

function remember() {
  const unsent = core.outbox.length ? core.outbox : undefined;
  const value = { token, unsent, draft: box.value || undefined, ended: ended.untold ? ended : undefined, chosen };
  const worth = !left && (token || unsent || value.draft);
  stored((place) => (worth ? place.setItem("chat", JSON.stringify(value)) : place.removeItem("chat")));
}

// --- the core --------------------------------------------------------------------------------------------

/** @type {any} what the last `welcome` said */
let welcome = { state: "new", wait: null };
let typingUntil = 0;
let typingBy = "volunteer";
let left = false;
let revoked = false;

// A stylesheet that holds for the screen from the first would hold up this script.
part("style").media = "all";

const core = new ChatCore({
  clock: browserClock, newKey, me: "visitor", answer: "welcome", hello, onChange: soon,
  open: () => browserSocket(`/ws/visitor/${encodeURIComponent(line)}/`),
  openPoll: (again) => browserPoll(`/poll/${encodeURIComponent(line)}/`, again),
  slow: performance.now() > 2_000,
  onFrame: (frame) => onFrames[frame.type]?.(frame),
});
core.outbox.push(...(kept.unsent ?? []).map((/** @type {any} */ entry) => ({ ...entry, due: 0, hold: 0 })));

function hello() {
  const conversation = current()?.id ?? null;
  const after = conversation ? core.cursor(conversation) : 0;
  return { type: "hello", nonce, token, conversation, after, site: site || null, language };
}

/** The conversation that is going on: the one heard of last. */
const current = () => [...core.threads.values()].at(-1);

function phase() {
  const thread = current();
  const state = thread?.state;
  if (revoked) return "revoked";
  if (state?.blocked) return "blocked";
  const over = thread && (ended.conversation === thread.id || state?.state === "closed");
  const now = over ? "ended" : welcome.state === "gone" ? "gone" : thread ? (state?.state ?? "waiting") : "new";
  const begins = now !== "waiting" && now !== "active" && core.outbox.some(({ refused }) => !refused);
  return begins ? "begins" : now;
}

/** Who is with the visitor, or was last; with `by` the supervisor who speaks along; or an empty string. */
function theirName(by = "volunteer") {
  const thread = current();
  const spoke = thread && core.messages(thread.id).filter(({ name, from }) => name && from === by).at(-1);
  return (by === "volunteer" && thread?.state?.name) || spoke?.name || "";
}

const onFrames = /** @type {Record<string, (frame: any) => void>} */ ({
  welcome(frame) {
    welcome = frame;
    token = frame.token;
    alert("");
    if (!frame.conversation) announceFromHere();
    // Whatever else goes on now must not be ended in its place.
    if ((frame.conversation ?? "") !== ended.conversation) ended.untold = "";
    tellEnd();
    fetchRest();
  },
  said() {
    if (welcome.state === "new" || welcome.state === "gone") siblings?.postMessage({ token });
    welcome.state = "";
  },
  message(frame) {
    welcome.state = "";
    if (frame.from !== "visitor") typingUntil = 0;
  },
  state(frame) {
    const known = ended.untold === "erase" ? frame.erasure : frame.state === "closed";
    if (known && frame.conversation === ended.conversation) ended.untold = "";
    announceFromHere();
  },
  typing({ from, on }) {
    typingUntil = on && from !== "visitor" ? Date.now() + 6_000 : 0;
    typingBy = from;
  },
  error(frame) {
    if (frame.code === "site_revoked") takenDown();
    else if (frame.code === "stale_page") loadAfresh();
    else if (frame.code === "token_dead") core.link.renew();
    else if (frame.code === "try_again" && ended.untold && !frame.key) setTimeout(tellEnd, (frame.retry_after ?? 2) * 1_000);
    else if (!frame.key) alert(fault(frame.code));
  },
});

function alert(/** @type {string} */ text) {
  set(part("alert"), text);
}

/** Told until the line shows that it knows: a frame may be lost with its socket, or refused while the database is away. */
function tellEnd() {
  if (ended.untold) core.send({ type: ended.untold });
}

/** What was not sent stays in view; nothing will take it from here. */
function takenDown() {
  revoked = true;
  for (const entry of core.outbox) entry.refused = entry.code = "site_revoked";
  core.link.stop();
}

/** The page waited so long that its nonce is too old: a new page brings a new one, and finds the words again. */
function loadAfresh() {
  if (performance.now() < 60_000) return alert(fault("stale_page"));
  token = null;
  remember();
  location.reload();
}

/** The history is on the page by then: what comes now is read out. */
function announceFromHere() {
  setTimeout(() => log.setAttribute("aria-live", "polite"), 1_000);
}

/** What is not needed for a chat comes once there is one; then it is here, also without a connection. */
let fetching = false;
/** @type {{show(now: string, facts: Set<string>): void, heard(): void}|null} */
let rest = null;
function fetchRest() {
  if (fetching) return;
  fetching = true;
  setTimeout(async () => {
    try {
      const { start } = await import("./visitor-rest.js");
      if (left) return;
      rest = start({ part, words, tell, set, core, current, chosen, items, endIt, site });
      render();
    } catch {
      fetching = false; // the next welcome tries again
    }
  });
}

// --- other tabs of this chat: they go on with it together, and leave together -----------------------------

const siblings = "BroadcastChannel" in window ? new BroadcastChannel(`chat:${line}`) : null;
siblings?.addEventListener("message", ({ data }) => {
  if (data.ask && token && current() && welcome.state !== "gone") siblings.postMessage({ token });
  else if (data.token) adopt(data.token);
  else if (data.leave && data.leave === token) leave(false);
});

/** Goes on with the chat of this token, if nothing was said here. */
function adopt(/** @type {string} */ given) {
  if (left || core.threads.size || core.outbox.length || given === token) return;
  token = given;
  core.link.renew();
}

// --- leaving ---------------------------------------------------------------------------------------------

/** Blank in the same tick, then end it, forget it, and go where Back does not return from. */
function leave(/** @type {boolean} */ together = true) {
  left = true;
  document.body.hidden = true;
  document.body.replaceChildren();
  document.title = "\u00a0";
  if (token) navigator.sendBeacon("/leave/", token);
  core.send({ type: "end", fast: true });
  core.link.stop();
  if (together) siblings?.postMessage({ leave: token });
  core.threads.clear();
  core.outbox.length = 0;
  box.value = "";
  token = null;
  remember();
  document.dispatchEvent(new Event("chatline:left"));
  go();
}

function go() {
  try {
    window.top?.location.replace(exit);
  } catch {
    // The page around us fences us in.
  }
  // Then nothing moves: at least the frame forgets.
  if (window.top !== window) setTimeout(() => location.replace("about:blank"), 500);
}

/** @type {number[]} */
let shifts = [];
/** @type {any} */
let forgetting;
function countShifts(/** @type {KeyboardEvent} */ event) {
  if (event.repeat || left) return;
  shifts = event.key === "Shift" ? [...shifts.filter((at) => at > event.timeStamp - 5_000), event.timeStamp] : [];
  part("leave").dataset.presses = shifts.length;
  clearTimeout(forgetting);
  forgetting = setTimeout(() => left || delete part("leave").dataset.presses, 5_000);
  if (shifts.length === 3) leave();
}

// --- showing ---------------------------------------------------------------------------------------------

/** @type {any} */
let rendering = null;
function soon() {
  rendering ??= setTimeout(render);
}

function render() {
  clearTimeout(rendering);
  rendering = null;
  if (left) return;
  const pinned = scroller().scrollTop > reached - 60;
  const lines = items();
  const fresh = showLog(lines);
  const now = phase();
  const holds = facts(now, lines);
  for (const element of conditional) element.hidden = !element.dataset.for?.split(" ").some((fact) => holds.has(fact));
  showStatus(now, holds);
  showEnd(now);
  const begun = log.childElementCount > 0 || !(holds.has("new") || holds.has("gone"));
  part("intro").hidden = begun;
  part("menu").hidden = !rest || now === "revoked";
  part("composer").hidden = now === "revoked" && !box.value;
  box.readOnly = now === "revoked";
  const name = now === "active" && theirName();
  part("with").hidden = !name;
  set(part("with"), name ? tell("with", { name }) : "");
  set(part("ask"), begun ? words.write : words.ask);
  showTyping();
  rest?.show(now, holds);
  // Whoever reads further up, or is further down at what stands below, stays there.
  if (pinned && (fresh || (lowest() > reached && scroller().scrollTop < lowest()))) toEnd();
  else if (fresh) part("newer").hidden = false;
  reached = lowest();
  remember();
}

const downFor = () => (core.link.live ? 0 : Date.now() - core.link.downSince);
let waitingFrom = 0;

/** What is true now, in the words of the page's `data-for`: the phase, whether anybody answers, what there is to do. */
function facts(/** @type {string} */ now, /** @type {Item[]} */ lines) {
  const state = current()?.state;
  const service = serviceOf(now);
  const all = new Set([now, service]);
  const down = downFor() > 60_000 && now !== "revoked";
  waitingFrom = now === "waiting" ? waitingFrom || Date.now() : 0;
  // A device's clock may be wrong; what passed on this page is right in any case.
  const waited = waitingFrom && Date.now() - Math.min(waitingFrom, Date.parse(state?.since) || waitingFrom);
  const late = waited > root.dataset.late * 60_000;
  const by = endedBy();
  const away = now === "waiting" && (service === "closed" || service === "paused");
  if (down || late || away || now === "blocked" || now === "revoked" || (now === "ended" && by === "expired")) all.add("help");
  if (down || now === "revoked") all.add("by-text");
  if (now === "ended") all.add(by === "expired" ? "expired" : "calm");
  if (lines.length) all.add("said");
  if (lines.some(({ purpose }) => purpose === "plan")) all.add("plan");
  if (state && !state.erasure && ended.how !== "erased" && welcome.state !== "gone") all.add("erasable");
  return all;
}

let opens = "";
/** Whether anybody answers now, as was heard last; a line that was to open has. */
function serviceOf(/** @type {string} */ now) {
  const heard = now === "waiting" && current()?.state ? current()?.state : welcome;
  const { service = root.dataset.service, opens_at: at = root.dataset.opens, paused_words: said } = heard;
  if (said) set(part("paused"), said);
  const matters = ["new", "gone", "begins", "waiting"].includes(now);
  opens = service === "closed" && at && matters ? at : "";
  return matters && !(opens && Date.parse(opens) <= Date.now()) ? service : "open";
}

/** A moment on the visitor's own clock: the time alone for today. */
function clock(/** @type {string} */ at, day = false) {
  const then = new Date(at);
  const time = then.toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
  if (!day) return time;
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86_400_000);
  if (days < 2) return `${new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day")}, ${time}`;
  const far = days > 6 ? /** @type {const} */ ({ day: "numeric", month: "long" }) : {};
  return `${then.toLocaleDateString(locale, { weekday: "long", ...far })}, ${time}`;
}

const opening = () => (opens ? tell("opens", { when: clock(opens, true) }) : "");

/** @type {[number, number]|null} the wait that was last put in words; small changes are not worth announcing */
let told = null;
function waitWords(/** @type {Set<string>} */ holds) {
  const state = current()?.state;
  if (holds.has("closed")) return `${words["wait-closed"]} ${opening()}`;
  if (holds.has("paused")) return state?.paused_words || words["wait-paused"];
  if (state?.another) return words.looking;
  const wait = state?.wait ?? welcome.wait;
  if (!wait) return words.soon;
  if (!told || Math.abs(wait[1] - told[1]) > 2 || Math.abs(wait[0] - told[0]) > 2) told = wait;
  const [low, high] = told;
  return low === high ? tell("wait-one", { high }) : tell("wait", { low, high });
}

function showStatus(/** @type {string} */ now, /** @type {Set<string>} */ holds) {
  const down = now === "revoked" ? 0 : downFor();
  let text = "";
  if (now === "waiting") text = waitWords(holds);
  else if (now === "active") text = tell(current()?.state?.closing_at ? "closing" : "active", { name: theirName() || words.volunteer });
  else if (now === "ended") text = words.ended;
  else if (now === "gone" && log.childElementCount) text = words.gone;
  if (down > 2_000) text = down > 60_000 ? words.down : words.weak;
  root.dataset.phase = down > 2_000 ? "weak" : now;
  set(part("status"), text);
  set(part("opens"), opening());
  part("opens").hidden = !opening();
}

const endedBy = () => (ended.how && ended.conversation === current()?.id ? "visitor" : (current()?.state?.ended ?? ""));

function showEnd(/** @type {string} */ now) {
  if (now !== "ended") return;
  const { id = "", state } = current() ?? {};
  const name = theirName();
  const how = endedBy();
  set(part("ended"), how === "volunteer" && !name ? words.ended : tell(how ? `ended-${how}` : "ended", { name }));
  // Names nothing: it only says which chat, to whoever asks the line about it.
  const code = `${id.slice(0, 4)}\u00a0${id.slice(4, 8)}`.toUpperCase();
  const erasure = state?.erasure || (ended.how === "erased" ? "ing" : "");
  const receipts = { asked: "erase-asked", done: "erase-done", ing: "erasing" };
  const receipt = /** @type {Record<string, string>} */ (receipts)[erasure];
  set(part("receipt"), receipt ? tell(receipt, { code, time: state?.erased_at && clock(state.erased_at) }) : "");
}

let spokenOfTyping = -Infinity;
function showTyping() {
  const text = typingUntil > Date.now() ? tell("typing", { name: theirName(typingBy) || words.volunteer }) : "";
  set(part("typing"), text);
  if (text && Date.now() - spokenOfTyping < 30_000) return;
  if (text) spokenOfTyping = Date.now();
  set(part("heard"), text);
}

function set(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What scrolls: on very low screens the page itself. */
const scroller = () => (scroll.scrollHeight > scroll.clientHeight ? scroll : document.documentElement);
/** As far down as it goes without the latest words leaving at the top. */
function lowest() {
  const above = (log.lastElementChild?.offsetTop ?? 0) - 12;
  return Math.min(scroller().scrollHeight - scroller().clientHeight, above);
}
/** What that was when last something was shown. */
let reached = 0;
const atEnd = () => scroller().scrollTop > lowest() - 60;
function toEnd() {
  if (log.childElementCount) scroller().scrollTop = lowest();
  part("newer").hidden = true;
}

/** @typedef {{id: string, from: string, name: string, text: string, at: string, purpose: string, mark: string, detail: string, first: boolean}} Item */

/** @returns {Item[]} in the order in which they are shown; a text keeps its key, so it stays the same line */
function items() {
  const readable = [...core.threads.values()].filter(({ id, state }) => !state?.erasure && !(ended.how === "erased" && id === ended.conversation));
  const said = readable.flatMap(({ id }, place) =>
    core.messages(id).map((/** @type {any} */ { key, seq, from, name, text, at, purpose = "" }, /** @type {number} */ nth) => ({
      id: key ?? `${id}:${seq}`, from, at, purpose, text: text || words.blank, first: place > 0 && nth === 0,
      name: from === "line" ? words.line : name || words.volunteer, mark: from === "visitor" ? "sent" : "", detail: "",
    })),
  );
  const now = Date.now();
  const unsent = core.outbox.map(({ key, text, at, refused, code, hold }) => ({
    id: key, from: "visitor", at: new Date(at).toISOString(), purpose: "", text, first: false, name: words.you,
    mark: refused ? "refused" : downFor() > 2_000 || now - at > 2_000 ? "trying" : "sending",
    detail: refused || hold > now ? fault(code) : "",
  }));
  return [...said, ...unsent];
}

/** @type {Map<string, HTMLElement>} */
let shown = new Map();
/** True if somebody else said something that was not shown before. */
function showLog(/** @type {Item[]} */ lines) {
  const next = new Map();
  let fresh = false;
  let place = log.firstElementChild;
  for (const item of lines) {
    fresh ||= !shown.has(item.id) && item.from !== "visitor";
    const node = shown.get(item.id) ?? newLine(item);
    fill(node, item);
    if (node === place) place = place.nextElementSibling;
    else log.insertBefore(node, place);
    next.set(item.id, node);
  }
  for (const [id, node] of shown) if (!next.has(id)) node.remove();
  shown = next;
  log.tabIndex = lines.length ? 0 : -1; // a stop of the keyboard once there is something to scroll
  if (fresh && log.getAttribute("aria-live") === "polite") heard();
  return fresh;
}

function heard() {
  rest?.heard();
  document.dispatchEvent(new Event("chatline:heard"));
}

/** Made once: a screen reader is told of it once, and of its mark not at all (`aria-live` off). */
function newLine(/** @type {Item} */ item) {
  const node = make("div", `${item.from === "visitor" ? "mine" : "theirs"} from-${item.from}`);
  const [who, text, meta, change] = [make("bdi", "who"), make("p", "text"), make("p", "meta"), make("button", "link")];
  text.dir = "auto";
  change.textContent = words.change;
  change.addEventListener("click", () => takeBack(item.id));
  meta.setAttribute("aria-live", "off");
  meta.append(make("time"), " ", make("span"), " ", change);
  node.append(who, text, meta);
  return node;
}

function fill(/** @type {HTMLElement} */ node, /** @type {Item} */ item) {
  const [who, text, meta] = /** @type {any} */ (node.children);
  const [time, mark, change] = meta.children;
  node.classList.toggle("first", item.first);
  if (item.first) node.dataset.again = words.again;
  set(who, item.from === "visitor" ? words.you : item.name);
  set(text, item.text);
  if (time.dateTime !== item.at) set(time, clock((time.dateTime = item.at))); // slow, and there is one on each line
  mark.className = `mark ${item.mark}`;
  set(mark, `${words[item.mark] ?? ""} ${item.detail}`.trim());
  change.hidden = item.mark !== "refused";
  if (item.mark === "refused" && !node.dataset.told) alert((node.dataset.told = `${words.refused} ${item.detail}`));
}

function make(/** @type {string} */ tag, name = "") {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

function takeBack(/** @type {string} */ key) {
  alert("");
  box.value = [core.withdraw(key)?.text, box.value].filter(Boolean).join("\n");
  grow();
  box.focus();
}

// --- writing ---------------------------------------------------------------------------------------------

const typist = new Typist({ clock: browserClock, send: (on) => document.hidden || core.send({ type: "typing", on }) });

function grow() {
  const length = [...box.value.trim()].length;
  box.rows = Math.min(6, Math.max(2, box.value.split("\n").length, Math.ceil(length / 40)));
  set(part("left"), length > MOST ? tell("over", { n: length - MOST }) : length > COUNT_FROM ? tell("left", { n: MOST - length }) : "");
  return length;
}

function submit(/** @type {Event} */ event) {
  event.preventDefault();
  const length = grow();
  const text = box.value.trim();
  box.focus();
  if (!length || length > MOST || revoked) return;
  box.value = "";
  grow();
  alert("");
  typist.done();
  core.say(text);
  render();
  toEnd();
}

/** It is over on this page at once, and at the line as soon as there is a connection. */
function endIt(/** @type {string} */ type) {
  ended = { how: type === "erase" ? "erased" : "ended", conversation: current()?.id ?? "", untold: type };
  tellEnd();
  box.focus();
  render();
  toEnd();
}

// Not `submit`: a frame may be forbidden to submit forms.
part("send").addEventListener("click", submit);
box.addEventListener("input", () => {
  grow();
  soon();
  if (box.value.trim()) typist.touch();
});
box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const plain = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (plain && !matchMedia("(pointer: coarse)").matches) submit(event);
});
part("newer").addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => atEnd() && (part("newer").hidden = true), { passive: true });
for (const way of document.querySelectorAll("[data-leave]"))
  way.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
addEventListener("keydown", countShifts);
addEventListener("pagehide", () => left || remember());
addEventListener("pageshow", () => left && go());

// iOS ignores `interactive-widget`: keep the composer above its keyboard.
visualViewport?.addEventListener("resize", () => {
  const { height = 0, scale = 1 } = visualViewport ?? {};
  if (left || scale > 1.01) return; // who looks closer with two fingers keeps the page as it is
  document.documentElement.style.setProperty("--height", `${height}px`);
  render();
});

box.value ||= kept.draft ?? "";
grow();
part("send").disabled = false;
keepAwake(core.link);
if (!token) siblings?.postMessage({ ask: true });
core.start();
setInterval(soon, 1_000); // marks and the state of the connection grow older by themselves
render();

/** For `visitor-host.js`: what another window needs to go on with this chat. */
export const carried = () => ({ token, unsent: core.outbox, draft: box.value });
export { adopt, core, leave };
