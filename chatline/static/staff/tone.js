// @ts-check
/** Tones made on the spot. A browser lets a page sound only after a click, so the state is always in view. */

/** By what has happened: the pitches of their notes. One low: somebody waits. Two falling: a reply. Three rising: a flag. */
const TONES = { waiting: [392], reply: [659, 523], flag: [523, 659, 784] };

/** @type {AudioContext|null} */
let audio = null;
let loudness = 0.5;

/** True once sound will be heard. */
export async function soundOn() {
  audio ??= new AudioContext();
  await audio.resume();
  return audio.state === "running";
}

export async function soundOff() {
  await audio?.suspend();
}

/** From 0 to 1. */
export function setVolume(/** @type {number} */ share) {
  loudness = Math.min(1, Math.max(0, share));
}

/** Soft at both ends; silent while sound is off. */
export function tone(/** @type {keyof typeof TONES} */ kind = "flag", /** @type {number} */ after = 0) {
  if (!audio || audio.state !== "running" || !loudness) return;
  TONES[kind].forEach((pitch, place) => note(/** @type {AudioContext} */ (audio), pitch, after + place * 0.22));
}

function note(/** @type {AudioContext} */ context, /** @type {number} */ pitch, /** @type {number} */ after) {
  const start = context.currentTime + after;
  const volume = context.createGain();
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(loudness / 2, start + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35);
  const voice = context.createOscillator();
  voice.frequency.value = pitch;
  voice.connect(volume).connect(context.destination);
  voice.start(start);
  voice.stop(start + 0.4);
}
