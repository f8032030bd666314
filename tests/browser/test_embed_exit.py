"""Leaving fast from other websites: nothing brings the chat back, and a page that would hold people is not verified."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.hosts import Manager, Websites, websites
from tests.browser.people import Chatting, Facts, new_page

pytestmark = pytest.mark.browser

WORDS = "he is at the door now"
FREE = ["/snippet", "/by-hand", "/no-sandbox", "/inside", "/strict"]
HELD = ["/fenced", "/inside-fenced"]
BY_HAND = ["/by-hand", "/no-sandbox", "/fenced"]


@pytest.fixture(scope="module")
def sites(browser: Browser, demo_json: Facts) -> Iterator[Websites]:
    with websites(browser, demo_json) as served:
        yield served


@pytest.fixture(scope="module")
def maria(browser: Browser, demo_json: Facts, sites: Websites) -> Iterator[Manager]:
    manager = Manager(new_page(browser), demo_json)
    yield manager
    manager.page.context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser)
    page.context.route("**/www.wikipedia.org/**", lambda route: route.fulfill(body="safe"))
    yield page
    page.context.close()


def opened(page: Page, path: str) -> FrameLocator:
    """The frame of the chat on this page; where there is a button for it, that is pressed."""
    around: Page | FrameLocator = page.frame_locator("iframe") if path.startswith("/inside") else page
    if path in {"/snippet", "/strict", "/inside", "/inside-fenced"}:
        around.get_by_role("button", name="Talk to someone").click()
    return around.frame_locator("iframe")


def chats(page: Page, sites: Websites, path: str) -> Chatting:
    page.goto(f"{sites.origin}/before")
    page.goto(f"{sites.origin}{path}")
    visitor = Chatting(page, opened(page, path))
    visitor.says(WORDS)
    expect(visitor.log).to_contain_text("Sent")
    return visitor


def leaves(visitor: Chatting, how: str) -> None:
    if how == "button":
        visitor.root.locator("#leave").click()
    else:
        visitor.root.locator("#text").focus()
        for _ in range(3):
            visitor.page.keyboard.press("Shift")


def shown(page: Page) -> str:
    """All that stands on the page and in its frames, whatever is in them by now."""
    return " ".join(frame.locator("body").inner_text() for frame in page.frames)


@pytest.mark.parametrize("how", ["button", "Shift three times"])
@pytest.mark.parametrize("path", FREE)
def test_leaving_goes_away_with_the_whole_page_and_back_never_shows_the_chat(
    path: str, how: str, page: Page, sites: Websites
) -> None:
    leaves(chats(page, sites, path), how)
    page.wait_for_url("**wikipedia**")
    page.go_back()
    assert page.url == f"{sites.origin}/before"
    page.go_forward()
    page.wait_for_url("**wikipedia**")
    page.goto(f"{sites.origin}{path}")
    expect(opened(page, path).locator("#text")).to_be_visible()
    assert WORDS not in shown(page)


@pytest.mark.parametrize("how", ["button", "Shift three times"])
@pytest.mark.parametrize("path", HELD)
def test_where_the_page_is_held_the_frame_is_blank_for_good(
    path: str, how: str, page: Page, sites: Websites
) -> None:
    visitor = chats(page, sites, path)
    leaves(visitor, how)
    page.wait_for_timeout(800)
    assert page.url == f"{sites.origin}{path}"
    assert WORDS not in shown(page)
    page.go_back()
    page.go_forward()
    page.wait_for_timeout(800)
    assert WORDS not in shown(page)


@pytest.mark.parametrize("path", FREE + HELD)
def test_the_test_of_a_page_passes_only_where_leaving_works(
    path: str, page: Page, sites: Websites, maria: Manager
) -> None:
    maria.goes_to("A website")
    link, frame = maria.asks_for_a_test(f"{sites.origin}{path}")
    fragment = link.partition("#")[2]
    page.goto(
        link
        if path in {"/snippet", "/strict"}
        else f"{sites.origin}{path}?{frame if path in BY_HAND else fragment}"
    )
    around: Page | FrameLocator = page.frame_locator("iframe") if path.startswith("/inside") else page
    test = around.frame_locator("iframe")
    test.get_by_role("button", name="Try to leave").click()
    held, told = path in HELD, test.locator("section:visible")
    expect(told).to_contain_text("Leaving does not work." if held else "Leaving works.")
    if held:
        expect(told).to_contain_text("allow-top-navigation-by-user-activation")
    assert page.url.startswith(sites.origin)
    expect(around.get_by_text("The chat did not open here.")).to_have_count(0)
    maria.goes_to("A website")
    expect(maria.page.locator(".state").first).to_contain_text(
        "Not tested" if held else f"Leaving worked on {sites.origin}"
    )
