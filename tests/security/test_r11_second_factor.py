"""Staff sign in with a second factor, or reach nothing; a code works once; what makes codes is sealed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from pytest_django import Settings

from chatline.errors import NotFound
from chatline.people import factors
from chatline.people.models import AuditEntry, Staff
from chatline.vault import Keyring, KeyUnknown, Tampered
from chatline.web.accounts import forms, gate
from routing import roster
from tests.cast import Cast
from tests.doors import Door
from tests.security.signing_in import PASSWORDS, app_of, code, passkey_of, signs_in, tries

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R-11")]

SAMPLES = {"uuid": str(uuid4()), "int": "1", "slug": "demo", "str": "x", "path": "x"}
ON_THE_WAY = {
    "/accounts/",
    "/accounts/app/add/",
    "/accounts/passkeys/add/",
    "/accounts/codes/",
    "/accounts/again/",
}


@pytest.fixture(autouse=True)
def nobody_tried_yet() -> None:
    cache.clear()


@pytest.fixture
def real(settings: Settings, cast: Cast) -> Cast:
    """The cast where sign-in is not relaxed."""
    import_module("chatline.asgi")  # which refuses to start without the rest of what production needs
    settings.DEMO = False
    return cast


def addresses(patterns: Any = None, before: str = "/") -> Iterator[str]:
    """An address of every route there is."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        part = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], str(one.pattern))
        if isinstance(one, URLPattern):
            yield before + part
        else:
            yield from addresses(one.url_patterns, before + part)


def reached_without(staff: Staff) -> set[str]:
    """The pages that somebody signed in reaches with nothing but a password."""
    client = Client(raise_request_exception=False)
    client.force_login(staff)
    there = {path: client.get(path) for path in addresses()}
    return {path for path, answer in there.items() if answer.headers.get("Location") != "/accounts/"}


# --- without one ----------------------------------------------------------------------------------------------


def test_without_a_second_factor_every_address_leads_to_setting_one_up(real: Cast) -> None:
    reached = reached_without(real.maria)
    assert reached - {"/accounts/logout/"} <= ON_THE_WAY
    assert "/accounts/" in reached


@pytest.mark.breaks("R-11")
def test_a_page_that_is_reached_without_one_is_caught_when_nobody_stands_at_the_gate(
    real: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate.Gate, "process_view", lambda *given: None)
    with pytest.raises(AssertionError):
        test_without_a_second_factor_every_address_leads_to_setting_one_up(real)


