// @ts-check
/**
 * What the parts of a pane may ask of it. No page loads this file: it holds types alone, because scripts import in one
 * direction only, and a pane imports its parts.
 *
 * @typedef {object} Pane
 * @property {string} id the conversation
 * @property {string} handle
 * @property {HTMLElement} node
 * @property {import("./dom.js").Parts} parts
 * @property {import("../chat-core.js").ChatCore} core
 * @property {any} state the last `state` frame, null before the first
 * @property {import("../chat-types.js").Message[]} messages
 * @property {{questions: {flush(): void}, toSection(name: string): void}} guide
 * @property {(words: string) => void} say tells the volunteer what happened
 * @property {string} refused the code of the last refusal, while it stands
 * @property {(words: string, code: string) => void} refuse
 * @property {() => void} show
 * @property {() => void} toEnd
 */
export {};
