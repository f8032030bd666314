// @ts-check
/** Tells under a text, while it is typed, how many parts it costs. Saving counts again, with what its names stand for. */
import { byId, setOrHide, tell } from "./staff/dom.js";
import { count } from "./staff/segments.js";

const LOCK_SCREEN = 40;
const box = /** @type {HTMLTextAreaElement} */ (document.querySelector("[data-measure]"));
const told = /** @type {HTMLElement} */ (document.querySelector(".measured"));

function measure() {
  const text = box.value.trim();
  const { parts } = count(text);
  const start = [...text].slice(0, LOCK_SCREEN).join("");
  setOrHide(told, text && tell(parts === 1 ? "one" : "many", { n: parts, start }));
}

if (byId("words") && box) {
  box.addEventListener("input", measure);
  measure();
}
