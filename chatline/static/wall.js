// @ts-check
/** A wall shows what the line says of itself every five seconds, and says so plainly when it cannot be asked. */

const EVERY = 5_000;
const PATIENCE = 4_000;

/** @returns {any} */
const byId = (/** @type {string} */ id) => document.getElementById(id);

/** @param {{figures: Record<string, string>, grave: string[], light: string, words: string[], at: string}} told */
function show(told) {
  for (const slot of document.querySelectorAll("[data-figure]")) {
    const name = /** @type {HTMLElement} */ (slot).dataset.figure ?? "";
    slot.textContent = told.figures[name];
    slot.parentElement?.classList.toggle("grave", told.grave.includes(name));
  }
  byId("light").className = `light ${told.light}`;
  byId("light-words").textContent = told.words.join(" ");
  for (const slot of document.querySelectorAll("[data-at]")) slot.textContent = told.at;
}

function fresh(/** @type {boolean} */ is) {
  document.body.classList.toggle("stale", !is);
  byId("updated").hidden = !is;
  byId("stale").hidden = is;
}

let blank = false;

async function look() {
  const response = await fetch(document.body.dataset.now ?? "", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (response.status === 404) {
    // The wall was revoked: whatever it showed is gone.
    document.body.replaceChildren();
    blank = true;
    return;
  }
  if (!response.ok) throw new Error("not now");
  if (blank) location.reload();
  else show(await response.json());
}

async function goRound() {
  const seen = await look().then(() => true, () => false);
  if (!blank) fresh(seen);
  setTimeout(goRound, EVERY);
}

setTimeout(goRound, EVERY);
