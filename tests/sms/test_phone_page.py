"""The phones as a person sees them, in a real browser against the running demonstration."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def phones(page: Page, demo_json: dict[str, Any]) -> Page:
    page.goto(demo_json["pages"]["phone"])
    expect(page.get_by_role("button", name="Send").first).to_be_visible()
    return page


def test_a_text_gets_its_ticks_and_an_answer_comes_back(phones: Page) -> None:
    # The walks of `tests/browser` text from the other two.
    third = phones.locator(".phone").nth(2)
    third.get_by_role("textbox").fill("hi, is anyone there?")
    third.get_by_role("button", name="Send").click()
    expect(third.locator(".mine").last).to_contain_text("Delivered")
    expect(third.locator(".theirs").last).to_contain_text("You are not alone", ignore_case=True)


def test_a_text_that_did_not_leave_is_back_in_the_box(phones: Page, complaints: list[str]) -> None:
    phones.route("**/demo/phone/send", lambda route: route.abort())
    box = phones.get_by_role("textbox").first
    box.fill("hello")
    box.press("Enter")
    expect(phones.get_by_role("alert")).to_contain_text("back in the box")
    expect(box).to_have_value("hello")
    complaints.clear()  # the browser reports the request that this test broke


def test_on_a_narrow_screen_one_phone_is_shown_at_a_time(phones: Page) -> None:
    phones.set_viewport_size({"width": 320, "height": 640})
    phones.get_by_role("button", name="Phone 2").click()
    expect(phones.locator(".phone:visible")).to_have_count(1)
    expect(phones.locator(".phone:visible")).to_contain_text("+1 202 555 0102")


def test_nothing_is_wider_than_a_narrow_screen(phones: Page) -> None:
    phones.set_viewport_size({"width": 320, "height": 640})
    assert phones.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(phones: Page, scheme: Any, width: int) -> None:
    phones.emulate_media(color_scheme=scheme)
    phones.set_viewport_size({"width": width, "height": 800})
    found = Axe().run(phones).response["violations"]
    assert [one["id"] for one in found] == []
