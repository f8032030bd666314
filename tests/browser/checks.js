/** Run in the page by `checks.py`: each gives what is wrong, in words. */
window.checks = (() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".unseen, .skip");
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const name = (one) => `${one.tagName}#${one.id} "${one.textContent.trim().slice(0, 30)}"`;
  const pixels = (text) => parseFloat(text);
  /** Where the keyboard came to, in the order of the walk. */
  const stops = new Set();

  /** Hidden from eyes alone, for screen readers. */
  const clipped = (one) => getComputedStyle(one).clipPath === "inset(50%)";

  function tooWide() {
    const root = document.documentElement;
    const wide = root.clientWidth;
    const outside = (one) => {
      const { left, right } = one.getBoundingClientRect();
      return left < -0.5 || right > wide + 0.5;
    };
    const cut = (one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible";
    const visible = all("body *").filter((one) => !clipped(one));
    return [
      ...(root.scrollWidth > wide ? ["the page scrolls sideways"] : []),
      ...visible.filter(outside).map((one) => `${name(one)} reaches over the side`),
      ...visible.filter(cut).map((one) => `${name(one)} is cut off or scrolls sideways`),
    ];
  }

  function tooSmall(targets, main) {
    const small = (one) => {
      const { width, height } = one.getBoundingClientRect();
      return Math.min(width, height) < 24 || (one.matches(main) && height < 43.9);
    };
    const size = (one) => `${one.getBoundingClientRect().width} x ${one.getBoundingClientRect().height}`;
    return all(targets).filter(small).map((one) => `${name(one)} is ${size(one)}`);
  }

  function withoutEdge() {
    const bare = (one) => {
      const { borderTopWidth, borderTopStyle, borderTopColor, textDecorationLine } = getComputedStyle(one);
      const drawn = borderTopStyle !== "none" && pixels(borderTopWidth) >= 1 && borderTopColor !== "rgba(0, 0, 0, 0)";
      return !drawn && textDecorationLine !== "underline";
    };
    return all("a[href], button").filter(bare).map(name);
  }

  function moving() {
    const running = document.getAnimations().filter(({ playState }) => playState === "running");
    return running.map(({ effect }) => name(effect.target));
  }

  function ringed(one) {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && pixels(outlineWidth) >= 2;
  }

  /** Some of it is not under something else. */
  function uncovered(one) {
    const { left, top, width, height } = one.getBoundingClientRect();
    const across = [0.1, 0.3, 0.5, 0.7, 0.9];
    const points = across.flatMap((x) => [0.1, 0.5, 0.9].map((y) => document.elementFromPoint(left + x * width, top + y * height)));
    return points.some((there) => there && (one.contains(there) || (there.contains(one) && there.closest("label, summary"))));
  }

  function stop() {
    const one = document.activeElement;
    if (one === document.body) return [];
    const hasRing = ringed(one) || (one.closest(".box") && ringed(one.closest(".box")));
    return [...(hasRing ? [] : [`${name(one)} has no ring`]), ...(uncovered(one) ? [] : [`${name(one)} is hidden`])];
  }

  /** Whether the walk was here before. */
  function cameRound() {
    const been = stops.has(document.activeElement);
    stops.add(document.activeElement);
    return been;
  }

  const missed = (targets) => all(targets).filter((one) => !one.disabled && !stops.has(one)).map((one) => `${name(one)} is never come to`);

  return { tooWide, tooSmall, withoutEdge, moving, stop, cameRound, missed, setOut: () => stops.clear() };
})();
