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


def test_a_picture_goes_along_with_a_text(phones: Page) -> None:
    second = phones.locator(".phone").nth(1)
    second.locator("summary").click()
    second.get_by_role("button", name="A small picture").click()
    second.get_by_role("textbox").fill("this is where i am")
    second.get_by_role("button", name="Send").click()
    sent = second.locator(".mine").last
    expect(sent).to_contain_text("Delivered")
    assert sent.get_by_role("img", name="A picture").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )


def test_a_file_that_is_too_large_is_not_taken(phones: Page) -> None:
    first = phones.locator(".phone").first
    large = {"name": "large.png", "mimeType": "image/png", "buffer": bytes(500_001)}
    first.locator("input[type=file]").set_input_files(large)  # type: ignore[arg-type]  # its types name no dict
    expect(phones.get_by_role("alert")).to_contain_text("more than 500 kB")
    expect(first.locator(".with-picture")).to_be_hidden()


def test_a_phone_is_switched_off_and_on_again(phones: Page) -> None:
    first = phones.locator(".phone").first
    power = first.get_by_role("switch")
    power.click()
    expect(first).to_contain_text("This phone is off.")
    expect(first.get_by_role("textbox")).to_be_hidden()
    power.click()
    expect(first.get_by_role("textbox")).to_be_visible()


def test_who_told_the_line_to_stop_is_marked_until_they_start_again(phones: Page) -> None:
    second = phones.locator(".phone").nth(1)
    mark = second.get_by_text("Opted out")
    for word, visible in (("STOP", True), ("START", False)):
        second.get_by_role("textbox").fill(word)
        second.get_by_role("button", name="Send").click()
        expect(mark).to_be_visible(visible=visible)


def sums(phones: Page) -> dict[str, int]:
    """The ledger once nothing is under way any more: what it says has not changed for two seconds."""
    seen: dict[str, int] = {}
    for _ in range(15):
        before, seen = (
            seen,
            {
                one.get_attribute("data-sum") or "": int(one.inner_text())
                for one in phones.locator("[data-sum]").all()
            },
        )
        if seen == before:
            return seen
        phones.wait_for_timeout(2_000)
    raise AssertionError(f"the ledger does not come to rest: {seen}")


def test_a_text_that_was_made_to_fail_is_in_no_screen_and_in_the_sums(phones: Page) -> None:
    before = sums(phones)
    phones.get_by_text("Make it fail").click()
    phones.get_by_label("What goes wrong").select_option("Not delivered: filtered as spam")
    phones.get_by_role("button", name="Let it fail").click()
    expect(phones.get_by_role("status")).to_contain_text("1 texts of the line")
    third = phones.locator(".phone").nth(2)
    third.get_by_role("textbox").fill("HELP")
    third.get_by_role("button", name="Send").click()
    expect(phones.locator("[data-sum=accepted]")).not_to_have_text(str(before["accepted"]))
    after = sums(phones)
    more = {name: after[name] - before[name] for name in after}
    assert (more["delivered"], more["doubled"]) == (more["accepted"] - 1, 0)


def test_what_was_to_fail_goes_well_again_when_asked(phones: Page) -> None:
    phones.get_by_text("Make it fail").click()
    phones.get_by_label("What goes wrong").select_option("The provider is down")
    phones.get_by_label("For the next texts").fill("3")
    phones.get_by_role("button", name="Let it fail").click()
    expect(phones.get_by_role("status")).to_contain_text("3 texts of the line")
    phones.get_by_role("button", name="Let all go well").click()
    expect(phones.get_by_role("status")).to_contain_text("Nothing is about to fail.")


def test_nothing_is_wider_than_a_narrow_screen(phones: Page) -> None:
    phones.set_viewport_size({"width": 320, "height": 640})
    assert phones.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(phones: Page, scheme: Any, width: int) -> None:
    phones.emulate_media(color_scheme=scheme)
    phones.get_by_text("Make it fail").click()
    phones.locator(".phone").first.locator("summary").click()
    phones.set_viewport_size({"width": width, "height": 800})
    found = Axe().run(phones).response["violations"]
    assert [one["id"] for one in found] == []
