"""The button on other websites and what is behind it: what it costs the page, who may read it, how it is used."""

import gzip
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.hosts import Manager, Websites, websites
from tests.browser.people import Facts, new_page

pytestmark = pytest.mark.browser

ADD = """([src, site]) => new Promise((done) => {
    const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(then)));
    const settled = (value) => painted(() => done(value()));
    if (!src) return settled(() => 0);
    let moved = 0;
    const seen = (list) => list.getEntries().forEach(({ value }) => (moved += value));
    new PerformanceObserver(seen).observe({ type: 'layout-shift', buffered: true });
    const script = Object.assign(document.createElement('script'), { src, async: true });
    script.dataset.site = site;
    script.onload = () => settled(() => moved);
    document.body.append(script);
})"""
"""Adds the script to the page, or nothing, and answers once the page was painted: how far anything in it moved."""

WIDGET = Path(__file__).parents[2] / "chatline" / "static" / "widget.js"


@pytest.fixture(scope="module")
def sites(browser: Browser, demo_json: Facts) -> Iterator[Websites]:
    with websites(browser, demo_json) as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser, 1280, 800)
    yield page
    page.context.close()


def launcher(page: Page, name: str = "Talk to someone") -> Locator:
    return page.get_by_role("button", name=name)


def opens(page: Page, address: str) -> FrameLocator:
    page.goto(address)
    launcher(page).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#minimise")).to_be_visible()
    return frame


# --- what it costs the page -----------------------------------------------------------------------------------


def test_the_script_is_at_most_three_kilobytes() -> None:
    size = len(gzip.compress(WIDGET.read_bytes()))
    print(f"\nwidget.js: {size} bytes gzipped")
    assert size <= 3_000


def test_nothing_is_loaded_and_nothing_kept_before_the_button_is_pressed(page: Page, sites: Websites) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{sites.origin}/snippet", wait_until="networkidle")
    expect(launcher(page)).to_be_visible()
    page.wait_for_timeout(500)
    assert [url for url in asked if url.startswith(sites.line)] == [f"{sites.line}/widget.js"]
    opens(page, f"{sites.origin}/snippet")
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_the_page_is_held_up_for_at_most_20_ms_and_nothing_moves(page: Page, sites: Websites) -> None:
    """Processor time of the page's main thread with the script, less the same without it; the middle of five."""
    costs, shifts = [], []
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return 1_000 * float(metrics["TaskDuration"])

    for _ in range(5):
        page.goto(f"{sites.origin}/other")
        page.evaluate(ADD, [None, None])
        bare = busy()
        page.evaluate(ADD, [None, None])
        idle = busy()
        shifts.append(page.evaluate(ADD, [f"{sites.line}/widget.js", sites.key]))
        costs.append(busy() - idle - (idle - bare))
        expect(launcher(page)).to_be_visible()
    print(f"\nmain thread: {statistics.median(costs):.1f} ms of {[round(one, 1) for one in costs]}")
    assert statistics.median(costs) <= 20
    assert shifts == [0] * 5


# --- who may read it -----------------------------------------------------------------------------------------


def test_the_page_around_can_neither_read_nor_touch_the_chat(page: Page, sites: Websites) -> None:
    opens(page, f"{sites.origin}/snippet")
    reading = """() => {
        const frame = document.querySelector('chatline-launcher').shadowRoot.querySelector('iframe');
        try { return frame.contentWindow.document.body.innerText } catch (error) { return error.name }
    }"""
    assert page.evaluate(reading) == "SecurityError"
    assert (
        page.evaluate(
            "document.querySelector('chatline-launcher').shadowRoot.querySelector('iframe').contentDocument"
        )
        is None
    )


