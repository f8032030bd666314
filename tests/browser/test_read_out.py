"""What the visitor's page tells a screen reader, and what moves without having been asked to: each message once."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import states
from tests.browser.line import CONVERSATION, FakeLine, at
from tests.browser.people import Facts, new_page, until
from tests.browser.states import ANSWER, answered, fresh, wrote

pytestmark = pytest.mark.browser

WATCH = """
    window.added = [];
    window.politeness = [];
    addEventListener("DOMContentLoaded", () => {
        const log = document.getElementById("log");
        new MutationObserver((changes) => {
            for (const { target, addedNodes, type } of changes) {
                if (type === "attributes") politeness.push(log.getAttribute("aria-live"));
                else for (const node of addedNodes)
                    if (target === log) added.push({ text: node.textContent, live: log.getAttribute("aria-live") });
            }
        }).observe(log, { childList: true, attributes: true, attributeFilter: ["aria-live"] });
    });
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser, 390, 780)
    page.context.add_init_script(WATCH)
    yield page
    page.context.close()


def added(page: Page, words: str) -> list[str]:
    """How the log was announced each time that a line with these words was put into it."""
    found: list[dict[str, Any]] = page.evaluate("added")
    return [one["live"] for one in found if words in one["text"]]


def is_polite(page: Page) -> None:
    expect(page.locator("#log")).to_have_attribute("aria-live", "polite")


def confirm(line: FakeLine, words: str, *, said_first: bool) -> None:
    """The line has what the page said: `said` answers its key, the row itself follows, and comes again."""
    key = next(frame["key"] for frame in line.heard("say") if frame["text"] == words)
    if said_first:
        seq = len(line.messages) + 1
        line.tell({"type": "said", "conversation": CONVERSATION, "key": key, "seq": seq, "at": at()})
    line.says(words, "visitor", key=key)
    line.tell(line.messages[-1])


@pytest.mark.parametrize("said_first", [True, False], ids=["answered first", "the row first"])
def test_what_i_say_is_one_new_line_from_sending_until_it_is_stored(
    said_first: bool, page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    is_polite(page)
    line.silent = True
    states.say(page, "once and once only")
    expect(page.locator("#log .mine").last).to_contain_text("Sending")
    confirm(line, "once and once only", said_first=said_first)
    expect(page.locator("#log .mine").last).to_contain_text("Sent")
    line.becomes(closing_at=None)
    page.wait_for_timeout(1_200)
    assert added(page, "once and once only") == ["polite"]


def test_marks_and_times_that_change_are_not_announced(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    quiet = "all => all.filter((one) => one.getAttribute('aria-live') === 'off').length"
    lines = page.locator("#log > div").count()
    assert page.locator("#log > div > .meta").evaluate_all(quiet) == lines > 1


def test_a_connection_that_comes_back_announces_only_what_is_new(page: Page, demo_json: Facts) -> None:
    page.clock.install()
    line = answered(page, demo_json)
    page.clock.run_for(1_500)
    is_polite(page)
    line.goes_down()
    page.clock.run_for(3_000)
    states.say(page, "written in a tunnel")
    line.comes_back()
    line.is_found_again()
    expect(page.locator("#log .mine").last).to_contain_text("Sent")
    line.says("Said while you were away.")
    expect(page.locator("#log")).to_contain_text("Said while you were away.")
    once = {
        words: added(page, words) for words in ("written in a tunnel", "Said while you were away.", ANSWER)
    }
    assert all(len(times) == 1 for times in once.values()), once


def test_after_a_reload_the_history_is_silent_and_what_comes_then_is_not(
    page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    page.reload()
    expect(page.locator("#log")).to_contain_text(ANSWER)
    is_polite(page)
    line.says("And this is new.")
    expect(page.locator("#log")).to_contain_text("And this is new.")
    assert page.evaluate("added.map(({ live }) => live)") == ["off", "off", "polite"]
    assert page.evaluate("politeness") == ["polite"]


def test_the_first_answer_of_a_chat_is_announced(page: Page, demo_json: Facts) -> None:
    fresh(page, demo_json)
    is_polite(page)


@pytest.mark.parametrize("where", ["#text", "#leave", "#menu > summary", "#log"])
def test_new_messages_move_no_focus(where: str, page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    page.locator(where).focus()
    line.says("One.")
    line.says("Something else.", "line")
    line.becomes(state="closed", ended="volunteer", name="")
    expect(page.locator("#ended")).to_be_visible()
    expect(page.locator(where)).to_be_focused()


def test_whoever_went_down_to_the_exercises_is_left_there(page: Page, demo_json: Facts) -> None:
    wrote(page, demo_json, since=at(minutes=-12))
    scroll = page.locator("#scroll")
    furthest = scroll.evaluate("one => (one.scrollTop = one.scrollHeight, one.scrollTop)")
    page.wait_for_timeout(1_500)
    assert scroll.evaluate("one => one.scrollTop") == furthest > 100


def test_whoever_reads_just_above_the_end_is_left_there(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    for _ in range(4):
        line.says(states.LONG)
    scroll = page.locator("#scroll")
    expect(page.locator("#log > div")).to_have_count(6)
    page.wait_for_timeout(200)
    there = scroll.evaluate("one => (one.scrollTop -= 40, one.scrollTop)")
    page.wait_for_timeout(1_500)
    assert scroll.evaluate("one => one.scrollTop") == there > 0


def test_looking_closer_with_two_fingers_moves_nothing(page: Page, demo_json: Facts) -> None:
    states.unread(page, demo_json)
    height = "document.getElementById('chat').clientHeight"
    before = page.evaluate(height)
    page.context.new_cdp_session(page).send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    until(page, "visualViewport.scale === 2")
    page.wait_for_timeout(200)
    assert page.evaluate(height) == before
    assert page.locator("#scroll").evaluate("one => one.scrollTop") == 0


def test_a_box_that_grows_keeps_the_latest_words_in_view(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    for _ in range(4):
        line.says(states.LONG)
    last = page.locator("#log > div").nth(5)
    expect(last).to_be_in_viewport(ratio=1)
    page.locator("#text").fill("one\ntwo\nthree\nfour\nfive\nsix")
    page.wait_for_timeout(300)
    expect(last).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 390, "height": 560})
    page.wait_for_timeout(300)
    end = "one => one.getBoundingClientRect().bottom"
    assert last.evaluate(end) <= page.locator("#scroll").evaluate(end)


def test_turning_the_phone_takes_nobody_from_where_they_read(page: Page, demo_json: Facts) -> None:
    states.unread(page, demo_json)
    page.set_viewport_size({"width": 780, "height": 390})
    page.wait_for_timeout(300)
    expect(page.locator("#newer")).to_be_visible()
    assert page.locator("#scroll").evaluate("one => one.scrollTop") == 0
