"""What can be looked for on any page: each check gives what is wrong with it, in words, or an empty list."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}

SPACING = """
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
    p { margin-block-end: 2em !important }
"""
"""What WCAG 1.4.12 lets everybody ask for."""


def violations(page: Page) -> list[str]:
    """WCAG 2.2 AA, as far as axe can tell."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    answer: dict[str, Any] = page.evaluate(f"axe.run({json.dumps(RULES)})")
    return [f"{one['id']}: {one['help']} ({one['nodes'][0]['target']})" for one in answer["violations"]]


@contextmanager
def spaced_out(page: Page) -> Iterator[None]:
    """The text spacing of WCAG 1.4.12."""
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        "document.adoptedStyleSheets = [sheet]; }",
        SPACING,
    )
    yield
    page.evaluate("document.adoptedStyleSheets = []")


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways, or is cut off at its side."""
    return list(
        page.evaluate(
            """() => {
                const wide = document.documentElement.clientWidth;
                const faults = document.documentElement.scrollWidth > wide ? ["the page scrolls sideways"] : [];
                for (const one of document.querySelectorAll("body :not(.unseen *)")) {
                    if (!one.checkVisibility() || one.closest(".skip") || getComputedStyle(one).clipPath === "inset(50%)") continue;
                    const { left, right } = one.getBoundingClientRect();
                    if (left < -0.5 || right > wide + 0.5) faults.push(`${one.tagName}.${one.className} reaches from ${left} to ${right}`);
                    const { overflowX } = getComputedStyle(one);
                    if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth && overflowX !== "visible")
                        faults.push(`${one.tagName}#${one.id} scrolls sideways or cuts off`);
                }
                return faults;
            }"""
        )
    )


TARGETS = "a[href], button, summary, select, input, textarea"


def too_small(page: Page, main: str) -> list[str]:
    """Targets under 24 px (WCAG 2.5.8), and those that `main` selects under 44 px high."""
    return list(
        page.evaluate(
            """([targets, main]) => [...document.querySelectorAll(targets)]
                .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".unseen, .skip"))
                .map((one) => ({ one, box: one.getBoundingClientRect() }))
                .filter(({ one, box }) => Math.min(box.width, box.height) < 24 || (one.matches(main) && box.height < 43.9))
                .map(({ one, box }) => `${one.tagName}#${one.id} ${one.textContent.trim()} is ${box.width} x ${box.height}`)""",
            [TARGETS, main],
        )
    )


def without_edge(page: Page) -> list[str]:
    """Targets that nothing but a colour tells from text: forced colours take it away."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll("a[href], button")]
                .filter((one) => one.checkVisibility() && !one.closest(".skip"))
                .filter((one) => {
                    const { borderTopWidth, borderTopStyle, borderTopColor, textDecorationLine } = getComputedStyle(one);
                    const seen = borderTopColor !== "rgba(0, 0, 0, 0)" && borderTopStyle !== "none" && parseFloat(borderTopWidth) >= 1;
                    return !seen && textDecorationLine !== "underline";
                })
                .map((one) => `${one.tagName}#${one.id} ${one.textContent.trim()}`)"""
        )
    )


def moving(page: Page) -> list[str]:
    """What moves by itself."""
    return list(
        page.evaluate(
            """() => document.getAnimations().filter((one) => one.playState === "running")
                .map((one) => `${one.effect.target.className}: ${one.animationName ?? one.transitionProperty}`)"""
        )
    )


def stop(page: Page) -> list[str]:
    """Whether whoever uses the keyboard sees where they are (WCAG 2.4.7, and 2.4.11: not hidden under something)."""
    return list(
        page.evaluate(
            """() => {
                const one = document.activeElement;
                const name = `${one.tagName}#${one.id} ${one.textContent.trim().slice(0, 30)}`;
                const rings = [one, one.closest(".box")].filter(Boolean).map((ringed) => getComputedStyle(ringed));
                const ringed = rings.some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
                const { left, right, top, bottom } = one.getBoundingClientRect();
                const points = [0.1, 0.3, 0.5, 0.7, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + x * (right - left), top + y * (bottom - top)]));
                const seen = points.some(([x, y]) => {
                    const top = document.elementFromPoint(x, y);
                    return top && (one.contains(top) || top.contains(one) && top.closest("label, summary"));
                });
                return [...(ringed ? [] : [`${name} has no ring`]), ...(seen ? [] : [`${name} is hidden`])];
            }"""
        )
    )


MOST_STOPS = 60


def stops(page: Page) -> list[str]:
    """Walks with Tab from where the focus is until it has come round; what is wrong on the way."""
    page.evaluate("window.stops = new Set()")
    faults: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("stops.has(document.activeElement)"):
            return [*faults, *_missed(page)]
        page.evaluate("stops.add(document.activeElement)")
        if page.evaluate("document.activeElement !== document.body"):
            faults += stop(page)
    return [*faults, f"more than {MOST_STOPS} stops"]


def _missed(page: Page) -> list[str]:
    """Targets that the walk did not come to."""
    return list(
        page.evaluate(
            """targets => [...document.querySelectorAll(targets)]
                .filter((one) => one.checkVisibility() && !one.disabled && !stops.has(one))
                .map((one) => `${one.tagName}#${one.id} ${one.textContent.trim()} is never come to`)""",
            TARGETS,
        )
    )