@pytest.mark.parametrize("how", [app_of, passkey_of])
def test_with_a_second_factor_there_are_pages(how: Any, real: Cast, client: Client) -> None:
    how(real.sam)
    client.force_login(real.sam)
    assert client.get("/desk/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(real: Cast) -> None:
    RecoveryCodes.activate(real.sam)
    assert factors.lacking([real.sam.id]) == {real.sam.id: factors.Lack.SECOND_FACTOR}


def test_in_the_demo_nothing_is_asked_for(cast: Cast, client: Client) -> None:
    assert tries(client, "sam", PASSWORDS["sam"]) == "/desk/"
    assert client.get("/desk/").status_code == 200


async def ends_at_hello(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam, greet=False)
    await desk.send("hello", cursors={})
    assert await desk.ends(1) == 4401


@pytest.mark.django_db(transaction=True)
async def test_without_a_second_factor_there_is_no_socket(real: Cast, door: Door) -> None:
    await ends_at_hello(real, door)


@pytest.mark.breaks("R-11")
@pytest.mark.django_db(transaction=True)
async def test_a_socket_without_one_is_caught_when_sockets_do_not_ask(
    real: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "lacking", lambda staff: {})
    with pytest.raises((AssertionError, TimeoutError)):
        await ends_at_hello(real, door)


# --- codes ----------------------------------------------------------------------------------------------------


def works_once(cast: Cast) -> None:
    shown = code(app_of(cast.sam))
    assert signs_in(cast, "sam", shown) == "/desk/"
    cache.clear()  # as if another process were asked
    assert signs_in(cast, "sam", shown) == "refused"


@pytest.mark.both
def test_a_code_works_once_whatever_process_is_asked(cast: Cast) -> None:
    works_once(cast)


@pytest.mark.breaks("R-11")
def test_a_code_that_works_twice_is_caught_when_nobody_remembers_its_step(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "use_step", lambda factor, step: True)
    with pytest.raises(AssertionError):
        works_once(cast)


def test_after_a_code_an_older_one_works_no_more(cast: Cast) -> None:
    secret = app_of(cast.sam)
    assert signs_in(cast, "sam", code(secret, 1)) == "/desk/"
    assert signs_in(cast, "sam", code(secret, 0)) == "refused"


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_minute_is_none(steps: int, cast: Cast) -> None:
    assert signs_in(cast, "sam", code(app_of(cast.sam), steps)) == "refused"


def test_the_code_that_set_up_an_app_does_not_sign_in(cast: Cast, client: Client) -> None:
    tries(client, "sam", PASSWORDS["sam"])
    secret = client.get("/accounts/app/add/").context["form"].secret
    shown = code(secret)
    assert client.post("/accounts/app/add/", {"code": shown})["Location"] == "/accounts/codes/"
    assert signs_in(cast, "sam", shown) == "refused"
    assert signs_in(cast, "sam", code(secret, 1)) == "/desk/"


def test_there_are_ten_recovery_codes_which_are_shown_once_and_work_once(cast: Cast, client: Client) -> None:
    tries(client, "sam", PASSWORDS["sam"])
    secret = client.get("/accounts/app/add/").context["form"].secret
    client.post("/accounts/app/add/", {"code": code(secret)})
    shown = re.findall(
        r'<li class="code"[^>]*>(\d{4} \d{4})', client.get("/accounts/codes/").content.decode()
    )
    assert len(set(shown)) == 10
    assert not re.search(r"\d{4} \d{4}", client.get("/accounts/codes/").content.decode())
    assert signs_in(cast, "sam", shown[3]) == "/desk/"
    assert signs_in(cast, "sam", shown[3]) == "refused"


# --- secrets --------------------------------------------------------------------------------------------------


def everything_kept() -> str:
    rows = Authenticator.objects.values_list("data", flat=True)
    return str(list(rows))


def test_what_makes_codes_is_sealed_in_the_database(cast: Cast) -> None:
    secret = app_of(cast.sam)
    codes = RecoveryCodes.activate(cast.sam)
    seed = factors.open_secret(codes.instance.data["seed"])
    kept = everything_kept()
    assert not [one for one in (secret, seed, *codes.generate_codes()) if one in kept]


@pytest.mark.breaks("R-11")
def test_a_seed_in_the_clear_is_caught_when_nothing_seals_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "seal_secret", lambda text: text)
    monkeypatch.setattr(factors, "open_secret", lambda text: text)
    with pytest.raises(AssertionError):
        test_what_makes_codes_is_sealed_in_the_database(cast)


def test_a_seed_is_sealed_while_it_is_set_up_too(cast: Cast, client: Client) -> None:
    tries(client, "sam", PASSWORDS["sam"])
    secret = client.get("/accounts/app/add/").context["form"].secret
    assert factors.open_secret(client.session["mfa.totp.secret"]) == secret


def test_a_sealed_secret_opens_with_its_root_key_alone_and_unchanged(settings: Settings) -> None:
    sealed = factors.seal_secret("SEED")
    with pytest.raises(Tampered):
        factors.open_secret(sealed[:-8] + ("AAAA" if sealed[-8:-4] != "AAAA" else "BBBB") + sealed[-4:])
    settings.VAULT_KEYS = Keyring.generate()
    with pytest.raises(KeyUnknown):
        factors.open_secret(sealed)


def test_secrets_are_sealed_anew_before_a_root_key_goes(cast: Cast, settings: Settings) -> None:
    secret, old, new = app_of(cast.sam), settings.VAULT_KEYS, Keyring.generate()
    RecoveryCodes.activate(cast.sam)
    settings.VAULT_KEYS = f"{new},{old}"
    assert factors.reseal() == 2
    settings.VAULT_KEYS = new
    assert signs_in(cast, "sam", code(secret)) == "/desk/"


# --- passkeys alone -------------------------------------------------------------------------------------------


def test_where_a_line_asks_for_passkeys_an_app_does_not_do_for_supervisors_and_managers(real: Cast) -> None:
    real.line.passkeys_only = True
    real.line.save()
    for one in (real.sam, real.alex, real.maria):
        app_of(one)
    lacking = factors.lacking([real.sam.id, real.alex.id, real.maria.id])
    assert lacking == {real.alex.id: factors.Lack.PASSKEY, real.maria.id: factors.Lack.PASSKEY}
    passkey_of(real.alex)
    assert factors.lacking([real.alex.id]) == {}


