// @ts-check
/** The visitor's page: what `chat-core.js` knows, shown; nothing kept but one token in this tab. */
import { ChatCore, Typist, browserClock, browserSocket, keepAwake, newKey } from "./chat-core.js";

const MOST = 2_000;
const COUNT_FROM = 1_800;

const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const root = part("chat");
const { line, nonce, site, exit } = root.dataset;
const box = part("text");
const words = Object.fromEntries([...part("words").content.children].map((word) => [word.dataset.word, word.textContent]));
words.ask = part("ask").textContent;

/** The words of the page, with `{name}` and the like filled in. */
function tell(/** @type {string} */ word, /** @type {Record<string, any>} */ values = {}) {
  return words[word].replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) => values[name] ?? whole);
}

// --- what this tab remembers: one key, gone with the tab, and words in it only until the server has them ----

/** Some browsers refuse storage in a frame: then a reload starts afresh, and nothing else changes. */
function stored(/** @type {(place: Storage) => any} */ use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

function remember(/** @type {object|null} */ value) {
  stored((place) => (value ? place.setItem("chat", JSON.stringify(value)) : place.removeItem("chat")));
}

// --- the core --------------------------------------------------------------------------------------------

const kept = JSON.parse(stored((place) => place.getItem("chat")) ?? "{}");
let token = kept.token ?? null;
/** How and which conversation this visitor ended, and what is still to be said about it. */
let ended = { how: "", conversation: "", untold: "" };
/** @type {{state: string, wait: [number, number]|null}} what the last `welcome` said */
let welcome = { state: "new", wait: null };
let typingUntil = 0;
let left = false;

const core = new ChatCore({
  clock: browserClock, newKey, me: "visitor", answer: "welcome", hello, onChange: soon,
  open: () => browserSocket(`/ws/visitor/${encodeURIComponent(line)}/`),
  onFrame: (frame) => onFrames[frame.type]?.(frame),
});
core.outbox.push(...(kept.unsent ?? []).map((/** @type {any} */ entry) => ({ ...entry, due: 0, hold: 0 })));

function hello() {
  const conversation = current()?.id ?? null;
  const after = conversation ? core.cursor(conversation) : 0;
  return { type: "hello", nonce, token, conversation, after, site: site || null, language: document.documentElement.lang };
}

/** The conversation that is going on: the one heard of last. */
const current = () => [...core.threads.values()].at(-1);

function phase() {
  const thread = current();
  if (ended.how && ended.conversation === thread?.id) return ended.how;
  if (welcome.state === "gone") return "gone";
  return thread ? (thread.state?.state ?? "waiting") : "new";
}

/** Who is with the visitor, or an empty string. */
function theirName() {
  const thread = current();
  const spoke = thread && core.messages(thread.id).filter(({ name, from }) => name && from !== "line" && from !== "visitor").at(-1);
  return thread?.state?.name || spoke?.name || "";
}

const onFrames = /** @type {Record<string, (frame: any) => void>} */ ({
  welcome(frame) {
    welcome = frame;
    token = frame.token;
    alert("");
    if (!frame.conversation) announceFromHere();
    if (ended.untold) core.send({ type: ended.untold });
    ended.untold = "";
  },
  said: () => (welcome.state = ""),
  message(frame) {
    welcome.state = "";
    if (frame.from !== "visitor") typingUntil = 0;
  },
  state: announceFromHere,
  typing: (frame) => (typingUntil = frame.on && frame.from !== "visitor" ? Date.now() + 6_000 : 0),
  error(frame) {
    if (frame.code === "stale_page") loadAfresh(frame.detail);
    else if (frame.code === "token_dead") core.link.renew();
    else if (!frame.retry_after) alert(frame.detail);
  },
});

function alert(/** @type {string} */ words) {
  set(part("alert"), words);
}

/** The page waited so long that its nonce is too old: a new page brings a new one, and finds the words again. */
function loadAfresh(/** @type {string} */ detail) {
  if (performance.now() < 60_000) return alert(detail);
  remember({ unsent: core.outbox, draft: box.value });
  location.reload();
}

/** The history is on the page: what comes now is read out. */
function announceFromHere() {
  setTimeout(() => part("log").setAttribute("aria-live", "polite"), 1_000);
}

// --- leaving ---------------------------------------------------------------------------------------------

/** Blank in the same tick, then end it, forget it, and go where Back does not return from. */
function leave() {
  left = true;
  document.body.replaceChildren();
  document.title = "\u00a0";
  core.send({ type: "end" });
  core.link.stop();
  remember(null);
  go();
}

function go() {
  window.top?.location.replace(exit);
  // A host page may fence its frame in, and then nothing moves: at least the frame forgets.
  if (window.top !== window) setTimeout(() => location.replace("about:blank"), 500);
}

/** @type {number[]} */
let shifts = [];
function countShifts(/** @type {KeyboardEvent} */ event) {
  if (event.repeat || left) return;
  shifts = event.key === "Shift" ? [...shifts.filter((at) => at > event.timeStamp - 5_000), event.timeStamp] : [];
  part("leave").dataset.presses = shifts.length;
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
  const pinned = atEnd();
  const fresh = showLog();
  const now = phase();
  showStatus(now);
  part("intro").hidden = part("log").childElementCount > 0;
  part("menu").hidden = now !== "waiting" && now !== "active";
  part("with").hidden = !(theirName() && now === "active");
  set(part("with"), tell("with", { name: theirName() }));
  set(part("ask"), shown.size ? words.write : words.ask);
  set(part("typing"), typingUntil > Date.now() ? tell("typing", { name: theirName() || words.volunteer }) : "");
  if (pinned) toEnd();
  else if (fresh) part("newer").hidden = false;
  const unsent = core.outbox.length ? core.outbox : undefined;
  if (token || unsent) remember({ token, unsent });
}

function set(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text;
}

const scroll = part("scroll");
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
function toEnd() {
  if (part("log").childElementCount) scroll.scrollTop = scroll.scrollHeight;
  part("newer").hidden = true;
}

/** @typedef {{id: string, from: string, name: string, text: string, at: string, mark: string, detail: string, first: boolean}} Item */

/** @returns {Item[]} in the order in which they are shown; a text keeps its key, so it stays the same line */
function items() {
  const readable = [...core.threads.keys()].filter((id) => ended.how !== "erased" || id !== ended.conversation);
  const said = readable.flatMap((id, place) =>
    core.messages(id).map(({ key, seq, from, name, text, at }, nth) => ({
      id: key ?? `${id}:${seq}`, from, at, text: text || words.blank, first: place > 0 && nth === 0,
      name: from === "line" ? words.line : name || words.volunteer, mark: from === "visitor" ? "sent" : "", detail: "",
    })),
  );
  const now = Date.now();
  const weak = !core.link.live && now - core.link.downSince > 2_000;
  const unsent = core.outbox.map(({ key, text, at, refused }) => ({
    id: key, from: "visitor", at: new Date(at).toISOString(), text, first: false,
    name: words.you, mark: refused ? "refused" : weak || now - at > 2_000 ? "trying" : "sending", detail: refused,
  }));
  return [...said, ...unsent];
}

/** @type {Map<string, HTMLElement>} */
let shown = new Map();
/** True if somebody else said something that was not shown before. */
function showLog() {
  const log = part("log");
  const next = new Map();
  let fresh = false;
  let place = log.firstElementChild;
  for (const item of items()) {
    fresh ||= !shown.has(item.id) && item.from !== "visitor";
    const node = shown.get(item.id) ?? newLine(item);
    fill(node, item);
    if (node === place) place = place.nextElementSibling;
    else log.insertBefore(node, place);
    next.set(item.id, node);
  }
  for (const [id, node] of shown) if (!next.has(id)) node.remove();
  shown = next;
  return fresh;
}

/** Made once: a screen reader is told of it once, and of its mark not at all (`aria-live` off). */
function newLine(/** @type {Item} */ item) {
  const node = make("div", `${item.from === "visitor" ? "mine" : "theirs"} from-${item.from}`);
  const [who, text, meta, change] = [make("span", "who"), make("p", "text"), make("p", "meta"), make("button", "link")];
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
  set(time, new Date(item.at).toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" }));
  time.dateTime = item.at;
  mark.className = `mark ${item.mark}`;
  set(mark, `${words[item.mark] ?? ""} ${item.detail}`.trim());
  change.hidden = item.mark !== "refused";
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

/** @type {[number, number]|null} the wait that was last put in words; small changes are not worth announcing */
let told = null;
function waitWords() {
  const wait = current()?.state?.wait ?? welcome.wait;
  if (!wait) return words.soon;
  if (!told || Math.abs(wait[1] - told[1]) > 2 || Math.abs(wait[0] - told[0]) > 2) told = wait;
  const [low, high] = told;
  return low === high ? tell("wait-one", { high }) : tell("wait", { low, high });
}

function showStatus(/** @type {string} */ now) {
  const down = core.link.live ? 0 : Date.now() - core.link.downSince;
  let text = words[now] ?? "";
  if (now === "waiting") text = waitWords();
  else if (now === "active") text = tell(current()?.state?.closing_at ? "closing" : "active", { name: theirName() || words.volunteer });
  if (down > 2_000) text = down > 60_000 ? words.down : words.weak;
  root.dataset.phase = down > 2_000 ? "weak" : now;
  set(part("status"), text);
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
  if (!length || length > MOST) return;
  box.value = "";
  grow();
  alert("");
  typist.done();
  core.say(text);
  render();
  toEnd();
}

/** It is over on this page at once, and at the line as soon as there is a connection. */
function endIt(/** @type {string} */ how, /** @type {string} */ type) {
  ended = { how, conversation: current()?.id ?? "", untold: core.send({ type }) ? "" : type };
  part("menu").open = false;
  part("sure").hidden = true;
  box.focus();
  render();
}

part("composer").addEventListener("submit", submit);
box.addEventListener("input", () => {
  grow();
  if (box.value.trim()) typist.touch();
});
box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const plain = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (plain && !matchMedia("(pointer: coarse)").matches) submit(event);
});
part("newer").addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => atEnd() && (part("newer").hidden = true), { passive: true });
part("leave").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault();
  leave();
});
addEventListener("keydown", countShifts);
addEventListener("pageshow", () => left && go());
part("end").addEventListener("click", () => endIt("closed", "end"));
for (const id of ["erase", "erase-no"]) part(id).addEventListener("click", () => (part("sure").hidden = id !== "erase"));
part("erase-yes").addEventListener("click", () => endIt("erased", "erase"));

// iOS ignores `interactive-widget`: keep the composer above its keyboard.
visualViewport?.addEventListener("resize", () => {
  document.documentElement.style.setProperty("--height", `${visualViewport?.height}px`);
  toEnd();
});

if (kept.draft) box.value = kept.draft;
part("send").disabled = false;
keepAwake(core.link);
core.start();
setInterval(soon, 1_000); // marks and the state of the connection grow older by themselves
render();
