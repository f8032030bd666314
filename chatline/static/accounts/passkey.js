// @ts-check
/** Asks the browser for a passkey, to make one or to use one, and sends what it gives with the form around the button. */

/** @param {string} text as WebAuthn writes bytes: base64 for addresses, without padding */
function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const letters = [...new Uint8Array(buffer)].map((byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {any[]} [list] */
const known = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

/** @param {any} asked */
function forBrowser({ publicKey }) {
  const given = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (given.user) given.user = { ...given.user, id: bytes(given.user.id) };
  if (given.excludeCredentials) given.excludeCredentials = known(given.excludeCredentials);
  if (given.allowCredentials) given.allowCredentials = known(given.allowCredentials);
  return { publicKey: given };
}

/** @param {any} passkey */
function forServer({ id, rawId, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const sent = parts.filter((part) => response[part]).map((part) => [part, text(response[part])]);
  return { id, rawId: text(rawId), type, clientExtensionResults: {}, response: Object.fromEntries(sent) };
}

/** @param {HTMLFormElement} form */
async function options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(/** @type {string} */ (form.dataset.ask), { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const asked = forBrowser(await options(form));
  const given = form.dataset.passkey === "create" ? navigator.credentials.create(asked) : navigator.credentials.get(asked);
  const credential = /** @type {HTMLInputElement} */ (form.elements.namedItem("credential"));
  credential.value = JSON.stringify(forServer(await given));
  form.submit();
}

/** @param {HTMLFormElement} form @param {string} [word] */
function say(form, word) {
  const trouble = /** @type {HTMLElement} */ (form.querySelector("[data-part=trouble]"));
  trouble.hidden = !word;
  trouble.textContent = word ? /** @type {HTMLElement} */ (form.querySelector(`[data-word=${word}]`)).textContent : "";
}

const TROUBLES = /** @type {Record<string, string>} */ ({
  NotAllowedError: "left",
  InvalidStateError: "known",
  SecurityError: /^[\d.]+$|:/.test(location.hostname) ? "named" : "failed",
});

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!window.PublicKeyCredential) return say(form, "none");
    say(form);
    ask(form).catch((error) => say(form, TROUBLES[error.name] ?? "failed"));
  });
}
