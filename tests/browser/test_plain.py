"""The chat without JavaScript, in a browser that runs none."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect

from tests import servers
from tests.browser import people
from tests.browser.people import Facts, answers, new_page
from tests.chromium import ARGUMENTS

pytestmark = pytest.mark.browser

EXIT = "https://www.wikipedia.org/"
REFRESHED = 17_000
"""Milliseconds after which the frame has looked by itself."""


def without_scripts(browser: Browser) -> BrowserContext:
    """The site to which people leave answers, which it could not here."""
    context = browser.new_context(
        viewport={"width": 390, "height": 780}, locale="en-GB", java_script_enabled=False
    )
    context.set_default_timeout(10_000)
    context.route(f"{EXIT}**", lambda route: weather(route))
    return context


def weather(route: Route) -> None:
    route.fulfill(content_type="text/html", body="<title>Weather</title>Light rain.")


@pytest.fixture
def plain(browser: Browser, demo_json: Facts) -> Iterator[Page]:
    context = without_scripts(browser)
    page = context.new_page()
    page.goto(f"{demo_json['url']}/t/demo/")
    yield page
    context.close()


def says(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.get_by_role("button", name="Send").click()


def log(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def steps(page: Page) -> list[dict[str, Any]]:
    """What "Back" and "Forward" lead to, and the history shows."""
    session = page.context.new_cdp_session(page)
    return list(session.send("Page.getNavigationHistory")["entries"])[1:]


def test_both_sides_talk_and_the_frame_eats_nothing_and_leaves_nothing(
    browser: Browser, plain: Page, demo_json: Facts
) -> None:
    says(plain, "i write from an old phone")
    expect(log(plain).get_by_text("i write from an old phone")).to_be_visible()
    desk = people.desk(new_page(browser), demo_json)
    desk.goes_ready()
    pane = desk.takes("i write from an old phone")
    answers(pane, "I am here with you.")
    plain.fill("#text", "half a sentence")
    expect(log(plain).get_by_text("I am here with you.")).to_be_visible(timeout=REFRESHED)
    expect(log(plain).get_by_text("Sam is here with you.")).to_be_visible()
    expect(plain.locator("#text")).to_have_value("half a sentence")
    plain.get_by_role("button", name="Look for new messages").click()
    expect(plain.locator("#text")).to_have_value("half a sentence")
    plain.get_by_role("button", name="Send").click()
    expect(pane).to_contain_text("half a sentence")
    assert {(urlsplit(one["url"]).path, urlsplit(one["url"]).query) for one in steps(plain)} == {
        ("/t/demo/", "")
    }
    assert {one["title"] for one in steps(plain)} == {"Chat"}
    assert len(steps(plain)) == 4
    plain.get_by_role("button", name="Leave now").click()
    plain.wait_for_url(EXIT)
    expect(pane.locator("[data-part=left-fast]")).to_be_visible()
    desk.page.context.close()


def test_two_quick_taps_on_send_store_it_once(plain: Page) -> None:
    plain.fill("#text", "sent with a shaking hand")
    plain.get_by_role("button", name="Send").dblclick()
    expect(log(plain).get_by_text("sent with a shaking hand")).to_have_count(1)
    plain.get_by_role("button", name="Look for new messages").click()
    expect(log(plain).get_by_text("sent with a shaking hand")).to_have_count(1)


def test_the_whole_way_goes_by_keyboard(plain: Page) -> None:
    plain.keyboard.press("Tab")
    expect(plain.get_by_role("button", name="Leave now")).to_be_focused()
    plain.keyboard.press("Tab")
    plain.keyboard.type("typed and sent")
    plain.keyboard.press("Tab")
    plain.keyboard.press("Enter")
    expect(log(plain).get_by_text("typed and sent")).to_be_visible()


def test_who_switched_scripts_off_is_led_here_from_the_other_page(
    browser: Browser, demo_json: Facts, tmp_path: Path
) -> None:
    """Switched off as people do it: otherwise Chromium does not read what is meant for whoever has none."""
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    settings.write_text('{"profile": {"default_content_setting_values": {"javascript": 2}}}')
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path="/usr/bin/chromium", args=ARGUMENTS, locale="en-GB"
    )
    page = context.new_page()
    page.goto(demo_json["pages"]["chat"])
    # Playwright looks for texts and roles everywhere but here.
    expect(page.locator("noscript p")).to_contain_text("Or send a text to 57230.")
    page.locator("noscript a").click()
    page.wait_for_url("**/t/demo/")
    says(page, "no scripts here")
    expect(log(page).get_by_text("no scripts here")).to_be_visible()
    context.close()


@pytest.fixture
def keeping(browser: Browser) -> Iterator[Browser]:
    """A browser that keeps pages whole for "Back", as those of people do; Playwright's does not by itself."""
    running = browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield running
    running.close()


@pytest.fixture
def line_that_leads_here(demo: servers.Process) -> Iterator[str]:
    """Its address to leave to is a real one: a browser keeps nothing for "Back" beside one that is made up."""
    weather = HTTPServer(("127.0.0.1", 0), Weather)
    threading.Thread(target=weather.serve_forever, daemon=True).start()
    where = f"http://127.0.0.1:{weather.server_port}/"
    code = (
        "from chatline.lines.actions import add_line;"
        f"add_line('A line', slug='leads-here', languages=['en'], exit_url={where!r})"
    )
    servers.run("shell", "-c", code, environment={**demo.environment, "CHATLINE_DEMO": "1"})
    yield f"{demo.url}/t/leads-here/"
    weather.shutdown()
    weather.server_close()


class Weather(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Weather</title>Light rain.")

    def log_message(self, *args: Any) -> None:
        pass


def test_back_after_leaving_shows_no_words(keeping: Browser, line_that_leads_here: str) -> None:
    for said in (False, True):
        page = keeping.new_page(java_script_enabled=False)
        page.goto(line_that_leads_here)
        if said:
            says(page, "my secret")
            expect(log(page).get_by_text("my secret")).to_be_visible()
        page.fill("#text", "half a secret")
        page.get_by_role("button", name="Leave now").click()
        expect(page.get_by_text("Light rain.")).to_be_visible()
        assert "secret" not in shown_by_going_back(page)
        page.context.close()


def shown_by_going_back(page: Page) -> str:
    """Everything that is on the page to which one step back leads, in boxes too."""
    session = page.context.new_cdp_session(page)
    entries = session.send("Page.getNavigationHistory")
    session.send(
        "Page.navigateToHistoryEntry",
        {"entryId": entries["entries"][entries["currentIndex"] - 1]["id"]},
    )
    page.wait_for_timeout(1_000)
    boxes = [box.input_value() for box in page.locator("textarea").all()]
    return "\n".join([frame.content() for frame in page.frames] + boxes)
