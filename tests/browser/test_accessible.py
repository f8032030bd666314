"""WCAG 2.2 AA on every page, in both themes and at both widths, as far as axe can tell. A new page joins `PAGES`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import servers
from tests.browser import people
from tests.browser.people import Facts, answers, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
WIDTHS = {"phone": (390, 780), "desk": (1440, 900)}


@pytest.fixture(scope="module")
def demo_json(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """A line of its own: the people who wait on these pages are in nobody's way."""
    with servers.demo(tmp_path_factory.mktemp("pages")) as line:
        line.wait_until_healthy()
        yield json.loads(Path(line.environment["CHATLINE_DATA"], "demo.json").read_text())


def home(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/")


def sign_in(page: Page, facts: Facts) -> None:
    page.goto(facts["pages"]["desk"])


def chat_before(page: Page, facts: Facts) -> None:
    people.chat(page, facts)


def chat_waiting(page: Page, facts: Facts) -> None:
    visitor = people.chat(page, facts)
    visitor.says("hello")
    expect(visitor.log).to_contain_text("Sent")


def other_site(page: Page, facts: Facts) -> None:
    people.chat_elsewhere(page, facts)


def phones(page: Page, facts: Facts) -> None:
    texter = people.phone(page, facts, 0)
    texter.sends("good evening")
    expect(texter.phone).to_contain_text("Delivered")


def empty_desk(page: Page, facts: Facts) -> None:
    people.desk(page, facts, "robin")


def busy_desk(page: Page, facts: Facts) -> None:
    desk = people.desk(page, facts, "robin")
    desk.goes_ready()
    if not page.locator(".pane:visible").count():
        answers(desk.takes_next(), "Hello, I am Robin.")
    expect(page.locator(".pane:visible").first).to_be_visible()


def texting_desk(page: Page, facts: Facts) -> None:
    """Every mark, notice and kind of picture that a conversation by text can show."""
    wire = Wire(page)
    people.desk(page, facts, "sam")
    kinds = ["image/png", "audio/ogg", "video/mp4", "text/vcard"]
    states = [(kind, state) for kind in kinds for state in ("kept", "waiting", "lost")]
    fates: list[dict[str, Any]] = [
        {"delivery": "undelivered", "fault": "phone_off", "resend": True},
        {"delivery": "unknown", "resend": True},
        {"delivery": "unknown"},
        {"delivery": "delivered"},
        {"delivery": "ready"},
    ]
    media = [{"id": str(n), "kind": kind, "state": state} for n, (kind, state) in enumerate(states)]
    wire.holds([{"from": "visitor", "media": media}, *fates], erase_asked=True, reachable=False)
    box = page.locator(".pane [data-part=text]")
    box.fill("“Special” characters… " * 5)
    expect(page.locator(".pane [data-part=plain]")).to_be_visible()
    expect(page.get_by_role("button", name="Send again").first).to_be_visible()


def supervising(page: Page, facts: Facts) -> None:
    visitor = new_page(page.context.browser)  # type: ignore[arg-type]  # every page here has a browser
    people.chat(visitor, facts).says("im going to kill myself tonight")
    people.sign_in(page, facts, "alex", "supervise")
    expect(page.locator("li.flag").first).to_be_visible()
    visitor.context.close()


PAGES: dict[str, Callable[[Page, Facts], None]] = {
    "home": home,
    "sign in": sign_in,
    "chat, before": chat_before,
    "chat, waiting": chat_waiting,
    "another website": other_site,
    "phones": phones,
    "desk, empty": empty_desk,
    "desk, busy": busy_desk,
    "desk, texting": texting_desk,
    "supervise": supervising,
}


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['help']} ({one['nodes'][0]['target']})" for one in found]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation(
    name: str, scheme: str, width: str, browser: Browser, demo_json: Facts
) -> None:
    page = new_page(browser, *WIDTHS[width], scheme)
    PAGES[name](page, demo_json)
    assert violations(page) == []
    page.context.close()


def test_the_check_finds_what_is_wrong(browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser)
    home(page, demo_json)
    page.evaluate("document.body.append(document.createElement('button'))")
    assert violations(page)
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_narrow_phone(name: str, browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser, 320, 568)
    PAGES[name](page, demo_json)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()
