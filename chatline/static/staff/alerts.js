// @ts-check
/** How news reaches a volunteer who looks elsewhere: a tone, a notice without words, a buzz. None off shift. */
import { byId, set, tell } from "./dom.js";
import { Newsreader } from "./news.js";
import { setVolume, soundOff, soundOn, tone } from "./tone.js";
import { wish, wishes } from "./wishes.js";

/** Milliseconds between two tones for people who wait: in a rush there would be no end of them. */
const REST = 20_000;

/** @typedef {import("./news.js").News} News */
/** @typedef {{onShift: boolean, hasRoom: boolean, seen: string|null}} Now `seen` is the conversation that is looked at */

export class Alerts {
  /** @param {(conversation: string) => void} open called when somebody clicks a notice about it */
  constructor(open) {
    this.open = open;
    this.reader = new Newsreader();
    this.sounding = false;
    this.rested = -Infinity;
    setVolume(wishes.volume);
    for (const range of volumes()) {
      range.value = String(Math.round(wishes.volume * 100));
      range.addEventListener("input", () => this.setVolume(range));
      range.addEventListener("change", () => tone("reply"));
    }
    byId("sound").addEventListener("click", () => this.switchSound(!this.sounding));
    byId("notices").addEventListener("click", () => this.switchNotices());
    byId("try-sound").addEventListener("click", () => this.trySound());
    byId("heard-yes").addEventListener("click", () => this.answer("heard", true));
    byId("heard-no").addEventListener("click", () => this.answer("not-heard", true));
    byId("stay-silent").addEventListener("click", () => this.answer("silent", false));
    // A browser gives no sound before somebody has touched the page.
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => this.wake(), { capture: true });
    this.show();
  }

  // --- telling ------------------------------------------------------------------------------------------

  /** @param {string[]|null} waiting @param {import("./news.js").Talk[]} talks @param {Now} now */
  look(waiting, talks, now) {
    for (const news of this.reader.look(waiting, talks)) if (now.onShift) this.tell(news, now);
  }

  tell(/** @type {News} */ news, /** @type {Now} */ { hasRoom, seen }) {
    const looking = !document.hidden && document.hasFocus();
    if (news.kind === "reply" && looking && news.conversation === seen) return;
    if (news.kind === "waiting") {
      if (!hasRoom || Date.now() - this.rested < REST) return;
      this.rested = Date.now();
    } else navigator.vibrate?.(news.kind === "flag" ? [200, 100, 200, 100, 200] : 200);
    tone(news.kind);
    if (!looking) this.notice(news);
  }

  /** Whoever looks over a shoulder at a lock screen learns that something came, and nothing of whom. */
  notice(/** @type {News} */ { kind, conversation }) {
    if (!this.noticing) return;
    try {
      const notice = new Notification(tell(`notice.${kind}`), { tag: kind, silent: true });
      notice.onclick = () => {
        focus();
        notice.close();
        if (conversation) this.open(conversation);
      };
    } catch {
      wish({ notices: false }); // phones have no such thing for a page
      this.show();
    }
  }

  get noticing() {
    return wishes.notices && "Notification" in window && Notification.permission === "granted";
  }

  // --- setting ------------------------------------------------------------------------------------------

  async wake() {
    if (this.sounding || !wishes.sound) return;
    this.sounding = await soundOn();
    this.show();
  }

  async switchSound(/** @type {boolean} */ on) {
    wish({ sound: on });
    if (!on) await soundOff();
    this.sounding = on && (await soundOn());
    if (this.sounding) tone("reply");
    this.show();
  }

  setVolume(/** @type {any} */ range) {
    wish({ volume: range.value / 100 });
    setVolume(wishes.volume);
    for (const other of volumes()) other.value = range.value;
  }

  async trySound() {
    await this.switchSound(true);
    tone("waiting", 1);
    tone("reply", 2);
    tone("flag", 3.2);
    this.answer("listen", true);
    byId("heard").hidden = false;
  }

  answer(/** @type {string} */ word, /** @type {boolean} */ on) {
    if (!on) this.switchSound(false);
    const asked = byId("heard").contains(document.activeElement);
    byId("heard").hidden = true;
    set(byId("sound-tried"), tell(`sound.${word}`));
    if (asked) byId("try-sound").focus();
  }

  /** A browser asks the person only after a click, and only once. */
  async switchNotices() {
    const on = !this.noticing;
    const allowed = on && "Notification" in window && (await Notification.requestPermission()) === "granted";
    wish({ notices: allowed });
    set(byId("notices-told"), on && !allowed ? tell("notices-denied") : "");
    this.show();
  }

  show() {
    byId("sound").setAttribute("aria-checked", String(wishes.sound));
    byId("notices").setAttribute("aria-checked", String(this.noticing));
    byId("sound-asleep").hidden = !wishes.sound || this.sounding;
  }
}

const volumes = () => /** @type {any[]} */ ([...document.querySelectorAll("[data-volume]")]);
