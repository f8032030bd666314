// @ts-check
/** A window that a chat's frame has just opened: takes the chat over from it, and from nobody else, and goes on. */

const next = /** @type {string} */ (document.documentElement.dataset.next);
const frame = window.opener;

function go() {
  location.replace(next);
}

addEventListener("message", ({ source, origin, data }) => {
  if (!frame || source !== frame || origin !== location.origin || !data.chat) return;
  try {
    sessionStorage.setItem("chat", JSON.stringify(data.chat));
    frame.postMessage({ chatline: "taken" }, location.origin);
  } finally {
    go();
  }
});
frame?.postMessage({ chatline: "ready" }, location.origin);
setTimeout(go, frame ? 5_000 : 0);
