// @ts-check
/** Cores that each forget one thing that is promised: a check that is worth something catches them. */
import { ChatCore } from "../../chatline/static/chat-core.js";

export class ForgetsOutbox extends ChatCore {
  sendAgain() {
    this.outbox = [];
  }
}
export class ForgetsKeys extends ChatCore {
  sendAgain() {
    super.sendAgain();
    for (const entry of this.outbox) entry.key = this.given.newKey();
  }
}
export class SendsAllAtOnce extends ChatCore {
  flush() {
    if (this.link.live) for (const { key, text, refused } of this.outbox) if (!refused) this.link.transmit({ type: "say", key, text });
  }
}
export class OldestWins extends ChatCore {
  heardMessage(/** @type {any} */ message) {
    if (!this.thread(message.conversation).messages.has(message.seq)) super.heardMessage(message);
  }
}
export class SkipsAhead extends ChatCore {
  cursor(/** @type {string} */ conversation) {
    return super.cursor(conversation) && super.cursor(conversation) + 1;
  }
}
export class MendsNothing extends ChatCore {
  mend() {}
}
/** Believes that a socket which looks open is open. */
export class TrustsSockets extends ChatCore {
  constructor(/** @type {any} */ given) {
    super(given);
    this.link.ask = () => {};
  }
}
