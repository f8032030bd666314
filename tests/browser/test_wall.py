"""A screen on the wall in a browser: fresh by itself, honest when it cannot be asked, blank when it is revoked."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import people
from tests.browser.people import Facts, new_page

pytestmark = pytest.mark.browser

NOW = "**/wall/*/now/"
BIG = (1920, 1080)


def make(page: Page, facts: Facts) -> str:
    """The address of a wall that hangs from now on."""
    people.sign_in(page, facts, "alex", "walls")
    page.get_by_label("Name").fill("Office")
    page.get_by_role("button", name="Make it").click()
    return page.get_by_label("Address of the wall").input_value()


@pytest.fixture(scope="module")
def address(browser: Browser, demo_json: Facts) -> str:
    page = new_page(browser)
    made = make(page, demo_json)
    page.context.close()
    return made


def shown(browser: Browser, address: str) -> Page:
    """The screen: signed in as nobody. Its clock is the test's."""
    page = new_page(browser, *BIG)
    page.clock.install()
    page.goto(address)
    return page


@pytest.fixture
def wall(browser: Browser, address: str) -> Iterator[Page]:
    page = shown(browser, address)
    yield page
    page.context.close()


def figure(wall: Page, name: str) -> Any:
    return wall.locator(f"[data-figure={name}]")


def a_while(wall: Page) -> None:
    """One refresh, and time for its answer."""
    wall.clock.run_for(5_100)


def test_somebody_who_waits_is_on_the_wall_at_the_next_refresh(
    wall: Page, browser: Browser, demo_json: Facts
) -> None:
    before = int(figure(wall, "waiting").inner_text())
    visitor = new_page(browser)
    chatting = people.chat(visitor, demo_json)
    chatting.says("hello")
    expect(chatting.log).to_contain_text("Sent")
    a_while(wall)
    expect(figure(wall, "waiting")).to_have_text(str(before + 1))
    visitor.context.close()


def test_a_wall_that_cannot_be_asked_says_since_when_and_is_fresh_again_by_itself(wall: Page) -> None:
    expect(wall.locator("#updated")).to_be_visible()
    since = wall.locator("#updated [data-at]").inner_text()
    wall.route(NOW, lambda route: route.abort())
    a_while(wall)
    expect(wall.locator("#stale")).to_have_text(f"Not updated since {since}")
    expect(wall.locator("#updated")).to_be_hidden()
    expect(wall.locator("#light")).to_be_hidden()
    wall.unroute(NOW)
    a_while(wall)
    expect(wall.locator("#updated")).to_be_visible()
    expect(wall.locator("#stale")).to_be_hidden()


def test_an_error_of_the_server_is_no_revocation(wall: Page) -> None:
    wall.route(NOW, lambda route: route.fulfill(status=503))
    a_while(wall)
    expect(wall.locator("#stale")).to_be_visible()
    expect(figure(wall, "waiting")).to_be_visible()


def test_what_is_wrong_stands_on_it_in_words(wall: Page) -> None:
    def wrong(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json={**told, "light": "bad", "words": ["Nobody is here."], "grave": ["unanswered"]})

    wall.route(NOW, wrong)
    a_while(wall)
    expect(wall.locator("#light")).to_have_text("Nobody is here.")
    expect(wall.locator(".grave [data-figure=unanswered]")).to_have_count(1)


def test_a_revoked_wall_is_blank_at_the_next_refresh_and_stays_so(browser: Browser, demo_json: Facts) -> None:
    office = new_page(browser)
    wall = shown(browser, make(office, demo_json))
    expect(figure(wall, "waiting")).to_be_visible()
    office.get_by_role("link", name="All walls").click()
    office.get_by_role("link", name="Revoke Office").first.click()
    office.get_by_role("button", name="Yes, revoke it").click()
    expect(office.get_by_role("heading", name="Screens on the wall")).to_be_visible()
    a_while(wall)
    expect(wall.locator("body")).to_be_empty()
    a_while(wall)
    expect(wall.locator("body")).to_be_empty()
    for page in (wall, office):
        page.context.close()


def test_nothing_on_it_is_announced_or_moves(wall: Page) -> None:
    assert wall.locator("[aria-live], [role=status], [role=alert], [role=log]").count() == 0
    assert wall.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize(("width", "height"), [BIG, (1280, 720), (3840, 2160)])
def test_it_fits_its_screen_and_its_digits_are_seen_from_four_metres(
    width: int, height: int, wall: Page
) -> None:
    """A digit of a twentieth of the height has 25 mm on a screen of 40 inches: 21 minutes of arc at four metres."""
    wall.set_viewport_size({"width": width, "height": height})
    assert wall.evaluate("document.documentElement.scrollHeight") <= height
    assert wall.evaluate("document.documentElement.scrollWidth") <= width
    sizes = wall.evaluate(
        "[...document.querySelectorAll('dd')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) * 0.7 >= height / 20


def test_without_scripts_it_refreshes_by_itself(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    with page.expect_navigation(timeout=9_000):
        pass
    expect(page.get_by_role("heading", name="Demo line")).to_be_visible()
    context.close()
