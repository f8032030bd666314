// @ts-check
/**
 * The number that `routing/proof.py` asks for when very many come at once. Written out, because `crypto.subtle` is missing
 * without https and on old phones, and in slices, so that the page stays usable without a worker.
 */

const SLICE = 24; // Milliseconds of one slice,
const REST = 8; // and between two of them.

const primes = [2];
for (let n = 3; primes.length < 64; n += 2) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (/** @type {number} */ x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const FIRST = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
const ROUND = primes.map((p) => fraction(Math.cbrt(p)));
const words = new Int32Array(64);

const turn = (/** @type {number} */ x, /** @type {number} */ n) => (x >>> n) | (x << (32 - n));

/** One block of 16 words into `state`, as FIPS 180-4 6.2.2. */
function block(/** @type {number[]} */ state) {
  for (let i = 16; i < 64; i++) {
    const [x, y] = [words[i - 15], words[i - 2]];
    const a = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
    words[i] = (words[i - 16] + a + words[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + words[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) | 0));
}

/** SHA-256 of `text`, ASCII alone, as eight signed words. */
export function sha256(/** @type {string} */ text) {
  const state = [...FIRST];
  const blocks = (text.length + 72) >> 6;
  for (let at = 0; at < blocks; at++) {
    for (let i = 0; i < 16; i++) {
      words[i] = 0;
      for (let j = 0; j < 4; j++) {
        const place = at * 64 + i * 4 + j;
        const byte = place < text.length ? text.charCodeAt(place) : place === text.length ? 0x80 : 0;
        words[i] = (words[i] << 8) | byte;
      }
    }
    if (at === blocks - 1) words[15] = text.length * 8;
    block(state);
  }
  return state;
}

/** Calls `found` with the answer to `challenge`, sooner or later. @param {import("./chat-types.js").Clock} clock */
export function prove(/** @type {string} */ challenge, clock, /** @type {(answer: string) => void} */ found) {
  const zeros = 32 - parseInt(challenge, 10); // Never more than 31 bits: the first word alone decides.
  let n = 0;
  const slice = () => {
    const until = clock.now() + SLICE;
    do {
      for (let i = 0; i < 64; i++, n++) if (sha256(`${challenge}:${n}`)[0] >>> zeros === 0) return found(`${n}`);
    } while (clock.now() < until);
    clock.setTimeout(slice, REST);
  };
  clock.setTimeout(slice, 0);
}