def test_the_page_around_hears_that_something_is_unread_and_nothing_else(
    page: Page, browser: Browser, sites: Websites, demo_json: Facts
) -> None:
    page.add_init_script(
        "window.heard = []; addEventListener('message', ({data}) => heard.push(JSON.stringify(data)))"
    )
    frame = opens(page, f"{sites.origin}/snippet")
    frame.locator("#text").fill("a word for the frame alone")
    frame.locator("#send").click()
    expect(frame.locator("#log")).to_contain_text("Sent")
    launcher(page).click()
    frame.locator("html").evaluate("html => html.ownerDocument.dispatchEvent(new Event('chatline:heard'))")
    expect(page.get_by_role("status")).to_have_text("New message")
    launcher(page).click()
    expect(page.get_by_role("status")).to_have_text("")
    told = {
        json.dumps(one)
        for one in (
            {"chatline": "open"},
            {"chatline": "unread", "unread": 0},
            {"chatline": "unread", "unread": 1},
        )
    }
    heard = {json.dumps(json.loads(one)) for one in page.evaluate("heard")}
    assert heard == told


def test_a_stranger_in_between_cannot_steer_the_panel(page: Page, sites: Websites) -> None:
    opens(page, f"{sites.origin}/snippet")
    page.evaluate("postMessage({chatline: 'close'}, '*')")
    page.wait_for_timeout(200)
    expect(launcher(page)).to_have_attribute("aria-expanded", "true")


def test_a_page_of_an_origin_that_is_not_listed_cannot_frame_the_chat(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.stranger}/by-hand")
    page.wait_for_timeout(300)
    assert page.locator("iframe").element_handle().content_frame().url.startswith("chrome-error")  # type: ignore[union-attr]
    page.goto(f"{sites.stranger}/snippet")
    launcher(page).click()
    expect(page.get_by_text("The chat did not open here.")).to_be_visible()
    expect(page.get_by_role("link", name="Open it in its own window")).to_be_visible()


# --- how it is used -------------------------------------------------------------------------------------------


def test_the_button_is_reached_and_left_by_keyboard_alone(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.origin}/snippet")
    button = launcher(page)
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#title")).to_be_focused()
    frame.locator("#text").fill("not sent yet")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(frame.locator("#text")).to_be_focused()
    expect(frame.locator("#text")).to_have_value("not sent yet")


def test_the_button_names_what_it_opens_and_is_large_enough(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.origin}/snippet")
    box = launcher(page).bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 48
    assert launcher(page).evaluate(
        "button => button.getRootNode().getElementById(button.getAttribute('aria-controls')) !== null"
    )


@pytest.mark.parametrize(
    ("path", "name", "side"),
    [("/labelled", "Ask a nurse", "right"), ("/arabic", "تحدّث مع شخص ما", "left")],
)
def test_the_button_speaks_as_the_page_does(
    path: str, name: str, side: str, page: Page, sites: Websites
) -> None:
    page.goto(f"{sites.origin}{path}")
    box = launcher(page, name).bounding_box()
    assert box
    assert (box["x"] > 640) == (side == "right")


def test_a_script_that_is_there_twice_makes_one_button(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.origin}/twice", wait_until="networkidle")
    expect(launcher(page)).to_have_count(1)


def test_the_styles_of_the_page_do_not_reach_in(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.origin}/snippet")
    usual = launcher(page).bounding_box()
    page.goto(f"{sites.origin}/hostile")
    assert launcher(page).bounding_box() == usual


def test_a_strict_policy_of_the_page_lets_it_through(page: Page, sites: Websites) -> None:
    refused: list[str] = []
    page.on(
        "console", lambda told: refused.append(told.text) if "Content Security Policy" in told.text else None
    )
    frame = opens(page, f"{sites.origin}/strict")
    expect(frame.locator("#text")).to_be_visible()
    assert refused == []


def test_a_policy_without_our_frame_is_told_to_whoever_opens_the_chat(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.origin}/no-frames")
    launcher(page).click()
    link = page.get_by_role("link", name="Open it in its own window")
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("#text")).to_be_visible()
    assert opened.value.url == f"{sites.line}/chat/demo/"


