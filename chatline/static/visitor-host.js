// @ts-check
/** The chat in a website's frame. The page around it is told `open`, `close` and whether something is unread; nothing else. */
import { carried, core } from "./visitor.js";

const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const root = part("chat");
const { origins, line } = part("host").dataset;
const word = (/** @type {string} */ name) => part("host").content.querySelector(`[data-word=${name}]`).textContent;

/** The origin of the page around us, once it has spoken: to a page that is not the site's nothing is said. */
let host = "";
let open = true;

function tell(/** @type {string} */ chatline, more = {}) {
  if (host) parent.postMessage({ chatline, ...more }, host);
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || !origins.split(" ").includes(origin)) return;
  if (data.chatline !== "open" && data.chatline !== "minimised") return;
  if (!host) addMinimise();
  host = origin;
  open = data.chatline === "open";
  tell("open");
  if (!open) return;
  tell("unread", { unread: 0 });
  if (document.hasFocus()) focusAgain();
  else addEventListener("focus", focusAgain, { once: true });
});

/** Where the visitor was, or the title at first: browsers forget it once the page around had the focus. */
let last = part("title");
last.tabIndex = -1;
addEventListener("focusin", ({ target }) => (last = target));

function focusAgain() {
  if (document.activeElement === document.body) last.focus();
}

/** Where the chat fills a phone's screen there is no other way back to the page. A line of its own, clear of the way out. */
function addMinimise() {
  const button = document.createElement("button");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", width: "24", height: "24", fill: "none", stroke: "currentColor", "stroke-width": "2", "aria-hidden": "true" })) icon.setAttribute(name, value);
  stroke.setAttribute("d", "M3 9l9 6 9-6");
  icon.append(stroke);
  button.type = "button";
  button.id = "minimise";
  button.setAttribute("aria-label", word("minimise"));
  button.append(icon);
  Object.assign(button.style, { flex: "1 0 100%", minBlockSize: "2rem", marginBlock: "-0.5rem -0.25rem", padding: "0", borderColor: "transparent", background: "none" });
  button.addEventListener("click", () => tell("close"));
  root.querySelector("header").append(button);
}

/** Escape never ends anything; where it closes something of the chat's own, that comes first. */
function onEscape(/** @type {KeyboardEvent} */ event) {
  if (event.key === "Escape" && !part("menu")?.open) tell("close");
}

addEventListener("keydown", onEscape, { capture: true });
document.addEventListener("chatline:heard", () => open || tell("unread", { unread: 1 }));
// Where the website could not be left, at least the panel closes.
document.addEventListener("chatline:left", () => tell("close"));

// --- a window of its own: it is given what this tab knows of the chat, by its own origin to its own origin --------

/** @type {Window|null} */
let other = null;

function openWindow() {
  other = window.open(`/chat/${encodeURIComponent(line)}/window/${location.search}`);
  if (!other) part("alert").textContent = word("blocked");
}

part("own-window")?.addEventListener("click", openWindow);
part("own-window")?.removeAttribute("hidden");

addEventListener("message", ({ source, origin, data }) => {
  if (!other || source !== other || origin !== location.origin) return;
  if (data.chatline === "ready") other.postMessage({ chat: carried() }, location.origin);
  if (data.chatline === "taken") rest();
});

/** The other window has it. Leaving fast stays possible here too, and so does coming back. */
function rest() {
  core.link.stop();
  const [notice, words, back] = ["div", "p", "button"].map((tag) => /** @type {any} */ (document.createElement(tag)));
  notice.className = "scroll";
  words.textContent = word("elsewhere");
  words.setAttribute("role", "status");
  back.textContent = word("back");
  back.type = "button";
  back.addEventListener("click", () => {
    notice.remove();
    part("scroll").hidden = part("composer").hidden = false;
    core.link.renew();
  });
  notice.append(words, back);
  part("scroll").before(notice);
  part("scroll").hidden = part("composer").hidden = true;
  part("menu").open = false;
}
