// @ts-check
/** What a line gives its volunteers: replies, places, exercises, and the headings of a plan. Fetched once a line. */

/** @typedef {{kind: "reply"|"resource"|"exercise", title: string, text: string, language: string}} Item */
/** @typedef {{items: Item[], plan: Record<string, Record<string, string>>}} Library */

/** @type {Map<string, Promise<Library|null>>} by the line's slug */
const fetched = new Map();

/** Null while it cannot be had; the next call tries again. @returns {Promise<Library|null>} */
export function libraryOf(/** @type {string} */ line) {
  let library = fetched.get(line);
  if (!library) {
    library = load(line);
    fetched.set(line, library);
    library.then((found) => found ?? fetched.delete(line));
  }
  return library;
}

/** @returns {Promise<Library|null>} */
async function load(/** @type {string} */ line) {
  try {
    const answer = await fetch(`/desk/guide/${line}/`);
    return answer.ok ? listed(await answer.json()) : null;
  } catch {
    return null;
  }
}

/** @returns {Library} */
function listed(/** @type {any} */ { replies, resources, exercises, plan }) {
  const items = [
    ...replies.map((/** @type {any} */ { shortcut, ...one }) => ({ kind: "reply", title: shortcut, ...one })),
    ...resources.map((/** @type {any} */ one) => ({ kind: "resource", ...one })),
    ...exercises.map((/** @type {any} */ one) => ({ kind: "exercise", ...one })),
  ];
  return { items, plan };
}

/** Those in this language; all there are where the line has none in it. @returns {Item[]} */
export function inLanguage(/** @type {Item[]} */ items, /** @type {string} */ language) {
  const same = items.filter((item) => item.language.split("-")[0] === language.split("-")[0]);
  return same.length ? same : items;
}

/** Those that hold every word of `sought`, wherever. @returns {Item[]} */
export function matching(/** @type {Item[]} */ items, /** @type {string} */ sought) {
  const words = plain(sought).split(/\s+/).filter(Boolean);
  return items.filter((item) => words.every((word) => plain(`${item.title} ${item.text}`).includes(word)));
}

/** Without case and accents, so that nobody has to type them. */
function plain(/** @type {string} */ text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** A plan as it will be said: the rule of `chatline/conversations/planning.py`. */
export function compose(/** @type {Record<string, string>} */ parts, /** @type {Library["plan"]} */ plan, /** @type {string} */ language) {
  const told = plan[language] ?? plan[language.split("-")[0]] ?? plan.en;
  const lines = Object.entries(parts).flatMap(([part, text]) => (text.trim() ? [`${told[part]}: ${text.trim()}`] : []));
  return lines.length ? [told.title, ...lines].join("\n") : "";
}
