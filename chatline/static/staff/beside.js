// @ts-check
/** What staff noted beside each conversation, as the line told it; kept only while the conversation is on this desk. */

/** @typedef {{id: number, kind: string, name: string, text: string, at: string}} Noted */
/** @typedef {{question: string, reply: string, name: string, at: string}} Answered */
/** @typedef {{answers: Answered[], plan: Record<string, string>|null, plan_sent: number|null, last_time: {text: string, name: string, at: string}|null}} Guide */

/** @type {Map<string, {notes: Map<number, Noted>, guide: Guide|null}>} */
const known = new Map();

function about(/** @type {string} */ conversation) {
  let all = known.get(conversation);
  if (!all) known.set(conversation, (all = { notes: new Map(), guide: null }));
  return all;
}

/** Returns the note if it is news, and not the same again. */
export function heardNote(/** @type {Noted & {conversation: string}} */ frame) {
  const { notes } = about(frame.conversation);
  const isNew = !notes.has(frame.id);
  notes.set(frame.id, frame);
  return isNew ? frame : null;
}

export function heardGuide(/** @type {Guide & {conversation: string}} */ frame) {
  about(frame.conversation).guide = frame;
}

/** In the order in which they came. @returns {Noted[]} */
export function notesOf(/** @type {string} */ conversation) {
  return [...(known.get(conversation)?.notes.values() ?? [])].sort((a, b) => a.id - b.id);
}

/** @returns {Guide|null} */
export function guideOf(/** @type {string} */ conversation) {
  return known.get(conversation)?.guide ?? null;
}

export function forget(/** @type {string} */ conversation) {
  known.delete(conversation);
}
