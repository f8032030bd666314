// @ts-check
/**
 * What `chat-core.js` is given and knows. No page loads this file: it holds types alone.
 *
 * @typedef {{now(): number, random(): number, setTimeout(run: () => void, ms: number): any, clearTimeout(timer: any): void}} Clock
 *   `now` and delays in milliseconds, `random` in [0, 1)
 * @typedef {{send(text: string): void, close(): void, onopen: any, onmessage: any, onclose: any, greeted?: boolean}} SocketLike
 * @typedef {object} LinkOptions
 * @property {Clock} clock
 * @property {() => SocketLike} open
 * @property {(hello: () => object) => SocketLike} [openPoll] opens what takes over where sockets fail
 * @property {boolean} [slow] true if the network is known to be slow: then requests are asked at once, beside the socket
 * @property {() => object} hello the first frame on each connection
 * @property {string} answer the type of the frame that answers it
 * @property {(frame: any) => void} onFrame
 * @property {() => void} onChange
 * @property {() => void} [onUp] called before the first answer on a new connection is handed on
 *
 * @typedef {object} CoreOptions
 * @property {Clock} clock
 * @property {() => SocketLike} open
 * @property {(hello: () => object) => SocketLike} [openPoll]
 * @property {boolean} [slow]
 * @property {() => string} newKey
 * @property {string} me how this client's own words are marked in `from` until the server's row arrives
 * @property {string} answer
 * @property {(core: any) => object} hello
 * @property {(frame: any) => void} [onFrame]
 * @property {() => void} [onChange]
 *
 * @typedef {{conversation: string, seq: number, version: number, from: string, name: string, text: string, at: string, key?: string|null, delivery?: string|null, level?: string|null}} Message
 * @typedef {{key: string, conversation: string|null, text: string, at: number, due: number, hold: number, refused: string, code: string, challenge?: string, proof?: string}} Unsent
 *   `due` and `hold` are times on the clock; `refused` is the reason in words, empty while it is still being tried
 * @typedef {{id: string, version: number, state: any, messages: Map<number, Message>, healed: number, mending?: any}} Thread
 *   `healed` counts how often a hole that still stands was read again
 */
export {};
