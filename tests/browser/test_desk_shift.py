"""Before, during and after a volunteer's shift: what is looked at first, and what stays with them."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import checks, people
from tests.browser.people import Desk, Facts, new_page, until
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser


@pytest.fixture
def wire(page: Page, demo_json: Facts) -> Wire:
    """At Robin's desk, off shift."""
    wire = Wire(page)
    people.desk(page, demo_json, "robin")
    goes_off(page)
    return wire


def goes_off(page: Page) -> None:
    until(page, "!document.querySelector('#start').hidden || !document.querySelector('#presence').hidden")
    if page.locator("#end-shift").is_visible():
        page.locator("#end-shift").click()
    expect(page.locator("#start")).to_be_visible()


def test_a_shift_begins_with_a_short_look_by_keyboard_alone(page: Page, wire: Wire) -> None:
    expect(page.locator("#connection")).to_have_text("Connected, and quick.")
    expect(page.locator("#supervising")).to_contain_text("No supervisor is here now.")
    expect(page.locator("#presence")).to_be_hidden()
    page.locator("#try-sound").focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        assert checks.stop(page) == []
        if page.evaluate("document.activeElement.name === 'seats'"):
            break
    expect(page.get_by_role("radio", name="2")).to_be_checked()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_have_text("Your shift has begun.")
    expect(page.locator("#take")).to_be_focused()
    expect(page.locator("#ready")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#seats")).to_have_value("3")


def test_how_somebody_is_today_never_leaves_the_page(page: Page, wire: Wire) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sent = len(wire.sent)
    page.get_by_role("radio", name="Low").check()
    expect(page.locator("#advice")).to_contain_text("tell a supervisor first")
    page.get_by_role("button", name="One person at a time").click()
    expect(page.get_by_role("radio", name="1")).to_be_checked()
    page.get_by_role("button", name="Start my shift").click()
    expect(page.locator("#start")).to_be_hidden()
    frames = [frame for frame in wire.sent[sent:] if frame["type"] != "hello"]
    assert frames == [{"type": "begin"}, {"type": "ready", "on": True, "seats": 1}]
    assert asked == []
    assert page.evaluate(
        "[sessionStorage.length, document.querySelectorAll('[name=today]:checked').length]"
    ) == [
        0,
        0,
    ]
    assert "low" not in json.dumps(page.evaluate("({...localStorage})"))


def test_who_supervises_is_named_as_soon_as_they_are_here(
    page: Page, browser: Browser, wire: Wire, demo_json: Facts
) -> None:
    supervisor = new_page(browser)
    people.sign_in(supervisor, demo_json, "alex", "supervise")
    expect(page.locator("#supervising")).to_have_text("Alex is here. Ask at any time.")
    supervisor.context.close()


def test_the_three_sounds_are_played_and_confirmed(page: Page, wire: Wire) -> None:
    page.locator("#try-sound").click()
    expect(page.locator("#sound-tried")).to_contain_text("One low tone")
    page.get_by_role("button", name="I heard them").click()
    expect(page.locator("#sound-tried")).to_have_text("Sound works.")
    expect(page.locator("#try-sound")).to_be_focused()
    page.locator("#try-sound").click()
    page.get_by_role("button", name="Stay silent").click()
    expect(page.locator("#sound")).to_have_attribute("aria-checked", "false")
    page.reload()
    expect(page.locator("#sound")).to_have_attribute("aria-checked", "false")


def test_a_shift_ends_once_nobody_is_held(page: Page, wire: Wire) -> None:
    Desk(page).begins()
    conversation = wire.holds([{"from": "visitor", "text": "hello"}])
    expect(page.locator(".pane")).to_be_visible()
    page.locator("#end-shift").click()
    expect(page.locator("#told")).to_contain_text("You get nobody new.")
    expect(page.locator("#ready")).to_have_attribute("aria-checked", "false")
    assert {"type": "begin", "on": False} not in wire.sent
    wire.lets_go(conversation)
    expect(page.locator(".pane")).to_have_count(0)
    page.locator("#end-shift").click()
    expect(page.locator("#told")).to_have_text("Your shift is over. Thank you for being there.")
    expect(page.locator("#start-title")).to_be_focused()


def test_whoever_holds_somebody_is_never_kept_from_them_by_the_look(page: Page, wire: Wire) -> None:
    wire.holds([{"from": "visitor", "text": "are you still there"}])
    expect(page.locator(".pane")).to_contain_text("are you still there")
    expect(page.locator("#start")).to_be_hidden()
