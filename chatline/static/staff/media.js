// @ts-check
/** Pictures and the like that came with a text: each is fetched and shown only when the volunteer asks for it. */
import { KeyedList, clone, set, setOrHide, tell } from "./dom.js";

/** @typedef {{id: string, kind: string, state: string}} Media */

const TAGS = /** @type {Record<string, "img"|"audio"|"video">} */ ({ image: "img", audio: "audio", video: "video" });

export class MediaList {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.list = new KeyedList(place, { id: (/** @type {Media} */ media) => media.id, make: makeTile, fill: fillTile });
  }

  show(/** @type {Media[]} */ media) {
    this.list.show(media);
  }
}

function makeTile(/** @type {Media} */ media) {
  const { node, parts } = clone("media-tile");
  parts.toggle.addEventListener("click", () => {
    if (parts.place.firstChild) hide(parts, media);
    else show(parts, media);
  });
  return { node, parts };
}

function fillTile(/** @type {any} */ parts, /** @type {Media} */ media, /** @type {HTMLElement} */ node) {
  if (node.dataset.state === media.state) return;
  const sort = sortOf(media);
  const kept = media.state === "kept" && sort in TAGS;
  node.dataset.state = media.state;
  node.dataset.sort = sort;
  hide(parts, media);
  parts.toggle.hidden = parts.place.hidden = !kept;
  const refused = media.state === "refused" || !(sort in TAGS);
  setOrHide(parts.words, kept ? "" : tell(refused ? "media.refused" : `media.${sort}.${media.state}`));
}

function sortOf(/** @type {Media} */ media) {
  return media.kind.split("/")[0];
}

function show(/** @type {any} */ parts, /** @type {Media} */ media) {
  const sort = sortOf(media);
  const element = document.createElement(TAGS[sort]);
  const name = tell(`media.${sort}.name`);
  if (element instanceof HTMLImageElement) element.alt = name;
  else {
    element.controls = true;
    element.setAttribute("aria-label", name);
  }
  element.addEventListener("error", () => {
    hide(parts, media);
    setOrHide(parts.words, tell("media.failed"));
  });
  element.addEventListener("load", () => element.scrollIntoView({ block: "nearest" }));
  element.src = `/desk/media/${media.id}/`;
  parts.place.replaceChildren(element);
  setOrHide(parts.words, "");
  tellToggle(parts, `media.${sort}.hide`, true);
}

function hide(/** @type {any} */ parts, /** @type {Media} */ media) {
  parts.place.replaceChildren();
  const sort = sortOf(media);
  if (sort in TAGS) tellToggle(parts, `media.${sort}.show`, false);
}

function tellToggle(/** @type {any} */ parts, /** @type {string} */ word, /** @type {boolean} */ on) {
  set(parts.toggle, tell(word));
  parts.toggle.setAttribute("aria-expanded", String(on));
}
