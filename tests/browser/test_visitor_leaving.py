"""Leaving fast: blank at once, over at the line, and nothing to go back to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.line import FakeLine
from tests.browser.people import Facts, new_page, until
from tests.browser.states import SAID, answered, fresh

pytestmark = pytest.mark.browser

PLAIN = "**/www.wikipedia.org/**"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser, 390, 780)
    page.context.route(PLAIN, lambda route: route.fulfill(body="A plain site", content_type="text/html"))
    yield page
    page.context.close()


def has_left(page: Page) -> None:
    page.wait_for_url(PLAIN)
    expect(page.locator("body")).to_have_text("A plain site")


def goes_back(page: Page) -> str:
    """Where Back leads from where one left to."""
    page.go_back(wait_until="commit")
    return page.url


def beacons(page: Page) -> list[str]:
    told: list[str] = []

    def hear(route: Route) -> None:
        told.append(route.request.post_data or "")
        route.fulfill(status=204)

    page.route("**/leave/", hear)
    return told


def test_the_page_is_blank_in_the_same_tick(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    left = page.evaluate(
        "document.getElementById('leave').click(),"
        "[document.body.hidden, document.body.childElementCount, document.title.trim(), sessionStorage.length]"
    )
    assert left == [True, 0, "", 0]


def test_the_line_is_told_twice_that_they_left_fast(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    told = beacons(page)
    page.locator("#leave").click()
    has_left(page)
    assert told == ["a-token"]
    assert line.heard("end") == [{"type": "end", "fast": True}]


def test_back_does_not_lead_to_the_chat(page: Page, demo_json: Facts) -> None:
    page.goto(demo_json["url"] + "/")
    answered(page, demo_json)
    page.locator("#leave").click()
    has_left(page)
    assert goes_back(page) == demo_json["url"] + "/"


def test_the_look_back_finds_a_page_that_leaves_a_way_back(page: Page, demo_json: Facts) -> None:
    page.route(
        "**/visitor.js",
        lambda route: route.fulfill(
            response=(got := route.fetch()),
            body=got.text().replace("location.replace(exit)", "location.assign(exit)"),
        ),
    )
    page.goto(demo_json["url"] + "/")
    answered(page, demo_json)
    page.locator("#leave").click()
    has_left(page)
    assert goes_back(page) == demo_json["pages"]["chat"]


def test_a_page_that_the_browser_kept_blank_leaves_again(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    page.route(PLAIN, lambda route: route.abort())
    page.locator("#leave").click()
    page.wait_for_timeout(300)
    page.unroute(PLAIN)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    has_left(page)


def test_shift_three_times_leaves_and_shows_how_far_it_is(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    page.locator("#text").focus()
    for presses in "12":
        page.keyboard.press("Shift")
        expect(page.locator("#leave")).to_have_attribute("data-presses", presses)
    page.keyboard.press("Shift")
    has_left(page)


def test_shift_between_letters_or_slowly_leaves_nothing(page: Page, demo_json: Facts) -> None:
    page.clock.install()
    answered(page, demo_json)
    box = page.locator("#text")
    box.focus()
    for letter in "ABCD":
        page.keyboard.press(f"Shift+{letter}")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.clock.run_for(5_100)
    expect(page.locator("#leave")).not_to_have_attribute("data-presses", "2")
    expect(box).to_have_value("ABCD")


def test_the_first_stop_of_the_keyboard_is_the_way_out(page: Page, demo_json: Facts) -> None:
    page.goto(demo_json["url"] + "/")
    fresh(page, demo_json)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Leave now").first
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    has_left(page)
    assert goes_back(page) == demo_json["url"] + "/"


def test_before_the_script_is_there_the_way_out_is_a_plain_link(page: Page, demo_json: Facts) -> None:
    page.route("**/visitor.js", lambda route: route.abort())
    page.goto(demo_json["pages"]["chat"])
    page.locator("#leave").click()
    has_left(page)


def test_other_tabs_of_the_same_chat_leave_as_well(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    other = page.context.new_page()
    line = FakeLine(other, knows=True)
    line.state["state"] = "active"
    other.goto(demo_json["pages"]["chat"])
    expect(other.locator("#with")).to_be_attached()
    until(other, "sessionStorage.getItem('chat')?.includes('a-token')")
    page.locator("#leave").click()
    has_left(page)
    has_left(other)


def framed(page: Page, facts: Facts, sandbox: str) -> FakeLine:
    """A host page of an allowed origin with the chat in a fenced frame."""
    line = FakeLine(page)
    frame = (
        f'<iframe src="/embed/{facts["site_key"]}/" width="380" height="700" sandbox="{sandbox}"></iframe>'
    )
    page.route("**/host", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto(facts["url"] + "/host")
    chat = page.frame_locator("iframe")
    expect(chat.locator("#send")).to_be_enabled()
    chat.locator("#text").fill(SAID)
    chat.locator("#send").click()
    expect(chat.locator("#log")).to_contain_text("Sent")
    return line


def test_in_a_frame_shift_three_times_leaves_with_the_whole_page(page: Page, demo_json: Facts) -> None:
    page.goto(demo_json["url"] + "/")
    framed(page, demo_json, "allow-scripts allow-same-origin allow-top-navigation-by-user-activation")
    for _ in range(3):
        page.keyboard.press("Shift")
    has_left(page)
    assert goes_back(page) == demo_json["url"] + "/"


def test_a_frame_that_may_not_leave_is_blank_for_good(page: Page, demo_json: Facts) -> None:
    page.goto(demo_json["url"] + "/")
    framed(page, demo_json, "allow-scripts allow-same-origin")
    page.frame_locator("iframe").locator("#leave").click()
    until(page, "frames[0].location.href === 'about:blank'")
    assert goes_back(page) == demo_json["url"] + "/"
    page.go_forward()
    expect(page.frame_locator("iframe").locator("body")).not_to_contain_text(SAID)
