// @ts-check
/** What the visitor's page can do besides: its menu, a sound, a copy, questions on how they feel. Fetched once it chats. */

/**
 * @param {{part: (id: string) => any, words: Record<string, string>, tell: (word: string, values?: object) => string,
 *   set: (element: HTMLElement, text: string) => void, core: any, current: () => any, chosen: Record<string, any>,
 *   items: () => any[], endIt: (type: string) => void, site: string|undefined}} page
 */
export function start(page) {
  const feelings = new Feelings(page);
  const sound = new Sound(page);
  new Menu(page);
  new Copies(page);
  textSize(page);
  return {
    show: (/** @type {string} */ now, /** @type {Set<string>} */ holds) => feelings.show(now, holds),
    heard: () => sound.play(),
  };
}

/** Asks once before anything that cannot be taken back. */
class Menu {
  /** @param {any} page */
  constructor({ part, set, words, core, endIt }) {
    this.part = part;
    const menu = part("menu");
    let asked = "";
    for (const what of ["another", "end", "erase"])
      part(what).addEventListener("click", () => {
        asked = what;
        set(part("sure-ask"), words[`sure-${what}`]);
        set(part("yes"), words[`yes-${what}`]);
        this.asking(true);
        part("yes").focus();
      });
    part("yes").addEventListener("click", () => {
      this.close();
      if (asked !== "another") return endIt(asked);
      core.send({ type: "another" });
      part("text").focus();
    });
    part("no").addEventListener("click", () => {
      this.asking(false);
      part(asked).focus();
    });
    addEventListener("pointerdown", ({ target }) => menu.contains(target) || this.close());
    // Left open it would cover what the keyboard goes on to.
    menu.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && this.close());
    addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !menu.open) return;
      this.close();
      menu.firstElementChild.focus();
    });
  }

  asking(/** @type {boolean} */ on) {
    this.part("sure").hidden = !on;
    this.part("sheet").classList.toggle("asking", on);
  }

  close() {
    // After leaving fast there is nothing left to close.
    if (!this.part("menu")?.open) return;
    this.asking(false);
    this.part("copies").hidden = true;
    this.part("menu").open = false;
  }
}

/** How upset they are, asked once before somebody came and once after it ended; never in the way. */
class Feelings {
  /** @param {any} page */
  constructor(page) {
    this.page = page;
    this.asks = "asks" in page.part("chat").dataset;
    /** @type {object[]} answers for which there was no connection */
    this.untold = [];
    for (const button of page.part("feel").querySelectorAll("[value]"))
      button.addEventListener("click", () => this.answer(Number(button.value)));
    page.part("feel-skip").addEventListener("click", () => this.answer(0));
  }

  /** @param {string} now @param {Set<string>} holds */
  show(now, holds) {
    const { chosen, current, part, core } = this.page;
    const state = current()?.state;
    const when = now === "waiting" ? "before" : now === "ended" && holds.has("calm") && holds.has("erasable") ? "after" : "";
    this.when = when;
    part("feel").hidden = !(this.asks && when && state && state[`feeling_${when}`] === null && !chosen[when]);
    if (core.link.live) for (const frame of this.untold.splice(0)) core.send(frame);
  }

  answer(/** @type {number} */ value) {
    const { chosen, part, set, words, core } = this.page;
    chosen[this.when ?? ""] = true;
    if (value) this.untold.push({ type: "feel", when: this.when, value });
    if (value) set(part("heard"), words.thanks);
    part("feel").hidden = true;
    part("log").focus({ preventScroll: true });
    core.changed();
  }
}

/** Two soft notes, made on the spot; off until asked for. */
class Sound {
  /** @param {any} page */
  constructor({ part }) {
    /** @type {AudioContext|null} */
    this.audio = null;
    const button = part("sound");
    button.addEventListener("click", async () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", `${on}`);
      this.on = on;
      if (!on) return;
      this.audio ??= new AudioContext();
      await this.audio.resume();
      this.play();
    });
  }

  play() {
    const { audio } = this;
    if (!this.on || audio?.state !== "running") return;
    [392, 523].forEach((pitch, place) => {
      const from = audio.currentTime + place * 0.18;
      const volume = audio.createGain();
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(0.12, from + 0.05);
      volume.gain.exponentialRampToValueAtTime(0.001, from + 0.6);
      const voice = audio.createOscillator();
      voice.frequency.value = pitch;
      voice.connect(volume).connect(audio.destination);
      voice.start(from);
      voice.stop(from + 0.7);
    });
  }
}

/** @param {any} page */
function textSize({ part, chosen, core }) {
  const sizes = [...part("sheet").querySelectorAll("[data-size]")];
  const show = () => {
    const size = chosen.size ?? "100";
    document.documentElement.style.fontSize = size === "100" ? "" : `${size}%`;
    for (const button of sizes) button.setAttribute("aria-pressed", `${button.dataset.size === size}`);
  };
  for (const button of sizes)
    button.addEventListener("click", () => {
      chosen.size = button.dataset.size;
      show();
      core.changed();
    });
  show();
}

/** One's own chat, or the plan alone, as text; made here, and given to nobody but this device. */
class Copies {
  /** @param {any} page */
  constructor(page) {
    this.page = page;
    const { part } = page;
    part("keep").addEventListener("click", () => this.open(true));
    part("copies-done").addEventListener("click", () => this.open(false));
    for (const button of part("copies").querySelectorAll("[data-copy]"))
      button.addEventListener("click", () => this.copy(button.dataset.copy));
    // A frame of another website may not save files: there the copy is all.
    for (const button of part("copies").querySelectorAll("[data-save]"))
      if (page.site) button.remove();
      else button.addEventListener("click", () => this.save(button.dataset.save));
  }

  open(/** @type {boolean} */ on) {
    const { part, set } = this.page;
    part("copies").hidden = !on;
    part("sheet").classList.toggle("asking", on);
    part("copy").hidden = true;
    part("copy").value = "";
    set(part("copied"), "");
    (on ? part("copies").querySelector("button") : part("keep")).focus();
  }

  text(/** @type {string} */ which) {
    const { words, items } = this.page;
    return items()
      .filter(({ purpose }) => which === "all" || purpose === "plan")
      .map(({ from, name, text, at }) => `${from === "visitor" ? words.you : name}, ${new Date(at).toLocaleString(document.documentElement.lang)}\n${text}`)
      .join("\n\n");
  }

  async copy(/** @type {string} */ which) {
    const { part, set, words } = this.page;
    const place = part("copy");
    place.value = this.text(which);
    place.hidden = false;
    place.select();
    // Frames may not use the clipboard itself, but what is selected they may copy.
    const done = document.execCommand("copy") || (await navigator.clipboard?.writeText(place.value).then(() => true, () => false));
    set(part("copied"), done ? words.copied : words["copy-it"]);
    place.hidden = !!done;
  }

  save(/** @type {string} */ which) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.text(which)], { type: "text/plain" }));
    link.download = "notes.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}
