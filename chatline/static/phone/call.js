// @ts-check
/** A call at one handset: it rings, what is said is written down, and keys may be pressed. */

import { set, tell } from "../staff/dom.js";
import { spaced } from "./number.js";
import { post } from "./post.js";

/** @typedef {{id: string, from: string, ringing: boolean, said: string[], asks: boolean}} Call */

export class Earpiece {
  constructor(/** @type {any} */ root, /** @type {string} */ number, /** @type {() => void} */ look) {
    this.root = root;
    this.number = number;
    this.look = look;
    this.find(".answer").addEventListener("click", () => this.handle("answer"));
    this.find(".hang-up").addEventListener("click", () => this.handle("hang_up"));
    for (const key of root.querySelectorAll(".press")) key.addEventListener("click", () => this.handle("press", key.value));
  }

  /** @returns {any} */
  find(/** @type {string} */ selector) {
    return this.root.querySelector(selector);
  }

  show(/** @type {Call | null} */ call) {
    this.root.hidden = call === null;
    if (call === null) return;
    set(this.find(".caller"), tell(call.ringing ? "rings" : "speaks", { number: spaced(call.from) }));
    set(this.find(".spoken"), call.said.at(-1) ?? "");
    this.root.classList.toggle("rings", call.ringing);
    this.find(".answer").hidden = !call.ringing;
    for (const key of this.root.querySelectorAll(".press")) key.hidden = !call.asks;
  }

  /** A call that has ended meanwhile is seen at the next look. */
  async handle(/** @type {string} */ what, key = "") {
    await post("call", { number: this.number, do: what, key }).catch(() => undefined);
    this.look();
  }
}
