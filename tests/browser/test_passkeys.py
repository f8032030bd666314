"""Passkeys in a real browser, with an authenticator that it only pretends to have."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Facts, sign_in

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


@pytest.fixture
def device(page: Page) -> str:
    """The id of the pretended one, for who asks the browser about it."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    made = browser.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return str(made["authenticatorId"])


def makes_one(page: Page, facts: Facts, username: str) -> None:
    sign_in(page, facts, username, "desk")
    page.goto(f"{facts['url']}/accounts/")
    page.get_by_role("link", name="Make a passkey").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{facts['url']}/accounts/")


def signs_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_comes_after_the_password_or_instead_of_it(page: Page, named: Facts, device: str) -> None:
    makes_one(page, named, "sam")
    signs_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(named["pages"]["desk"])

    page.goto(f"{named['url']}/accounts/")
    signs_out(page)
    page.fill("[name=username]", "sam")
    page.fill("[name=password]", next(one["password"] for one in named["staff"] if one["username"] == "sam"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/login/second/")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(named["pages"]["desk"])


def test_a_passkey_that_was_removed_opens_nothing(
    page: Page, named: Facts, device: str, complaints: list[str]
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


def test_a_page_under_a_number_says_why_it_has_no_passkeys(page: Page, demo_json: Facts, device: str) -> None:
    page.goto(f"{demo_json['url']}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("this page is open under a number")


def test_without_scripts_nobody_is_offered_a_passkey(page: Page, demo_json: Facts) -> None:
    page.route("**/passkey*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{demo_json['url']}/accounts/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
