// @ts-check
/** What other systems did not take, however often it was tried. */
import { KeyedList, byId, clone, set, setLevel, setOrHide, tell, tellIfKnown } from "../staff/dom.js";
import { age, minutesSince } from "../staff/times.js";

export class Dead {
  /** @param {{ask: (frame: object) => void}} given */
  constructor({ ask }) {
    this.list = new KeyedList(byId("dead"), {
      id: (/** @type {any} */ one) => one.page,
      make: (one) => makeDead(one, ask),
      fill: fillDead,
    });
  }

  /** @param {{dead?: any[]}} known */
  show({ dead = [] }) {
    byId("not-taken").hidden = !dead.length;
    this.list.show(dead);
  }
}

/** @param {any} one @param {(frame: object) => void} ask */
function makeDead(one, ask) {
  const { node, parts } = clone("dead-card");
  parts.again.addEventListener("click", () => ask({ type: "try_again", page: one.page }));
  return { node, parts };
}

function fillDead(/** @type {any} */ parts, /** @type {any} */ one) {
  set(parts.name, one.name);
  setOrHide(parts.alarm, one.alarm && (tellIfKnown(`alarm.${one.alarm}`) ?? one.alarm));
  if (!one.alarm) setLevel(parts.level, one.level);
  set(parts.line, one.line);
  set(parts.error, one.error);
  set(parts.age, minutesSince(one.made_at) < 1 ? tell("dead-now") : tell("dead-at", { age: age(one.made_at) }));
  set(parts["again-name"], tell("dead-of", { name: one.name, line: one.line }));
}
