// @ts-check
/** Those whom colleagues offer to this desk: who it is and until when, and no words before they are accepted. */
import { KeyedList, byId, clone, set, setLevel, tell } from "./dom.js";
import { left } from "./handing.js";

export class Offers {
  /** @param {{core: import("../chat-core.js").ChatCore, say: (words: string) => void}} given */
  constructor({ core, say }) {
    this.core = core;
    this.say = say;
    /** @type {any[]} as the last `desk` frame told */
    this.offers = [];
    this.list = new KeyedList(byId("offers-list"), {
      id: (/** @type {any} */ offer) => offer.conversation,
      make: () => this.make(),
      fill: fillOffer,
    });
  }

  heard(/** @type {{offers: any[]}} */ { offers }) {
    const known = new Set(this.offers.map(({ conversation }) => conversation));
    const fresh = offers.find(({ conversation }) => !known.has(conversation));
    this.offers = offers;
    if (fresh) this.say(tell("offered-to-you", { name: fresh.by, handle: fresh.handle }));
  }

  show() {
    byId("offers").hidden = !this.offers.length;
    this.list.show(this.offers);
  }

  make() {
    const { node, parts } = clone("offer-card");
    const answer = (/** @type {boolean} */ yes) => () => {
      set(byId("alert"), "");
      this.core.send({ type: "accept", conversation: node.dataset.conversation, yes });
      if (!yes) byId("main").focus(); // the button that has the focus goes
    };
    parts.accept.addEventListener("click", answer(true));
    parts.decline.addEventListener("click", answer(false));
    return { node, parts };
  }
}

function fillOffer(/** @type {any} */ parts, /** @type {any} */ offer, /** @type {HTMLElement} */ node) {
  node.dataset.conversation = offer.conversation;
  set(parts.handle, offer.handle);
  setLevel(parts.level, offer.level);
  set(parts.medium, tell(offer.medium));
  set(parts.line, offer.line);
  set(parts.from, tell("offers-you", { name: offer.by }));
  set(parts.left, left(offer.expires_at));
}
