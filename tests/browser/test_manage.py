"""The manager's pages: a new line from nothing to its first answer without scripts, and what axe says of each."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers
from tests.browser.checks import violations
from tests.browser.managed import MANAGED
from tests.browser.pages import WIDTHS
from tests.browser.people import Facts, new_page, sign_in, until
from tests.browser.test_plain import says, without_scripts
from tests.browser.volunteer import Volunteer

pytestmark = pytest.mark.browser

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
PASSWORD = "a long phrase of their own"


def run(demo: servers.Process, *words: str) -> str:
    return servers.run(*words, environment={**demo.environment, "CHATLINE_DEMO": "1"})


def signs_in_by(page: Page, link: str) -> None:
    page.goto(link)
    for name in ("new_password1", "new_password2"):
        page.fill(f"[name={name}]", PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()


def opens(page: Page, section: str) -> None:
    page.get_by_role("main").get_by_role("link", name=section, exact=True).click()


def saves(page: Page, button: str = "Save") -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("status", name="Saved")).to_contain_text("What changed:")


def invites(page: Page, name: str, role: str) -> str:
    page.locator("#id_name").fill(name)
    page.locator("#id_username").fill(name.lower())
    page.locator("#id_role").select_option(role)
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_label(f"A link for {name}").locator("textarea").input_value()


def test_a_line_is_set_up_tried_and_opened_without_any_script(
    browser: Browser, demo: servers.Process, demo_json: Facts
) -> None:
    told = run(demo, "addline", "Harbor line", "--language", "en", "--language", "es")
    code = re.search(r"try \d+", told)
    assert code
    link = run(demo, "addstaff", "kim", "--role", "manager", "--line", "harbor-line").split()[-1]
    kim, visitor = without_scripts(browser).new_page(), without_scripts(browser).new_page()

    signs_in_by(kim, link.replace("http://127.0.0.1:8000", demo.url))
    expect(kim.get_by_role("heading", name="Your lines")).to_be_visible()
    opens(kim, "Harbor line")
    home = kim.url
    expect(kim.get_by_text("Not open yet")).to_be_visible()

    opens(kim, "Name and pages")
    kim.get_by_label("Other ways to get help").fill("Call or text 988.")
    saves(kim)
    kim.goto(home)
    opens(kim, "Hours")
    kim.get_by_label("Time zone").select_option("America/New_York")
    kim.get_by_label("Always open").uncheck()
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        kim.get_by_label(day).fill("0-24")
    kim.get_by_label("Holidays").fill("2020-12-25 closed")
    saves(kim)
    kim.goto(home)
    opens(kim, "Texts")
    kim.get_by_role("link", name="Change Goodbye, en").click()
    kim.get_by_label("Words").fill("{{ line.short_name }}: thank you. Write again any time.")
    kim.get_by_role("button", name="See how it arrives").click()
    expect(kim.get_by_text("Nothing to mind.")).to_be_visible()
    saves(kim)
    kim.goto(home)
    opens(kim, "Replies")
    kim.get_by_label("Shortcut").fill("hello")
    kim.get_by_label("Words").fill("Hello, I am here.")
    saves(kim, "Add it")
    kim.goto(home)
    opens(kim, "People")
    theirs = invites(kim, "Jo", "volunteer")
    jo = without_scripts(browser).new_page()
    signs_in_by(jo, theirs)
    expect(jo).to_have_url(f"{demo.url}/desk/")

    staff = {**demo_json, "staff": [{"username": "jo", "password": PASSWORD}]}
    with Volunteer(staff, demo.url, "jo") as volunteer:
        visitor.goto(f"{demo.url}/t/harbor-line/")
        expect(visitor.get_by_text("Nobody is here right now.")).to_be_visible()
        says(visitor, code[0])
        tried = volunteer.takes()
        volunteer.says(tried, "It works.")
        says(visitor, "thank you")  # which looks for what is new at once
        expect(visitor.frame_locator("iframe").get_by_text("It works.")).to_be_visible()

        kim.goto(home)
        opens(kim, "Open this line")
        kim.get_by_role("button", name="Yes, open it").click()
        expect(kim.get_by_text("✓ Open").or_(kim.locator(".state.good"))).to_be_visible()
        visitor = without_scripts(browser).new_page()
        visitor.goto(f"{demo.url}/t/harbor-line/")
        says(visitor, "hello, is somebody there?")
        real = volunteer.takes()
        volunteer.says(real, "Hello, I am here.")
        says(visitor, "oh, hello")
        expect(visitor.frame_locator("iframe").get_by_text("Hello, I am here.")).to_be_visible()
    for page in (kim, jo, visitor):
        page.context.close()


@pytest.fixture(scope="module")
def maria(browser: Browser, demo_json: Facts) -> Iterator[Page]:
    """Signed in once for all of them: hashing her password takes longer than most pages."""
    page = new_page(browser)
    sign_in(page, demo_json, "maria", "manage")
    yield page
    page.context.close()


@pytest.mark.parametrize("name", MANAGED)
def test_a_managers_page_has_no_violation_and_fits_a_narrow_phone(
    name: str, maria: Page, demo_json: Facts
) -> None:
    MANAGED[name](maria, demo_json)
    for scheme in SCHEMES:
        maria.emulate_media(color_scheme=scheme)
        for width, height in WIDTHS.values():
            maria.set_viewport_size({"width": width, "height": height})
            assert violations(maria) == []
    maria.set_viewport_size({"width": 320, "height": 568})
    assert maria.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_a_text_costs_is_told_while_it_is_typed(browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser)
    sign_in(page, demo_json, "maria", "manage")
    page.goto(f"{demo_json['url']}/manage/lines/demo/scripts/welcome/en/")
    box, told = page.get_by_label("Words"), page.locator(".measured")
    box.fill("{{ line.short_name }}: we are here.")
    expect(told).to_have_text("One text. A locked phone shows: Demo line: we are here.")
    box.fill("{{ line.short_name }}: we are here. " * 8)
    until(page, "document.querySelector('.measured').textContent.startsWith('2 parts')")
    page.context.close()