@pytest.mark.parametrize(("width", "height"), [(390, 780), (320, 568)])
def test_on_a_phone_the_chat_fills_the_screen_and_can_be_hidden(
    width: int, height: int, browser: Browser, sites: Websites
) -> None:
    page = new_page(browser, width, height, touch=True)
    frame = opens(page, f"{sites.origin}/snippet")
    box = page.locator("iframe").bounding_box()
    assert box == {"x": 0, "y": 0, "width": width, "height": height}
    expect(launcher(page)).to_be_hidden()
    frame.locator("#minimise").click()
    expect(page.locator("iframe")).to_be_hidden()
    expect(launcher(page)).to_be_focused()
    page.context.close()


@pytest.mark.parametrize(
    "emulated", [{"forced_colors": "active"}, {"color_scheme": "dark"}, {"reduced_motion": "no-preference"}]
)
def test_the_button_and_the_panel_pass_in_every_dress(
    emulated: dict[str, Any], page: Page, sites: Websites
) -> None:
    page.emulate_media(**emulated)
    opens(page, f"{sites.origin}/snippet")
    page.wait_for_timeout(300)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    assert [one["id"] for one in found] == []


# --- a window of its own, and the end ---------------------------------------------------------------------------


def test_the_chat_goes_on_in_a_window_of_its_own(page: Page, sites: Websites) -> None:
    frame = opens(page, f"{sites.origin}/snippet")
    frame.locator("#text").fill("i said this in the frame")
    frame.locator("#send").click()
    expect(frame.locator("#log")).to_contain_text("Sent")
    frame.locator("#text").fill("and this is half written")
    frame.locator("#menu summary").click()
    with page.context.expect_page() as opened:
        frame.locator("#own-window").click()
    window = opened.value
    expect(window.locator("#log")).to_contain_text("i said this in the frame")
    expect(window.locator("#text")).to_have_value("and this is half written")
    assert window.evaluate("[location.pathname, history.length, opener]") == ["/chat/demo/", 1, None]
    expect(frame.get_by_text("Your chat is open in its own window.")).to_be_visible()
    expect(frame.locator("#leave")).to_be_visible()
    frame.get_by_role("button", name="Go on here").click()
    expect(frame.locator("#log")).to_contain_text("i said this in the frame")


def test_a_window_takes_no_chat_from_a_page_of_somebody_else(page: Page, sites: Websites) -> None:
    page.goto(f"{sites.origin}/other")
    page.context.add_init_script("if (location.pathname.endsWith('/window/')) setTimeout = () => 0")
    with page.context.expect_page() as opened:
        page.evaluate("address => { window.other = window.open(address) }", f"{sites.line}/chat/demo/window/")
    opened.value.wait_for_load_state()
    page.evaluate("other.postMessage({chat: {token: 'theirs'}}, '*')")
    opened.value.wait_for_timeout(300)
    assert opened.value.evaluate("sessionStorage.length") == 0
    assert opened.value.url.endswith("/window/")


def test_a_revoked_site_shows_no_chat_any_more_and_says_where_there_is_one(
    page: Page, browser: Browser, sites: Websites, demo_json: Facts
) -> None:
    manager = Manager(new_page(browser), demo_json)
    key = manager.adds("A site to revoke", sites.origin)
    chatting = page.context.new_page()
    chatting.goto(f"{sites.origin}/by-hand?{sites.line}/embed/{key}/")
    open_chat = chatting.frame_locator("iframe")
    open_chat.locator("#text").fill("hello")
    open_chat.locator("#send").click()
    expect(open_chat.locator("#log")).to_contain_text("Sent")
    manager.page.get_by_role("link", name="Revoke this website").click()
    manager.page.get_by_role("button", name="Yes, revoke it").click()
    page.goto(f"{sites.origin}/by-hand?{sites.line}/embed/{key}/")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading")).to_have_text("The chat is not offered here")
    expect(open_chat.get_by_text("The chat has left this website")).to_be_visible(timeout=20_000)
    frame.get_by_role("link", name="Open the chat on our own page").click()
    expect(page.locator("#text")).to_be_visible()
    manager.page.get_by_role("button", name="Allow it again").click()
    page.go_back()
    expect(frame.locator("#text")).to_be_visible()
    manager.page.context.close()
