"""Passkeys in a real browser, with an authenticator that it only pretends to have."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import violations
from tests.browser.people import Facts, new_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.requirement("R-11")]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(demo_json: Facts) -> Facts:
    """The demo under a name: browsers give no passkeys to numbers."""
    facts: Facts = json.loads(json.dumps(demo_json).replace("//127.0.0.1", "//localhost"))
    return facts


def pretends(page: Page) -> None:
    """Gives the page a device that keeps passkeys, and whose owner always agrees."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


@pytest.fixture
def device(page: Page) -> None:
    pretends(page)


def password(facts: Facts, username: str) -> str:
    return str(next(one["password"] for one in facts["staff"] if one["username"] == username))


def makes_one(
    page: Page,
    facts: Facts,
    username: str,
    where: str = "desk",
    check: Callable[[Page], list[Any]] = lambda page: [],
) -> None:
    sign_in(page, facts, username, where)
    page.goto(f"{facts['url']}/accounts/")
    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert check(page) == []
    page.goto(f"{facts['url']}/accounts/")


def signs_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_comes_after_the_password_or_instead_of_it(page: Page, named: Facts, device: None) -> None:
    makes_one(page, named, "sam")
    signs_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(named["pages"]["desk"])

    page.goto(f"{named['url']}/accounts/")
    signs_out(page)
    page.fill("[name=username]", "sam")
    page.fill("[name=password]", password(named, "sam"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/login/second/")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(named["pages"]["desk"])


def test_a_passkey_that_was_removed_opens_nothing(
    page: Page, named: Facts, device: None, complaints: list[str]
) -> None:
    makes_one(page, named, "robin")
    page.get_by_role("link", name="Remove Passkey 1").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("link", name="Make a passkey")).to_be_visible()
    signs_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="This passkey is not known here")).to_be_visible()
    complaints[:] = [
        one for one in complaints if "400 (Bad Request)" not in one
    ]  # which the browser tells of


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_second_step_and_the_codes_can_be_read_by_everybody(
    scheme: Any, browser: Browser, named: Facts
) -> None:
    page = new_page(browser, 390, 780, scheme)
    pretends(page)
    username = {"light": "alex", "dark": "maria"}[scheme]
    makes_one(page, named, username, "manage" if username == "maria" else "supervise", violations)
    signs_out(page)
    page.fill("[name=username]", username)
    page.fill("[name=password]", password(named, username))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_a_page_under_a_number_says_why_it_has_no_passkeys(
    page: Page, demo_json: Facts, device: None
) -> None:
    page.goto(f"{demo_json['url']}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("this page is open under a number")


def test_without_scripts_nobody_is_offered_a_passkey(page: Page, demo_json: Facts) -> None:
    page.route("**/passkey*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{demo_json['url']}/accounts/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
