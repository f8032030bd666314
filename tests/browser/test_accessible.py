"""WCAG 2.2 AA on every page, in both themes and at both widths, as far as axe can tell. A new page joins `PAGES`;
the states of the visitor's page are in `test_every_state.py`."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.checks import violations
from tests.browser.people import Facts, answers, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

WIDTHS = {"phone": (390, 780), "desk": (1440, 900)}


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


def plain_before(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/t/demo/")


def plain_waiting(page: Page, facts: Facts) -> None:
    plain_before(page, facts)
    page.fill("#text", "hello")
    page.get_by_role("button", name="Send").click()
    expect(page.frame_locator("iframe").get_by_text("hello")).to_be_visible()
    page.get_by_text("More", exact=True).click()


def plain_frame(page: Page, facts: Facts) -> None:
    """What the page above shows in its frame, as axe does not look into one."""
    plain_waiting(page, facts)
    page.goto(page.locator("iframe").evaluate("frame => frame.src"))


def plain_over(page: Page, facts: Facts) -> None:
    plain_waiting(page, facts)
    page.get_by_role("button", name="End this chat").click()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Erase what I said").click()


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


def websites(page: Page, facts: Facts) -> None:
    people.sign_in(page, facts, "maria", "manage")


def website(page: Page, facts: Facts) -> None:
    """With a test to take and findings to read."""
    websites(page, facts)
    page.get_by_role("link", name="The other website").click()
    page.get_by_role("button", name="Give me a test").click()
    page.get_by_label("HTML of your page").fill("<p>nothing</p>")
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator(".findings li")).to_have_count(1)


def revoking(page: Page, facts: Facts) -> None:
    websites(page, facts)
    page.get_by_role("link", name="The other website").click()
    page.get_by_role("link", name="Revoke this website").click()


def not_offered(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/embed/nobody/")


def embed_test(page: Page, facts: Facts) -> None:
    websites(page, facts)
    page.get_by_role("link", name="The other website").click()
    page.get_by_label("Address of your page").fill(facts["pages"]["site"])
    page.get_by_role("button", name="Give me a test").click()
    page.goto(page.get_by_role("link", name="Open my page with the test").get_attribute("href") or "")
    expect(page.frame_locator("iframe").get_by_role("button", name="Try to leave")).to_be_visible()


PAGES: dict[str, Callable[[Page, Facts], None]] = {
    "home": home,
    "sign in": sign_in,
    "chat, before": chat_before,
    "chat, waiting": chat_waiting,
    "plain, before": plain_before,
    "plain, waiting": plain_waiting,
    "plain, its frame": plain_frame,
    "plain, over": plain_over,
    "another website": other_site,
    "phones": phones,
    "desk, empty": empty_desk,
    "desk, busy": busy_desk,
    "desk, texting": texting_desk,
    "supervise": supervising,
    "websites": websites,
    "a website": website,
    "revoking": revoking,
    "chat, not offered": not_offered,
    "test of a page": embed_test,
}


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
