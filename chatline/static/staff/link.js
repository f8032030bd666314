// @ts-check
/** The staff's connection: one core on `/ws/desk/`, its state told in words, and renders folded together. */
import { ChatCore, browserClock, browserSocket, keepAwake, newKey } from "../chat-core.js";
import { byId, set, tell } from "./dom.js";
import { age, serverSays } from "./times.js";

/**
 * @param {Record<string, (frame: any) => void>} onFrames by frame type
 * @param {() => void} render draws everything from what is known; called at most once a turn
 */
export function connect(onFrames, render) {
  /** @type {any} */
  let rendering = null;
  const soon = () => {
    rendering ??= setTimeout(() => {
      rendering = null;
      showLink(core);
      render();
    });
  };
  const core = new ChatCore({
    clock: browserClock,
    open: () => browserSocket("/ws/desk/"),
    newKey,
    me: "volunteer",
    answer: "desk",
    hello: (known) => ({ type: "hello", cursors: known.cursors() }),
    onFrame: (frame) => {
      if (frame.now) serverSays(frame.now);
      onFrames[frame.type]?.(frame);
    },
    onChange: soon,
  });
  keepAwake(core.link);
  setInterval(soon, 1_000); // ages and countdowns move by themselves
  return core;
}

/** @param {ChatCore} core */
function showLink(core) {
  const down = core.link.live ? 0 : Date.now() - core.link.downSince;
  const word = core.link.signedOut ? "signed-out" : down < 2_000 ? "up" : down < 20_000 ? "down" : "out";
  const place = byId("link-state");
  set(place, tell(`link.${word}`));
  place.dataset.down = String(word !== "up");
}

/** @typedef {{counts: Record<string, number>, oldest: Record<string, string>}} Queue */

/** How many wait; the list may hold only the first of them. */
export function howMany(/** @type {Queue|null} */ queue) {
  return Object.values(queue?.counts ?? {}).reduce((sum, count) => sum + count, 0);
}

/** How many wait and for how long. */
export function queueInWords(/** @type {Queue} */ queue) {
  const n = howMany(queue);
  if (!n) return tell("nobody-waits");
  const oldest = Object.values(queue.oldest).filter(Boolean).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  return tell(n === 1 ? "one-waits" : "many-wait", { n, age: oldest ? age(oldest) : "" });
}
