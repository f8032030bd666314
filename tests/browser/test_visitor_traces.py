"""What a visit costs and leaves behind: bytes, requests, storage, history; and that typing waits for none of it."""

import gzip
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from tests.browser import people
from tests.browser.people import Facts, new_page
from tests.browser.states import STATES, fresh, opened, say

pytestmark = [pytest.mark.requirement("R-15"), pytest.mark.browser]

CEILING = 25_000
"""Bytes to a usable chat, everything gzipped: 4 s at 50 kbit/s."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser, 390, 780)
    yield page
    page.context.close()


def test_a_usable_chat_costs_at_most_25_kb_in_four_requests(page: Page, demo_json: Facts) -> None:
    came: list[Response] = []
    until: list[int] = []
    page.on("response", lambda one: came.append(one))  # a bound builtin is refused
    page.on("websocket", lambda _: until.append(len(came)))
    visitor = people.chat(page, demo_json)
    expect(visitor.page.locator("#menu")).to_be_visible()
    needed = came[: until[0]]
    sizes = {
        urlsplit(one.url).path: len(gzip.compress(one.body(), 9))
        for one in needed
        if one.url.startswith("http")
    }
    print(sizes, sum(sizes.values()))
    assert len(sizes) <= 4, sizes
    assert {"/static/visitor.js", "/static/chat-core.js"} <= set(sizes)
    assert sum(sizes.values()) <= CEILING, sizes


def test_the_page_itself_comes_gzipped(page: Page, demo_json: Facts) -> None:
    answer = page.goto(demo_json["pages"]["chat"])
    assert answer
    assert answer.headers["content-encoding"] == "gzip"


def test_words_can_be_typed_before_style_and_scripts_are_there_and_are_kept(
    page: Page, demo_json: Facts
) -> None:
    held: list[Route] = []
    typed = False
    page.route("**/static/**", lambda route: route.continue_() if typed else held.append(route))
    page.goto(demo_json["pages"]["chat"], wait_until="commit")
    box = page.locator("#text")
    box.press_sequentially("i am here")
    expect(box).to_be_in_viewport(ratio=1)
    expect(page.locator("#leave")).to_be_in_viewport(ratio=1)
    expect(page.locator("#send")).to_be_disabled()
    typed = True
    for route in held:
        route.continue_()
    expect(page.locator("#send")).to_be_enabled()
    expect(box).to_have_value("i am here")
    page.locator("#send").click()
    expect(page.locator("#log")).to_contain_text("Sent")


def test_a_whole_visit_leaves_no_cookie_no_storage_no_history_and_asks_nobody_else(
    page: Page, demo_json: Facts
) -> None:
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).hostname))
    visitor = people.chat(page, demo_json)
    expect(page.locator("#menu")).to_be_visible()
    before = page.evaluate("history.length")
    for summary in page.locator(".help summary").all():
        summary.click()
    visitor.says("hello there")
    expect(visitor.log).to_contain_text("Sent")
    page.get_by_text("Breathe slowly").click()
    page.locator("#feel-skip").click()
    opened(page)
    page.locator("#keep").click()
    page.locator("#copies-done").click()
    page.locator("#end").click()
    page.locator("#yes").click()
    expect(page.locator("#ended")).to_have_text("You ended this chat.")
    assert hosts - {None, ""} == {"127.0.0.1"}
    assert traces(page) == []
    assert page.evaluate("history.length") == before
    assert page.title() == "Chat"


def traces(page: Page) -> list[str]:
    """What the browser keeps of a visit beside the one key of the tab."""
    return [
        *(cookie.get("name", "") for cookie in page.context.cookies()),
        *page.evaluate("Object.keys(localStorage)"),
        *page.evaluate("Object.keys(sessionStorage).filter((key) => key !== 'chat')"),
    ]


@pytest.mark.breaks("R-15")
def test_a_page_that_keeps_something_is_caught(page: Page, demo_json: Facts) -> None:
    page.context.add_init_script(
        "document.cookie = 'seen=1; SameSite=Lax'; localStorage.here = 1; sessionStorage.words = 'hello'"
    )
    people.chat(page, demo_json)
    assert traces(page) == ["seen", "here", "words"]


def test_the_title_stays_neutral_when_an_answer_comes(page: Page, demo_json: Facts) -> None:
    STATES["unread"](page, demo_json)
    assert page.title() == "Chat"


def test_what_is_kept_in_the_tab_holds_no_word_that_the_line_has(page: Page, demo_json: Facts) -> None:
    fresh(page, demo_json)
    say(page, "my words")
    expect(page.locator("#log")).to_contain_text("Sent")
    page.wait_for_timeout(100)
    kept = page.evaluate("sessionStorage.getItem('chat')")
    assert json.loads(kept)["token"] == "a-token"
    assert "my words" not in kept


def test_words_in_the_box_survive_a_reload(page: Page, demo_json: Facts) -> None:
    fresh(page, demo_json)
    page.locator("#text").fill("not sent yet")
    page.reload()
    expect(page.locator("#send")).to_be_enabled()
    expect(page.locator("#text")).to_have_value("not sent yet")


def test_a_second_tab_shows_the_same_chat_and_both_stay_live(page: Page, demo_json: Facts) -> None:
    first = people.chat(page, demo_json)
    first.says("from the first tab")
    expect(first.log).to_contain_text("Sent")
    second = people.chat(page.context.new_page(), demo_json)
    expect(second.log).to_contain_text("from the first tab")
    second.says("from the second tab")
    expect(first.log).to_contain_text("from the second tab")
    first.says("and the first again")
    expect(second.log).to_contain_text("and the first again")
    expect(second.log.locator(".mine")).to_have_count(3)
    assert page.evaluate("localStorage.length") == 0


def test_two_tabs_in_which_nothing_was_said_become_one_chat_with_the_first_words(
    page: Page, demo_json: Facts
) -> None:
    first = people.chat(page, demo_json)
    second = people.chat(page.context.new_page(), demo_json)
    expect(second.page.locator("#menu")).to_be_visible()
    expect(first.page.locator("#menu")).to_be_visible()
    first.says("in one of two")
    expect(second.log).to_contain_text("in one of two")


def test_a_tab_of_another_browser_profile_hears_nothing(
    page: Page, browser: Browser, demo_json: Facts
) -> None:
    first = people.chat(page, demo_json)
    first.says("only mine")
    expect(first.log).to_contain_text("Sent")
    stranger = people.chat(new_page(browser), demo_json)
    expect(stranger.page.locator("#menu")).to_be_visible()
    expect(stranger.log).to_be_empty()
    stranger.page.context.close()
