// @ts-check
/** Tries to leave, as the button of the chat would, and tells the manager who asked whether the page let it. */

const PATIENCE = 3_000;

const root = /** @type {HTMLElement} */ (document.getElementById("check"));
const address = (/** @type {string} */ what) => `/embed/${root.dataset.key}/${what}/?token=${encodeURIComponent(root.dataset.token ?? "")}`;
const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

function say(/** @type {string} */ state) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-state]"))) part.hidden = part.dataset.state !== state;
}

async function arrived() {
  const answer = await fetch(address("check/outcome"));
  return answer.ok && (await answer.json()).left;
}

async function leave() {
  say("trying");
  try {
    window.top?.location.replace(new URL(address("left"), location.href).href);
  } catch {
    // Some browsers say that the sandbox holds us; others only do nothing.
  }
  for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(300)) {
    if (await arrived()) return say("works");
  }
  say(window.top === window.parent ? "fenced" : "nested");
}

// Where our script opened this frame, it waits to hear that the frame is there.
addEventListener("message", ({ source, origin }) => {
  if (source === parent && origin === root.dataset.origin) parent.postMessage({ chatline: "open" }, origin);
});

if (window.top === window) say("alone");
else if (!(await fetch(address("check/begin"), { method: "POST" })).ok) say("over");
document.getElementById("try")?.addEventListener("click", leave);
