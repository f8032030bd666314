"""Sessions are short, few, the person's own to end, and end everywhere when what they rest on changes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatline.people import sessions
from chatline.people.models import AuditEntry, Role, StaffSession
from consumers import screens
from consumers.screens import Screens
from routing import presence, roster
from tests.cast import Cast
from tests.clients import verb
from tests.doors import Door, sign_in
from tests.security.signing_in import PASSWORDS, app_of, code, tries

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R-12")]

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nobody_tried_yet() -> None:
    cache.clear()


def signed_in(client: Client) -> bool:
    return client.get("/accounts/sessions/").status_code == 200


# --- the cookie -----------------------------------------------------------------------------------------------


def test_the_cookie_of_production_is_for_this_host_alone_and_no_script_or_other_site() -> None:
    names = "SESSION_COOKIE_NAME SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE CSRF_COOKIE_NAME"
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import json; from chatline.settings import *; print(json.dumps([{names.replace(' ', ',')}]))",
        ],
        env={**os.environ, "CHATLINE_DEMO": "", "CHATLINE_PUBLIC_URL": "https://line.example.org"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    ).stdout
    assert json.loads(told) == ["__Host-session", True, True, "Strict", "__Host-csrf"]


# --- how long, how many -------------------------------------------------------------------------------------


def over_when_idle(cast: Cast) -> None:
    client = Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(cast.sam)
        clock.shift(29 * MINUTE)
        assert signed_in(client)
        clock.shift(29 * MINUTE)
        assert signed_in(client)
        clock.shift(31 * MINUTE)
        assert not signed_in(client)


def test_a_session_is_over_after_half_an_hour_without_use(cast: Cast) -> None:
    over_when_idle(cast)


@pytest.mark.breaks("R-12")
def test_a_session_that_never_idles_out_is_caught_when_idling_takes_a_day(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "IDLE", timedelta(days=1))
    with pytest.raises(AssertionError):
        over_when_idle(cast)


def over_after_twelve_hours(cast: Cast) -> None:
    client = Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(cast.sam)
        for _ in range(12 * 3 - 1):
            clock.shift(20 * MINUTE)
            assert signed_in(client)
        clock.shift(21 * MINUTE)
        assert not signed_in(client)


@pytest.mark.both
def test_a_session_is_over_after_twelve_hours_however_much_it_is_used(cast: Cast) -> None:
    over_after_twelve_hours(cast)


@pytest.mark.breaks("R-12")
def test_a_session_without_end_is_caught_when_a_day_is_allowed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "LONGEST", timedelta(days=1))
    with pytest.raises(AssertionError):
        over_after_twelve_hours(cast)


def two_at_most(cast: Cast) -> None:
    browsers = [Client(), Client(), Client()]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for browser in browsers:
            browser.force_login(cast.sam)
            clock.shift(MINUTE)
        assert [signed_in(browser) for browser in browsers] == [False, True, True]


def test_a_third_session_ends_the_oldest(cast: Cast) -> None:
    two_at_most(cast)


@pytest.mark.breaks("R-12")
def test_a_third_session_is_caught_when_nobody_counts(cast: Cast, settings: Settings) -> None:
    settings.SESSIONS_AT_ONCE = 100
    with pytest.raises(AssertionError):
        two_at_most(cast)


# --- one's own ------------------------------------------------------------------------------------------------


def test_people_see_their_sessions_and_end_the_other(cast: Cast, client: Client) -> None:
    other = Client()
    other.force_login(cast.sam)
    client.force_login(cast.sam)
    there = client.get("/accounts/sessions/").context["sessions"]
    assert [one.is_this for one in there] == [True, False]
    client.post("/accounts/sessions/", {"name": there[1].name})
    assert (signed_in(client), signed_in(other)) == (True, False)


def test_nobody_ends_a_session_of_somebody_else(cast: Cast, client: Client) -> None:
    other = Client()
    other.force_login(cast.robin)
    client.force_login(cast.sam)
    theirs = other.get("/accounts/sessions/").context["sessions"][0].name
    client.post("/accounts/sessions/", {"name": theirs})
    assert signed_in(other)


def test_a_session_holds_neither_an_address_nor_a_browser_nor_shows_its_key(cast: Cast) -> None:
    fields = {"username": "sam", "password": PASSWORDS["sam"]}
    client = Client(REMOTE_ADDR="203.0.113.77", headers={"user-agent": "CanaryBrowser/1"})
    client.post("/accounts/login/", fields)
    row = StaffSession.objects.get(staff=cast.sam)
    kept = f"{row.__dict__} {row.get_decoded()}"
    assert "203.0.113" not in kept
    assert "Canary" not in kept
    shown = client.get("/accounts/sessions/").content.decode()
    assert row.session_key not in shown
    assert "203.0.113" not in shown
    assert "Canary" not in shown


# --- what ends them -------------------------------------------------------------------------------------------


def changes_password(cast: Cast, client: Client) -> None:
    chosen = {
        "oldpassword": PASSWORDS["sam"],
        "password1": "quite-another-phrase",
        "password2": "quite-another-phrase",
    }
    assert client.post("/accounts/password/", chosen).status_code == 302


def adds_an_app(cast: Cast, client: Client) -> None:
    secret = client.get("/accounts/app/add/").context["form"].secret
    assert client.post("/accounts/app/add/", {"code": code(secret)}).status_code == 302


def removes_an_app(cast: Cast, client: Client) -> None:
    app_of(cast.sam)
    assert client.post("/accounts/app/remove/").status_code == 302


def makes_new_codes(cast: Cast, client: Client) -> None:
    app_of(cast.sam)
    assert client.post("/accounts/codes/new/").status_code == 302


OWN = [changes_password, adds_an_app, removes_an_app, makes_new_codes]


@pytest.mark.parametrize("change", OWN)
def test_whoever_changes_how_they_sign_in_stays_here_alone_and_it_is_on_record(
    change: Callable[[Cast, Client], None], cast: Cast, client: Client
) -> None:
    other = Client()
    other.force_login(cast.sam)
    assert tries(client, "sam", PASSWORDS["sam"]) == "/desk/"
    change(cast, client)
    assert (signed_in(client), signed_in(other)) == (True, False)
    assert AuditEntry.objects.filter(actor=cast.sam.id, subject=str(cast.sam.id)).exists()


def gains_a_role(cast: Cast) -> None:
    roster.give_role(cast.maria.id, cast.line.id, "sam", Role.SUPERVISOR)


def loses_a_role(cast: Cast) -> None:
    roster.take_role(cast.maria.id, cast.line.id, cast.sam.id, Role.VOLUNTEER)


def is_let_go(cast: Cast) -> None:
    roster.deactivate(cast.maria.id, cast.line.id, cast.sam.id)


def begins_anew(cast: Cast) -> None:
    roster.lost_factor(cast.maria.id, cast.line.id, cast.sam.id)


def ends_it_elsewhere(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.sam)
    client.post("/accounts/sessions/", {"others": "1"})


def changes_password_elsewhere(cast: Cast) -> None:
    client = Client()
    tries(client, "sam", PASSWORDS["sam"])
    changes_password(cast, client)


ENDINGS = [gains_a_role, loses_a_role, is_let_go, begins_anew, ends_it_elsewhere, changes_password_elsewhere]


async def ends_at_once(change: Callable[[Cast], None], cast: Cast, door: Door, seconds: float = 5) -> None:
    """The page and the socket of the same session; looks are 15 s apart, so that only a hint can be this quick."""
    browser = Client()
    await verb(browser.force_login, cast.sam)
    desk = await door.desk(cast.sam, cookie=f"sessionid={browser.cookies['sessionid'].value}")
    await verb(change, cast)
    assert await desk.ends(seconds) == 4401
    assert not await verb(signed_in, browser)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ENDINGS)
async def test_a_socket_and_its_pages_end_within_five_seconds(
    change: Callable[[Cast], None], cast: Cast, door: Door
) -> None:
    await ends_at_once(change, cast, door)


@pytest.mark.breaks("R-12")
@pytest.mark.django_db(transaction=True)
async def test_a_socket_that_goes_on_is_caught_when_nobody_hears_the_hint(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(self: Screens, staff: Any) -> None:
        pass

    monkeypatch.setattr(Screens, "look_at_those_of", deaf)
    with pytest.raises(TimeoutError):
        await ends_at_once(begins_anew, cast, door, seconds=0.5)


@pytest.mark.django_db(transaction=True)
async def test_signing_out_ends_the_socket_too(cast: Cast, door: Door) -> None:
    browser = Client()
    await verb(browser.force_login, cast.sam)
    desk = await door.desk(cast.sam, cookie=f"sessionid={browser.cookies['sessionid'].value}")
    await verb(browser.post, "/accounts/logout/")
    assert await desk.ends(5) == 4401


# --- an open desk ---------------------------------------------------------------------------------------------


def works(cast: Cast) -> set[str]:
    presence.begin(cast.sam.id)
    return set()


def only_looks(cast: Cast) -> set[str]:
    return set()


def acts(cast: Cast) -> set[str]:
    return set(StaffSession.objects.values_list("session_key", flat=True))


@pytest.mark.parametrize(("what", "kept"), [(works, True), (acts, True), (only_looks, False)])
def test_an_open_desk_keeps_a_session_while_somebody_works_at_it(
    what: Callable[[Cast], set[str]], kept: bool, cast: Cast
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(cast.sam)
        key = StaffSession.objects.get().session_key
        for _ in range(4):
            clock.shift(10 * MINUTE)
            screens.rights_and_sessions({key: cast.sam.id}, what(cast))
        assert (key in sessions.living([key])) is kept


def test_a_supervisor_who_waits_for_flags_is_not_signed_out(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(cast.alex)
        key = StaffSession.objects.get().session_key
        for _ in range(4):
            clock.shift(10 * MINUTE)
            screens.rights_and_sessions({key: cast.alex.id}, set())
        assert sessions.living([key]) == {key}
        clock.shift(timedelta(hours=12))
        screens.rights_and_sessions({key: cast.alex.id}, set())
        assert sessions.living([key]) == set()
