// @ts-check
/** A tone made on the spot. A browser lets a page sound only after a click, so the state is always in view. */

/** @type {AudioContext|null} */
let audio = null;

/** True once sound will be heard. */
export async function soundOn() {
  audio ??= new AudioContext();
  await audio.resume();
  return audio.state === "running";
}

export async function soundOff() {
  await audio?.suspend();
}

/** Three rising notes, soft at both ends; silent while sound is off. */
export function tone() {
  if (!audio || audio.state !== "running") return;
  [523, 659, 784].forEach((pitch, place) => note(/** @type {AudioContext} */ (audio), pitch, place * 0.22));
}

function note(/** @type {AudioContext} */ context, /** @type {number} */ pitch, /** @type {number} */ after) {
  const start = context.currentTime + after;
  const volume = context.createGain();
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.25, start + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35);
  const voice = context.createOscillator();
  voice.frequency.value = pitch;
  voice.connect(volume).connect(context.destination);
  voice.start(start);
  voice.stop(start + 0.4);
}
