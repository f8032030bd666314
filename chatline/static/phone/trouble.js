// @ts-check
/** The panel "Make it fail", and the sums of what came of it. */

import { byId, set, tell } from "../staff/dom.js";
import { post } from "./post.js";

/** @typedef {{ledger: Record<string, number>, troubles: {line: number, phones: number}}} Sums */

export function listen(/** @type {() => void} */ look) {
  const form = byId("failing").querySelector("form");
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    await post("trouble", { trouble: byId("what").value, count: byId("count").valueAsNumber });
    look();
  });
  byId("well").addEventListener("click", async () => {
    await post("trouble", { trouble: null });
    look();
  });
}

export function show(/** @type {Sums} */ { ledger, troubles }) {
  for (const sum of byId("ledger").querySelectorAll("[data-sum]")) set(sum, String(ledger[sum.dataset.sum]));
  byId("ledger").classList.toggle("is-bad", ledger.doubled > 0);
  set(byId("heard"), tell("heard", ledger));
  set(byId("ahead"), troubles.line + troubles.phones ? tell("ahead", troubles) : tell("well"));
}
