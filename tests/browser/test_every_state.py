"""Every state of the visitor's page in every language: who cannot see well, uses no mouse, or must leave no trace.

A state is reached once for a language, then looked at in both themes and at all sizes. States are those of
`tests/browser/states.py`, languages those of the settings: a new one joins by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.browser import checks
from tests.browser.people import Facts
from tests.browser.states import STATES

pytestmark = pytest.mark.browser

LANGUAGES = [code for code, _ in settings.VISITOR_LANGUAGES]
SCHEMES = ("light", "dark")
PHONE = ViewportSize(width=390, height=780)
DESK = ViewportSize(width=1440, height=900)
SMALL = ViewportSize(width=320, height=568)
ENLARGED = ViewportSize(width=320, height=256)
"""1280 x 1024 at 400 %."""

MAIN = ":not(.log *)"
"""All that a visitor aims at, but the small links inside of what was said."""

WATCH = """
    window.watched = { violations: [], steps: history.length };
    addEventListener("securitypolicyviolation", (event) => watched.violations.push(event.violatedDirective));
"""


@dataclass
class Visit:
    """One tab, from before it opened the page."""

    page: Page
    state: str
    language: str
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        # The line that cannot be reached cannot be reached by requests either.
        if message.type == "error" and "/poll/" not in message.location.get("url", ""):
            self.complaints.append(message.text)

    def ask(self, url: str) -> None:
        self.hosts.add(urlsplit(url).netloc)


@pytest.fixture(
    scope="module",
    params=[pytest.param(pair, id="-".join(pair)) for pair in product(STATES, LANGUAGES)],
)
def visit(request: pytest.FixtureRequest, browser: Browser, demo_json: Facts) -> Iterator[Visit]:
    state, language = request.param
    context = browser.new_context(viewport=PHONE, locale=language, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    context.add_init_script(WATCH)
    visit = Visit(context.new_page(), state, language)
    context.on("console", visit.hear)
    context.on("weberror", lambda thrown: visit.complaints.append(str(thrown.error)))
    context.on("request", lambda asked: visit.ask(asked.url))
    visit.page.on("websocket", lambda socket: visit.ask(socket.url))
    STATES[state](visit.page, demo_json)
    yield visit
    context.close()


@pytest.fixture(scope="module")
def checked() -> Iterator[list[str]]:
    """The language of each check by axe that found nothing."""
    languages: list[str] = []
    yield languages
    print(f"0 violations in {len(languages)} combinations, in {', '.join(sorted(set(languages)))}")


def seen_as(visit: Visit, size: ViewportSize, scheme: str = "light", forced: str = "none") -> Page:
    visit.page.set_viewport_size(size)
    visit.page.emulate_media(color_scheme=scheme, forced_colors=forced)  # type: ignore[arg-type]  # words of CSS
    return visit.page


def test_it_leaves_no_trace(visit: Visit, demo_json: Facts) -> None:
    page = visit.page
    left = page.evaluate("[localStorage.length, history.length - watched.steps, watched.violations]")
    assert page.context.cookies() == []
    assert left == [0, 0, []]
    assert set(page.evaluate("Object.keys(sessionStorage)")) <= {"chat"}
    assert visit.hosts - {""} == {urlsplit(demo_json["url"]).netloc}
    assert visit.complaints == []


def test_its_title_says_nothing_of_the_line_or_of_what_is_said(visit: Visit) -> None:
    page = visit.page
    title = page.title().lower()
    assert 0 < len(title) <= 12
    assert not [word for word in page.locator("#title").inner_text().lower().split() if word in title]


def test_it_is_in_the_language_that_the_browser_asks_for(visit: Visit) -> None:
    assert visit.page.locator("html").get_attribute("lang") == visit.language


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_violates_no_rule(visit: Visit, scheme: str, size: ViewportSize, checked: list[str]) -> None:
    assert checks.violations(seen_as(visit, size, scheme)) == []
    checked.append(visit.language)


def test_the_way_out_is_at_the_top_and_at_the_end_of_a_line(visit: Visit) -> None:
    page = seen_as(visit, SMALL)
    way_out = page.locator("#leave").bounding_box()
    assert way_out
    assert way_out["y"] < 24
    assert way_out["height"] >= 44
    to_the_end = 320 - way_out["x"] - way_out["width"]
    assert (way_out["x"] if page.evaluate("document.dir") == "rtl" else to_the_end) <= 20


def test_nothing_is_wider_than_a_small_phone(visit: Visit) -> None:
    assert checks.too_wide(seen_as(visit, SMALL)) == []


def test_enlarged_fourfold_and_spaced_out_nothing_is_cut_off(visit: Visit) -> None:
    page = seen_as(visit, ENLARGED)
    with checks.spaced_out(page):
        assert checks.too_wide(page) == []


@pytest.mark.parametrize("size", [SMALL, DESK], ids=["small", "desk"])
def test_every_target_is_large_enough_for_a_finger(visit: Visit, size: ViewportSize) -> None:
    assert checks.too_small(seen_as(visit, size), MAIN) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_forced_colours_every_button_has_an_edge(visit: Visit, scheme: str) -> None:
    assert checks.without_edge(seen_as(visit, PHONE, scheme, forced="active")) == []


def test_nothing_moves_for_those_who_asked_for_stillness(visit: Visit) -> None:
    assert checks.moving(seen_as(visit, PHONE)) == []


def test_the_keyboard_comes_round_and_every_stop_is_seen(visit: Visit) -> None:
    page = seen_as(visit, SMALL)
    page.wait_for_timeout(100)  # the page follows its new size a frame later
    assert checks.stops(page) == []
