// @ts-check
/** One handset: its thread, its box, its switch, and a button that brings it to the front on a narrow screen. */

import { byId, make, set, tell } from "../staff/dom.js";
import { Earpiece } from "./call.js";
import { spaced } from "./number.js";
import { post, postForm } from "./post.js";
import { drawn } from "./picture.js";

/** @typedef {{id: string, mine: boolean, text: string, at: number, mark: string, pictures: string[]}} Text */
/** @typedef {{number: string, owner: string, on: boolean, stopped: boolean, texts: Text[], call: import("./call.js").Call | null}} Screen */

const desk = byId("desk");
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });

export class Handset {
  constructor(/** @type {Screen} */ { number, owner }, /** @type {number} */ n, /** @type {() => void} */ look) {
    this.number = number;
    this.look = look;
    /** @type {Map<string, HTMLLIElement>} */
    this.shown = new Map();
    /** @type {File | null} */
    this.picture = null;
    this.root = byId("phone").content.firstElementChild.cloneNode(true);
    this.thread = this.find(".thread");
    this.list = this.find(".thread ol");
    this.box = this.find("textarea");
    this.power = this.find(".power");
    this.attach = this.find(".attach");
    this.name = owner ? tell("staff", { name: owner }) : tell("phone", { n });
    this.earpiece = new Earpiece(this.find(".call"), number, look);
    this.label(n);
    this.listen();
    this.tab = make("button", "", this.name);
    this.tab.type = "button";
    byId("switch").append(this.tab);
    desk.append(this.root);
  }

  /** @returns {any} */
  find(/** @type {string} */ selector) {
    return this.root.querySelector(selector);
  }

  label(/** @type {number} */ n) {
    const number = spaced(this.number);
    const heading = this.find(".own");
    heading.textContent = `${this.name} · ${number}`;
    heading.id = `own-${n}`;
    this.root.setAttribute("aria-labelledby", heading.id);
    this.find(".write .unseen").textContent = tell("label", { number });
    this.thread.setAttribute("aria-label", tell("thread", { number }));
    this.power.setAttribute("aria-label", tell("power", { phone: this.name }));
    this.list.dataset.none = tell("none");
  }

  listen() {
    this.find("form").addEventListener("submit", (/** @type {Event} */ event) => this.send(event));
    this.box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
    });
    this.power.addEventListener("click", () => this.turn());
    this.find(".own-picture").addEventListener("click", async () => this.take(await drawn()));
    const file = this.find("input[type=file]");
    file.addEventListener("change", () => {
      this.take(file.files[0] ?? null);
      file.value = "";
    });
    this.find(".with-picture button").addEventListener("click", () => this.take(null));
    this.attach.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") this.fold();
    });
  }

  /** Shows this screen and no other; what is there already stays in place. */
  show(/** @type {Screen} */ screen) {
    const low = this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < 40;
    const before = this.shown.size;
    const now = new Set(screen.texts.map((text) => text.id));
    for (const [id, item] of this.shown) {
      if (now.has(id) || id.startsWith("sending-")) continue;
      item.remove();
      this.shown.delete(id);
    }
    for (const text of screen.texts) this.put(text);
    if (low && this.shown.size > before) this.toEnd();
    this.earpiece.show(screen.on ? screen.call : null);
    this.find(".stopped").hidden = !screen.stopped;
    this.find(".dark").hidden = screen.on;
    this.find(".composer").hidden = !screen.on;
    this.root.classList.toggle("is-off", !screen.on);
    this.power.setAttribute("aria-checked", String(screen.on));
    set(this.power, tell(screen.on ? "on" : "off"));
  }

  put(/** @type {Text} */ text) {
    let item = this.shown.get(text.id);
    if (!item) {
      item = bubble(text);
      this.shown.set(text.id, item);
      this.list.append(item);
    }
    const mark = /** @type {HTMLElement} */ (item.querySelector(".mark"));
    if (mark.dataset.mark !== text.mark) {
      mark.dataset.mark = text.mark;
      mark.textContent = text.mark ? tell(text.mark) : "";
    }
  }

  /** This picture goes along with the next text; null for none. */
  take(/** @type {File | null} */ picture) {
    const large = picture !== null && picture.size > Number(desk.dataset.mostPicture);
    byId("trouble").textContent = large ? tell("large") : "";
    this.picture = large ? null : picture;
    const chip = this.find(".with-picture");
    chip.hidden = this.picture === null;
    if (this.picture !== null) chip.querySelector("span").textContent = this.picture.name;
    this.fold();
    this.box.focus();
  }

  fold() {
    this.attach.open = false;
  }

  async turn() {
    await post("switch", { number: this.number, on: this.power.getAttribute("aria-checked") !== "true" });
    this.look();
  }

  async send(/** @type {Event} */ event) {
    event.preventDefault();
    const [text, picture] = [this.box.value.trim(), this.picture];
    if (!text && !picture) return;
    this.box.value = "";
    this.take(null);
    const pictures = picture ? [""] : [];
    const mine = { id: `sending-${crypto.randomUUID()}`, mine: true, text, at: Date.now() / 1_000, mark: "sending", pictures };
    this.put(mine);
    this.toEnd();
    const item = /** @type {HTMLLIElement} */ (this.shown.get(mine.id));
    try {
      const { id } = picture
        ? await postForm("send-picture", { number: this.number, text, picture })
        : await post("send", { number: this.number, text });
      this.shown.delete(mine.id);
      // With a picture the true bubble shows it, which this one cannot.
      if (picture || this.shown.has(id)) item.remove();
      else this.shown.set(id, item);
      byId("trouble").textContent = "";
    } catch {
      item.remove();
      this.shown.delete(mine.id);
      this.box.value ||= text;
      if (picture) this.take(picture);
      byId("trouble").textContent = tell("unsent");
    }
    this.look();
  }

  toEnd() {
    this.thread.scrollTop = this.thread.scrollHeight;
  }
}

function bubble(/** @type {Text} */ text) {
  const item = document.createElement("li");
  item.className = text.mine ? "mine" : "theirs";
  item.append(make("span", "unseen", `${tell(text.mine ? "you" : "line")} `));
  for (const sid of text.pictures) item.append(sid ? image(sid) : make("p", "said", tell("picture")));
  if (text.text) item.append(make("p", "said", text.text));
  const meta = make("p", "meta");
  const at = document.createElement("time");
  at.dateTime = new Date(text.at * 1_000).toISOString();
  at.textContent = clock.format(new Date(text.at * 1_000));
  meta.append(at, " ", make("span", "mark"));
  item.append(meta);
  return item;
}

function image(/** @type {string} */ sid) {
  const element = document.createElement("img");
  element.src = `picture/${sid}`;
  element.alt = tell("picture");
  return element;
}
