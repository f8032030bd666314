// @ts-check
/** The phones of the demonstration: asks once a second what every handset shows, and shows it. */

import { Handset } from "./phone/handset.js";
import * as trouble from "./phone/trouble.js";

const EVERY = 1_000;

/** @typedef {import("./phone/trouble.js").Sums & {version: number, phones: import("./phone/handset.js").Screen[]}} State */

/** @type {Map<string, Handset>} by number */
const handsets = new Map();
let version = -1;

function bring(/** @type {Handset} */ handset) {
  for (const other of handsets.values()) {
    other.root.classList.toggle("front", other === handset);
    other.tab.setAttribute("aria-pressed", String(other === handset));
  }
}

function add(/** @type {import("./phone/handset.js").Screen} */ screen) {
  const handset = new Handset(screen, handsets.size + 1, look);
  handsets.set(screen.number, handset);
  handset.tab.addEventListener("click", () => bring(handset));
  if (handsets.size === 1) bring(handset);
  return handset;
}

async function look() {
  const answer = await fetch("state");
  if (!answer.ok) return;
  const state = /** @type {State} */ (await answer.json());
  // Two looks may overtake each other.
  if (state.version < version) return;
  version = state.version;
  for (const screen of state.phones) (handsets.get(screen.number) ?? add(screen)).show(screen);
  trouble.show(state);
}

/** Goes on for ever: a line that is restarted is found again. */
async function keepLooking() {
  for (;;) {
    if (!document.hidden) await look().catch(() => undefined);
    await new Promise((done) => setTimeout(done, EVERY));
  }
}

trouble.listen(look);
keepLooking();