def test_who_must_use_a_passkey_and_has_one_is_let_in_by_no_code(cast: Cast) -> None:
    secret = app_of(cast.alex)
    passkey_of(cast.alex)
    cast.line.passkeys_only = True
    cast.line.save()
    form = forms.AuthenticateForm(user=cast.alex, data={"code": code(secret)})
    assert form.errors["code"] == ["Your line asks for your passkey."]


# --- losing one -----------------------------------------------------------------------------------------------


def test_the_last_factor_stays_until_there_is_another(real: Cast, client: Client) -> None:
    secret = app_of(real.sam)
    tries(client, "sam", PASSWORDS["sam"])
    client.post("/accounts/login/second/", {"code": code(secret)})
    page = client.post("/accounts/app/remove/")
    assert "You cannot sign in without it." in page.content.decode()
    passkey_of(real.sam)
    assert client.post("/accounts/app/remove/")["Location"] == "/accounts/"
    assert [one.type for one in Authenticator.objects.filter(user=real.sam)] == ["webauthn"]


def test_a_new_beginning_ends_everything_that_opened_the_account(real: Cast, client: Client) -> None:
    app_of(real.sam)
    passkey_of(real.sam)
    client.force_login(real.sam)
    link = roster.lost_factor(real.maria.id, real.line.id, real.sam.id)
    assert not Authenticator.objects.filter(user=real.sam).exists()
    assert client.get("/desk/")["Location"].startswith("/accounts/login/")
    assert "do not belong together" in tries(Client(), "sam", PASSWORDS["sam"])
    assert AuditEntry.objects.get(verb="lost_factor").actor == real.maria.id
    path = client.get(link, follow=True).redirect_chain[-1][0]
    chosen = {"new_password1": "another-long-password", "new_password2": "another-long-password"}
    assert client.post(path, chosen)["Location"] == "/desk/"
    assert client.get("/desk/")["Location"] == "/accounts/"


def test_who_was_half_signed_in_begins_again_after_a_new_beginning(cast: Cast, client: Client) -> None:
    app_of(cast.sam)
    assert tries(client, "sam", PASSWORDS["sam"]) == "/accounts/login/second/"
    roster.lost_factor(cast.maria.id, cast.line.id, cast.sam.id)
    page = client.get("/accounts/login/", follow=True)
    assert [where for where, _ in page.redirect_chain] == ["/accounts/login/second/", "/accounts/login/"]
    assert page.status_code == 200


def test_a_quarter_of_an_hour_after_signing_in_a_change_asks_for_the_password_again(
    cast: Cast, client: Client
) -> None:
    where = "/accounts/app/add/"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tries(client, "sam", PASSWORDS["sam"])
        assert client.get(where).status_code == 200
        clock.shift(timedelta(minutes=16))
        again = client.get(where)["Location"]
        assert again == f"/accounts/again/?next={quote(where, safe='')}"
        assert "This is not your password." in client.post(again, {"password": "another"}).content.decode()
        assert client.post(again, {"password": PASSWORDS["sam"]})["Location"] == where
        assert client.get(where).status_code == 200


def test_only_a_manager_of_theirs_gives_somebody_a_new_beginning(cast: Cast) -> None:
    for by in (cast.sam, cast.alex, cast.olive):
        with pytest.raises(NotFound):
            roster.lost_factor(by.id, cast.line.id, cast.robin.id)


def test_a_link_for_a_forgotten_password_does_not_lead_past_the_second_factor(
    cast: Cast, client: Client
) -> None:
    app_of(cast.sam)
    link = roster.new_link(cast.maria.id, cast.line.id, cast.sam.id)
    path = client.get(link, follow=True).redirect_chain[-1][0]
    chosen = {"new_password1": "another-long-password", "new_password2": "another-long-password"}
    assert client.post(path, chosen)["Location"] == "/accounts/login/second/"
    assert client.get("/desk/")["Location"].startswith("/accounts/login/")


# --- what there is not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["signup", "email", "confirm-email", "password/reset", "password/set", "inactive", "2fa", "login/code"],
)
def test_nobody_signs_up_or_resets_by_mail(path: str, client: Client, cast: Cast) -> None:
    assert client.get(f"/accounts/{path}/").status_code == 404
    assert not EmailAddress.objects.exists()
