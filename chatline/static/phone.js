// @ts-check
/** The phones of the demonstration: asks once a second what every handset shows, and shows it. */

const EVERY = 1_000;

const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const desk = part("desk");
const words = Object.fromEntries([...part("words").content.children].map((word) => [word.dataset.word, word.textContent]));
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });

/** @type {Map<string, Phone>} by number */
const phones = new Map();
let version = -1;

/**
 * @typedef {{id: string, mine: boolean, text: string, at: number, mark: string}} Text
 * @typedef {{number: string, texts: Text[]}} Screen
 */

const tell = (/** @type {string} */ word, /** @type {Record<string, any>} */ values = {}) =>
  words[word].replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => values[name]);

/** One handset: its thread, its box, and a button that brings it to the front on a narrow screen. */
class Phone {
  constructor(/** @type {string} */ number, /** @type {number} */ n) {
    this.number = number;
    /** @type {Map<string, HTMLLIElement>} */
    this.shown = new Map();
    this.root = part("phone").content.firstElementChild.cloneNode(true);
    this.thread = this.root.querySelector(".thread");
    this.list = this.thread.querySelector("ol");
    this.box = this.root.querySelector("textarea");
    const name = tell("phone", { n });
    const heading = this.root.querySelector(".own");
    heading.textContent = `${name} · ${spaced(number)}`;
    heading.id = `own-${n}`;
    this.root.setAttribute("aria-labelledby", heading.id);
    this.root.querySelector("label .unseen").textContent = tell("label", { number: spaced(number) });
    this.thread.setAttribute("aria-label", tell("thread", { number: spaced(number) }));
    this.list.dataset.none = words.none;
    this.root.querySelector("form").addEventListener("submit", (/** @type {Event} */ event) => this.send(event));
    this.box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
    });
    this.tab = document.createElement("button");
    this.tab.type = "button";
    this.tab.textContent = name;
    this.tab.addEventListener("click", () => bring(this));
    part("switch").append(this.tab);
    desk.append(this.root);
  }

  /** Shows these texts and no others; what is there already stays in place. */
  show(/** @type {Text[]} */ texts) {
    const low = this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < 40;
    const before = this.shown.size;
    const now = new Set(texts.map((text) => text.id));
    for (const [id, item] of this.shown) {
      if (now.has(id) || id.startsWith("sending-")) continue;
      item.remove();
      this.shown.delete(id);
    }
    for (const text of texts) this.put(text);
    if (low && this.shown.size > before) this.thread.scrollTop = this.thread.scrollHeight;
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
      mark.textContent = words[text.mark] ?? "";
    }
  }

  async send(/** @type {Event} */ event) {
    event.preventDefault();
    const text = this.box.value.trim();
    if (!text) return;
    this.box.value = "";
    const mine = { id: `sending-${crypto.randomUUID()}`, mine: true, text, at: Date.now() / 1_000, mark: "sending" };
    this.put(mine);
    this.thread.scrollTop = this.thread.scrollHeight;
    const item = /** @type {HTMLLIElement} */ (this.shown.get(mine.id));
    try {
      const { id } = await post("send", { number: this.number, text });
      this.settle(mine.id, id, item);
      part("trouble").textContent = "";
    } catch {
      item.remove();
      this.shown.delete(mine.id);
      this.box.value ||= text;
      part("trouble").textContent = words.unsent;
    }
    look();
  }

  /** The bubble that said "sending" becomes the text of this id; a look may have shown that one already. */
  settle(/** @type {string} */ provisional, /** @type {string} */ id, /** @type {HTMLLIElement} */ item) {
    this.shown.delete(provisional);
    if (this.shown.has(id)) item.remove();
    else this.shown.set(id, item);
  }
}

function bubble(/** @type {Text} */ text) {
  const item = document.createElement("li");
  item.className = text.mine ? "mine" : "theirs";
  const who = document.createElement("span");
  who.className = "unseen";
  who.textContent = `${text.mine ? words.you : words.line} `;
  const said = document.createElement("p");
  said.className = "said";
  said.textContent = text.text;
  const meta = document.createElement("p");
  meta.className = "meta";
  const at = document.createElement("time");
  at.dateTime = new Date(text.at * 1_000).toISOString();
  at.textContent = clock.format(new Date(text.at * 1_000));
  const mark = document.createElement("span");
  mark.className = "mark";
  meta.append(at, " ", mark);
  item.append(who, said, meta);
  return item;
}

/** "+12025550101" as people write it. */
const spaced = (/** @type {string} */ number) => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");

function bring(/** @type {Phone} */ phone) {
  for (const other of phones.values()) {
    other.root.classList.toggle("front", other === phone);
    other.tab.setAttribute("aria-pressed", String(other === phone));
  }
}

async function post(/** @type {string} */ path, /** @type {object} */ body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": desk.dataset.csrf };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function look() {
  const answer = await fetch("state");
  if (!answer.ok) return;
  const state = /** @type {{version: number, phones: Screen[]}} */ (await answer.json());
  if (state.version <= version) return;
  version = state.version;
  for (const screen of state.phones) {
    let phone = phones.get(screen.number);
    if (!phone) {
      phone = new Phone(screen.number, phones.size + 1);
      phones.set(screen.number, phone);
      if (phones.size === 1) bring(phone);
    }
    phone.show(screen.texts);
  }
}

/** Goes on for ever: a line that is restarted is found again. */
async function keepLooking() {
  for (;;) {
    if (!document.hidden) await look().catch(() => undefined);
    await new Promise((done) => setTimeout(done, EVERY));
  }
}

keepLooking();
