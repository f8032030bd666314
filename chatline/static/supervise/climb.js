// @ts-check
/** Where an open flag is on its ladder, and who was called. */
import { make, set, tell } from "../staff/dom.js";

/** @typedef {{name: string, channel: string, state: string, step: number}} Call */

/** @param {any} parts @param {{state: string, step: number, steps: number, calls: Call[]}} flag */
export function showClimb(parts, { state, step = 0, steps = 0, calls = [] }) {
  parts.climb.hidden = state !== "open" || !steps;
  if (parts.climb.hidden) return;
  set(parts.step, inWords(step, steps, calls));
  const seen = JSON.stringify(calls);
  if (parts.calls.dataset.seen === seen) return;
  parts.calls.dataset.seen = seen;
  parts.calls.replaceChildren(...calls.map(callLine));
}

/** How far, and how many of the calls came to something. @param {number} step @param {number} steps @param {Call[]} calls */
function inWords(step, steps, calls) {
  if (!step) return tell("step.none");
  const round = Math.ceil(step / steps);
  const where = tell(round > 1 ? "step.again" : "step.one", { step: ((step - 1) % steps) + 1, steps, round });
  const count = (/** @type {string} */ state) => calls.filter((call) => call.state === state).length;
  return tell("step.called", { step: where, n: calls.length, arrived: count("arrived"), failed: count("failed") });
}

function callLine(/** @type {Call} */ { name, channel, state }) {
  const line = make("li", `is-${state}`);
  const fate = channel === "screen" ? "shown" : state;
  line.append(make("span", "", tell(`call.${channel}`, { name })), " ", make("span", "fate", tell(`call.${fate}`)));
  return line;
}
