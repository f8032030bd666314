"""What can be looked for on any page: each check gives what is wrong with it, in words, or an empty list."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
TARGETS = "a[href], button, summary, select, input, textarea"
MOST_STOPS = 60

SPACING = """
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
    p { margin-block-end: 2em !important }
"""
"""What WCAG 1.4.12 lets everybody ask for."""

OURS = Path(__file__).with_name("checks.js").read_text()
AXE = Axe().axe_script


def violations(page: Page) -> list[str]:
    """WCAG 2.2 AA, as far as axe can tell."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(f"axe.run({json.dumps(RULES)}).then((all) => all.violations)")
    return [f"{one['id']}: {one['help']} ({one['nodes'][0]['target']})" for one in found]


@contextmanager
def spaced_out(page: Page) -> Iterator[None]:
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        "document.adoptedStyleSheets = [sheet]; }",
        SPACING,
    )
    yield
    page.evaluate("document.adoptedStyleSheets = []")


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways, or is cut off at its side (WCAG 1.4.10)."""
    return _ask(page, "tooWide")


def too_small(page: Page, main: str) -> list[str]:
    """Targets under 24 px (WCAG 2.5.8), and those that `main` selects under 44 px high."""
    return _ask(page, "tooSmall", TARGETS, main)


def without_edge(page: Page) -> list[str]:
    """Targets that nothing but a background tells from text: forced colours take it away."""
    return _ask(page, "withoutEdge")


def moving(page: Page) -> list[str]:
    """What moves by itself."""
    return _ask(page, "moving")


def stop(page: Page) -> list[str]:
    """Whether people see where the keyboard is (WCAG 2.4.7), not hidden under something (2.4.11)."""
    return _ask(page, "stop")


def stops(page: Page) -> list[str]:
    """Walks with Tab from where the focus is until it has come round; what is wrong on the way."""
    _ask(page, "setOut")
    faults: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("checks.cameRound()"):
            return faults + _ask(page, "missed", TARGETS)
        faults += stop(page)
    return [*faults, f"more than {MOST_STOPS} stops"]


def _ask(page: Page, what: str, *about: str) -> list[str]:
    if not page.evaluate("'checks' in window"):
        page.evaluate(OURS)
    found: list[str] = page.evaluate("([what, about]) => checks[what](...about)", [what, about])
    return found
