"""The checks of every state find what they look for: each has one thing broken before its eyes."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import checks, states
from tests.browser.people import Facts, new_page

pytestmark = pytest.mark.browser

Check = Callable[[Page], list[str]]


def targets(page: Page) -> list[str]:
    return checks.too_small(page, "*")


def edges(page: Page) -> list[str]:
    page.emulate_media(forced_colors="active")
    return checks.without_edge(page)


BREAKS: dict[str, tuple[Check, str]] = {
    "a button without a name": (checks.violations, "send.textContent = ''"),
    "text that is hardly seen": (checks.violations, "ask.style.color = '#999'"),
    "a page that scrolls sideways": (checks.too_wide, "text.style.minInlineSize = '400px'"),
    "words that are cut off": (
        checks.too_wide,
        "ask.style.cssText = 'overflow: hidden; white-space: nowrap; inline-size: 90px'",
    ),
    "a target for a needle": (targets, "send.style.cssText = 'min-block-size: 20px; block-size: 20px'"),
    "a target for a pencil": (targets, "send.style.cssText = 'min-block-size: 30px; block-size: 30px'"),
    "a button like text": (edges, "send.style.border = 'none'"),
    "something that moves": (
        checks.moving,
        "ask.animate([{opacity: 0}, {opacity: 1}], {duration: 1e6})",
    ),
    "a stop without a ring": (checks.stops, "document.getElementById('leave').style.outline = 'none'"),
    "a stop under something else": (
        checks.stops,
        "const lid = document.body.appendChild(document.createElement('div'));"
        "lid.style.cssText = 'position: fixed; inset: 0 0 auto; height: 90px; z-index: 9'",
    ),
    "a trap": (
        checks.stops,
        "send.addEventListener('keydown', (event) => event.key === 'Tab' && (event.preventDefault(), ask.click()));"
        "document.getElementById('leave').tabIndex = 0",
    ),
    "a target that no key comes to": (checks.stops, "send.tabIndex = -1"),
}


@pytest.fixture
def page(browser: Browser, demo_json: Facts) -> Iterator[Page]:
    page = new_page(browser, 390, 780)
    states.intro(page, demo_json)
    page.locator("#text").fill("something")
    yield page
    page.context.close()


@pytest.mark.parametrize("what", BREAKS)
def test_a_check_finds(what: str, page: Page) -> None:
    check, broken = BREAKS[what]
    assert check(page) == []
    page.evaluate(f"() => {{ {broken} }}")
    assert check(page)
