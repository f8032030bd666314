// @ts-check
/** Tells under a text, while it is typed, how many parts it costs; the server counts again when it is asked to. */
import { byId, setOrHide, tell, tellIfKnown } from "./staff/dom.js";
import { count } from "./staff/segments.js";

const LOCK_SCREEN = 40;
const box = /** @type {HTMLTextAreaElement} */ (document.querySelector("[data-measure]"));
const told = /** @type {HTMLElement} */ (document.querySelector(".measured"));

/** With the facts that it names filled in, as if all of them were known. */
function filled(/** @type {string} */ text) {
  return text.replace(/\{%.*?%\}/g, "").replace(/\{\{ *([a-z_.]+) *\}\}/g, (whole, fact) => tellIfKnown(fact) ?? whole);
}

function measure() {
  const text = filled(box.value).trim();
  const { parts } = count(text);
  const start = [...text].slice(0, LOCK_SCREEN).join("");
  setOrHide(told, text && tell(parts === 1 ? "one" : "many", { n: parts, start }));
}

if (byId("words") && box) {
  box.addEventListener("input", measure);
  measure();
}
