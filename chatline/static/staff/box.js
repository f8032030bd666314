// @ts-check
/** Writing into a box on somebody's behalf: `insertText` is the one way that their own undo takes back. */

/** In the place of what is selected. */
export function type(/** @type {HTMLTextAreaElement} */ box, /** @type {string} */ text) {
  box.focus();
  if (document.execCommand("insertText", false, text)) return;
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input"));
}

/** After what stands there, on a line of its own. */
export function add(/** @type {HTMLTextAreaElement} */ box, /** @type {string} */ text) {
  const end = box.value.length;
  box.focus();
  box.setSelectionRange(end, end);
  type(box, box.value.trim() && !box.value.endsWith("\n") ? `\n${text}` : text);
  box.scrollTop = box.scrollHeight;
}

/** In the place of all that stands there. */
export function replace(/** @type {HTMLTextAreaElement} */ box, /** @type {string} */ text) {
  box.focus();
  box.select();
  type(box, text);
}
