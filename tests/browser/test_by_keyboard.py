"""A whole chat by keyboard alone, at both ends of a real line: every stop is seen, and nothing traps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import checks, people, states
from tests.browser.people import Facts, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

PLAIN = "**/www.wikipedia.org/**"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser, 390, 780)
    page.context.route(PLAIN, lambda route: route.fulfill(body="A plain site", content_type="text/html"))
    yield page
    page.context.close()


class Keys:
    """Somebody with a keyboard and nothing else. Wherever they stop on the way must be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, what: str, key: str = "Tab") -> "Keys":
        for _ in range(checks.MOST_STOPS):
            self.page.keyboard.press(key)
            assert checks.stop(self.page) == []
            if self.is_at(what):
                return self
        raise AssertionError(f"{what} is never come to")

    def is_at(self, what: str) -> bool:
        return bool(self.page.evaluate("what => document.activeElement.matches(what)", what))

    def presses(self, key: str = "Enter") -> None:
        self.page.keyboard.press(key)

    def writes(self, words: str) -> None:
        self.page.keyboard.type(words)

    def chooses(self, what: str) -> None:
        """From the menu."""
        self.to("#menu > summary").presses()
        self.to(what).presses()


class Volunteer(Keys):
    def __init__(self, browser: Browser, facts: Facts, username: str) -> None:
        super().__init__(new_page(browser))
        people.desk(self.page, facts, username)
        self.to("#start [type=submit]").presses("Space")
        expect(self.page.locator("#ready")).to_have_attribute("aria-checked", "true")

    def takes(self, words: str, answer: str) -> None:
        expect(self.page.locator("#queue li")).to_have_count(1)
        self.to("#take").presses()
        expect(self.page.locator(".pane .log")).to_contain_text(words)
        expect(self.page.locator(".pane [data-part=text]")).to_be_focused()
        self.writes(answer)
        self.presses()


def test_a_whole_chat_from_opening_to_leaving(page: Page, browser: Browser, demo_json: Facts) -> None:
    sam, robin = (Volunteer(browser, demo_json, name) for name in ("sam", "robin"))
    keys = Keys(page)
    log, status = page.locator("#log"), page.locator("#status")
    people.chat(page, demo_json)
    expect(page.locator("#menu")).to_be_visible()

    for number in (1, 2, 3):
        keys.to(f".help details:nth-of-type({number}) > summary").presses()
        expect(page.locator(f".help details:nth-of-type({number}) p").first).to_be_visible()
    keys.to("#text").writes("my keyboard is all i have")
    keys.to("#send").presses()
    expect(log).to_contain_text("Sent")
    expect(page.locator("#text")).to_be_focused()
    keys.to('#feel [value="6"]').presses()
    expect(page.locator("#feel")).to_be_hidden()

    sam.takes("my keyboard is all i have", "I am Sam. Tell me more.")
    expect(log).to_contain_text("Tell me more.")
    keys.chooses('[data-size="125"]')
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    keys.to("#keep").presses()
    assert keys.is_at("[data-copy=all]")
    keys.presses()
    expect(page.locator("#copied")).to_have_text("It is copied.")
    keys.to("#copies-done").presses()
    assert keys.is_at("#keep")
    keys.to("#another").presses()
    assert keys.is_at("#yes")
    keys.presses()
    expect(status).to_contain_text("someone else for you")
    assert keys.is_at("#text")

    robin.takes("my keyboard is all i have", "I am Robin.")
    expect(log).to_contain_text("I am Robin.")
    keys.chooses("#end")
    keys.presses()
    expect(page.locator("#ended")).to_have_text("You ended this chat.")
    keys.to("#feel-skip").presses()
    expect(page.locator("#feel")).to_be_hidden()
    keys.chooses("#erase")
    keys.presses()
    expect(log).to_be_empty()
    expect(page.locator("#receipt")).to_contain_text("was erased")
    keys.to("#leave").presses()
    page.wait_for_url(PLAIN)
    for volunteer in (sam, robin):
        volunteer.page.context.close()


@pytest.mark.parametrize("where", ["#log", "#text", "#menu > summary", "#end", "#yes"])
def test_shift_three_times_leaves_from_wherever_one_is(where: str, page: Page, demo_json: Facts) -> None:
    states.answered(page, demo_json)
    keys = Keys(page)
    if where in ("#end", "#yes"):
        keys.chooses("#end")
        if where == "#end":
            keys.to("#no").presses()
    else:
        keys.to(where)
    assert keys.is_at(where)
    for _ in range(3):
        keys.presses("Shift")
    page.wait_for_url(PLAIN)


def test_going_back_with_shift_and_tab_leaves_nothing(page: Page, demo_json: Facts) -> None:
    states.answered(page, demo_json)
    keys = Keys(page)
    for what in ("#menu > summary", "#send", "#text", "#log", "#leave"):
        keys.to(what, "Shift+Tab")
    expect(page.locator("#log")).to_contain_text(states.SAID)
    expect(page.locator("#leave")).not_to_have_attribute("data-presses", "2")


def test_whoever_leaves_the_menu_by_keyboard_leaves_it_closed(page: Page, demo_json: Facts) -> None:
    states.answered(page, demo_json)
    keys = Keys(page)
    keys.chooses("#keep")
    keys.to("#leave")
    expect(page.locator("#sheet")).to_be_hidden()
    keys.to("#menu > summary", "Shift+Tab").presses()
    expect(page.locator("#keep")).to_be_visible()


def test_on_the_desk_the_keyboard_comes_round_with_every_notice_there(
    browser: Browser, demo_json: Facts
) -> None:
    page = new_page(browser)
    wire = Wire(page)
    people.desk(page, demo_json, "sam")
    said = [{"from": "visitor", "text": "Somebody is coming."}, {"text": "I am here.", "key": "one"}]
    wire.holds(said, medium="web", left_fast=True, away=True, feeling=6)
    expect(page.locator("[data-part=left-fast]")).to_be_visible()
    expect(page.locator("[data-part=feeling]")).to_have_text("Upset: 6 of 7")
    assert checks.stops(page) == []
    page.context.close()
