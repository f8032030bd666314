// @ts-check
/** What the page asks of the network, as JSON or with a file. Rejects unless it was done. */

import { byId } from "../staff/dom.js";

const token = { "X-CSRFToken": byId("desk").dataset.csrf };

export async function post(/** @type {string} */ path, /** @type {object} */ asked) {
  return ask(path, JSON.stringify(asked), { "Content-Type": "application/json", ...token });
}

export async function postForm(/** @type {string} */ path, /** @type {Record<string, string | File>} */ asked) {
  const form = new FormData();
  for (const [name, value] of Object.entries(asked)) form.append(name, value);
  return ask(path, form, token);
}

async function ask(/** @type {string} */ path, /** @type {BodyInit} */ body, /** @type {Record<string, string>} */ headers) {
  const answer = await fetch(path, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
