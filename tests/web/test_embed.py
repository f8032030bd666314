"""The chat on other websites as it is answered: who may frame it, who learns what, and what a test of a page proves."""

import re
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from chatline.conversations.tokens import check_nonce
from chatline.errors import Refused
from chatline.lines import actions, proofs
from chatline.lines.models import Site
from chatline.lines.proofs import LIFE, Check
from chatline.people.models import AuditEntry
from tests.cast import Cast
from tests.web.test_pages import policy

pytestmark = [pytest.mark.requirement("R-17"), pytest.mark.django_db]

HOST = "http://127.0.0.1:8000"


def embed(client: Client, cast: Cast, **headers: str) -> Any:
    return client.get(f"/embed/{cast.site.key}/", headers=headers)


def kept(response: Any) -> set[str]:
    return set(response["Cache-Control"].split(", "))


# --- the loader -----------------------------------------------------------------------------------------------


def test_the_loader_may_be_used_by_any_page_and_kept_for_five_minutes(client: Client, cast: Cast) -> None:
    response = client.get("/widget.js")
    told = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    assert {name: response[name] for name in told} == told
    assert kept(response) == {"public", "max-age=300"}
    assert policy(response)["default-src"] == "'none'"
    assert not response.cookies


def test_the_loader_is_packed_and_not_sent_twice(client: Client, cast: Cast) -> None:
    first = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    assert len(first.content) <= 3_000
    again = client.get("/widget.js", headers={"Accept-Encoding": "gzip", "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert kept(again) == {"public", "max-age=300"}


# --- the frame ------------------------------------------------------------------------------------------------


def test_all_origins_of_a_site_may_frame_it_and_the_page_knows_them(client: Client, cast: Cast) -> None:
    actions.change_site(cast.maria.id, cast.site.id, "Two", ["https://a.example", "https://b.example:8443"])
    response = embed(client, cast)
    both = "https://a.example https://b.example:8443"
    assert policy(response)["frame-ancestors"] == both
    assert f'data-origins="{both}"' in response.content.decode()


@pytest.mark.breaks("R-17")
def test_a_frame_for_any_page_is_found_when_the_policy_forgets_its_origins(
    client: Client, cast: Cast, settings: Any
) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != "csp.middleware.CSPMiddleware"]
    assert "Content-Security-Policy" not in embed(client, cast)


def test_what_it_may_start_with_counts_for_this_site_alone(client: Client, cast: Cast) -> None:
    found = re.search(r'data-nonce="([^"]+)"', embed(client, cast).content.decode())
    assert found
    check_nonce(found[1], "demo", cast.site.key)
    for line, site in (("demo", ""), ("demo", "other"), ("other", cast.site.key)):
        with pytest.raises(Refused):
            check_nonce(found[1], line, site)


def test_by_itself_it_is_the_lines_own_page(client: Client, cast: Cast) -> None:
    response = embed(client, cast, **{"Sec-Fetch-Dest": "document"})
    assert (response.status_code, response["Location"]) == (302, "/chat/demo/")
    assert embed(client, cast, **{"Sec-Fetch-Dest": "iframe"}).status_code == 200


def test_it_cannot_be_posted_to(client: Client, cast: Cast) -> None:
    assert client.post(f"/embed/{cast.site.key}/").status_code == 405


@pytest.mark.parametrize("revoked", [True, False])
def test_where_it_is_not_offered_any_page_may_say_so_and_nothing_runs(
    revoked: bool, client: Client, cast: Cast
) -> None:
    actions.revoke_site(cast.maria.id, cast.site.id)
    response = client.get(f"/embed/{cast.site.key if revoked else 'nobody'}/")
    told, page = policy(response), response.content.decode()
    assert response.status_code == 404
    assert "frame-ancestors" not in told
    assert told["script-src"] == "'none'"
    assert "X-Frame-Options" not in response
    assert "<script" not in page
    assert ("/chat/demo/" in page) == revoked
    assert (cast.number.number in page) == revoked


def test_a_window_of_its_own_keeps_its_opener_for_one_step_only(client: Client, cast: Cast) -> None:
    assert client.get("/chat/demo/window/")["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert client.get("/chat/demo/")["Cross-Origin-Opener-Policy"] == "same-origin"
    assert client.get("/chat/nothing/window/").status_code == 404


# --- the test of a page ------------------------------------------------------------------------------------------


def asked(cast: Cast, **other: Any) -> str:
    return proofs.ask(Check(**{"site": cast.site.id, "origin": HOST, "by": cast.maria.id, **other}))


def left(client: Client, cast: Cast, token: str, **headers: str) -> int:
    return int(client.get(f"/embed/{cast.site.key}/left/?token={token}", headers=headers).status_code)


def checked(cast: Cast) -> tuple[bool, str]:
    site = Site.objects.get(id=cast.site.id)
    return site.checked_at is not None, site.checked_on


def test_the_test_may_be_framed_by_the_origin_that_is_tested_alone(client: Client, cast: Cast) -> None:
    actions.change_site(cast.maria.id, cast.site.id, "Two", [HOST, "https://b.example"])
    response = client.get(f"/embed/{cast.site.key}/check/?token={asked(cast)}")
    assert policy(response)["frame-ancestors"] == HOST


def test_a_page_that_left_is_noted_and_stays_where_it_was(client: Client, cast: Cast) -> None:
    headers = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}
    assert left(client, cast, asked(cast), **headers) == 204
    assert checked(cast) == (True, HOST)
    entry = AuditEntry.objects.get(verb="check_site")
    assert (entry.actor, entry.detail) == (cast.maria.id, {"origin": HOST})


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_only_the_whole_page_led_by_the_frame_proves_it(
    headers: dict[str, str], client: Client, cast: Cast
) -> None:
    assert left(client, cast, asked(cast), **headers) == 404
    assert checked(cast) == (False, "")


def test_a_test_that_is_over_proves_nothing(client: Client, cast: Cast) -> None:
    token = asked(cast)
    with time_machine.travel(timezone.now() + LIFE * 2):
        assert left(client, cast, token) == 404
        assert client.get(f"/embed/{cast.site.key}/check/?token={token}").status_code == 404
    assert checked(cast) == (False, "")


def test_a_test_proves_nothing_for_another_site_origin_or_person(client: Client, cast: Cast) -> None:
    other = actions.add_site(cast.line, "Another", [HOST])
    for token in (
        asked(cast, site=other.id),
        asked(cast, origin="https://not.listed.example"),
        asked(cast, by=cast.sam.id),
        asked(cast)[:-1] + "~",
        "",
    ):
        assert left(client, cast, token) == 404
    actions.revoke_site(cast.maria.id, cast.site.id)
    assert left(client, cast, asked(cast)) == 404
    assert checked(cast) == (False, "")


def test_a_page_that_is_tested_again_is_not_verified_until_it_passes_again(
    client: Client, cast: Cast
) -> None:
    token = asked(cast)
    left(client, cast, token)
    outcome = f"/embed/{cast.site.key}/check/outcome/?token={token}"
    assert client.get(outcome).json() == {"left": True}
    assert client.post(f"/embed/{cast.site.key}/check/begin/?token={token}").status_code == 204
    assert client.get(outcome).json() == {"left": False}
    assert checked(cast) == (False, "")


def test_the_loader_that_is_served_is_the_one_in_the_source(client: Client, cast: Cast) -> None:
    source = settings.BASE_DIR / "chatline" / "static" / "widget.js"
    assert client.get("/widget.js").content == source.read_bytes()
