"""Pages as they are answered: who gets them, and with which headers."""

import base64
import hashlib
import re
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations.tokens import check_nonce
from chatline.lines.actions import pause
from chatline.people.actions import sign_in_link
from chatline.people.models import Role, Staff
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PAGES = ["/", "/chat/demo/", "/accounts/login/", "/healthz", "/readyz"]


def policy(response: Any) -> dict[str, str]:
    header = response["Content-Security-Policy"]
    return {name: value for name, _, value in (one.strip().partition(" ") for one in header.split(";"))}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_not_be_kept_framed_or_indexed(path: str, client: Client, cast: Cast) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "no-referrer"
    assert policy(response)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_but_our_own_scripts(path: str, client: Client, cast: Cast) -> None:
    told = policy(client.get(path))
    assert (told["default-src"], told["script-src"]) == ("'none'", "'self'")
    assert told["require-trusted-types-for"] == "'script'"


@pytest.mark.parametrize("path", ["/", "/chat/demo/"])
def test_a_visitor_gets_no_cookie(path: str, client: Client, cast: Cast) -> None:
    assert not client.get(path).cookies


def test_the_embedded_chat_may_be_framed_by_its_own_site_alone(client: Client, cast: Cast) -> None:
    response = client.get(f"/embed/{cast.site.key}/")
    assert policy(response)["frame-ancestors"] == "http://127.0.0.1:8000"
    assert "X-Frame-Options" not in response


def test_an_unknown_site_key_shows_nothing(client: Client, cast: Cast) -> None:
    assert client.get("/embed/nobody/").status_code == 404


def test_the_chat_page_carries_a_nonce_for_its_own_line(client: Client, cast: Cast) -> None:
    found = re.search(r'data-nonce="([^"]+)"', client.get("/chat/demo/").content.decode())
    assert found
    check_nonce(found[1], "demo")


@pytest.mark.parametrize("path", ["/desk/", "/supervise/"])
def test_a_staff_page_asks_to_sign_in(path: str, client: Client, cast: Cast) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize(("who", "status"), [("sam", 404), ("maria", 404), ("alex", 200)])
def test_only_supervisors_have_the_supervisors_page(
    who: str, status: int, client: Client, cast: Cast
) -> None:
    client.force_login(getattr(cast, who))
    assert client.get("/supervise/").status_code == status


def test_a_volunteer_signs_in_and_is_at_the_desk(client: Client, cast: Cast) -> None:
    response = client.post("/accounts/login/", {"username": "sam", "password": "sam-answers-here"})
    assert response["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_a_new_manager_signs_in_once_with_the_link(client: Client, cast: Cast) -> None:
    staff = Staff.objects.create(username="new", name="New")
    staff.memberships.create(line=cast.line, role=Role.MANAGER)
    form = client.get(sign_in_link(staff), follow=True)
    path = form.redirect_chain[-1][0]
    password = "a-long-password-of-mine"
    answer = client.post(path, {"new_password1": password, "new_password2": password})
    assert answer["Location"] == "/manage/"


def test_the_link_is_dead_once_it_set_a_password(client: Client, cast: Cast) -> None:
    staff = Staff.objects.create(username="new", name="New")
    link = sign_in_link(staff)
    staff.set_password("somebody-was-faster-here")
    staff.save()
    assert client.get(link, follow=True).context["validlink"] is False


# --- the visitor's page, before any script --------------------------------------------------------------------


def shown(html: str) -> str:
    """The page's words without what is hidden until a script speaks."""
    body = html[html.index("<main") : html.index("</main>")]
    hidden = re.compile(r"<(\w+)[^>]* hidden>.*?</\1>", re.DOTALL)
    return hidden.sub("", body)


def test_a_line_without_hours_shows_its_intro(client: Client, cast: Cast) -> None:
    told = shown(client.get("/chat/demo/").content.decode())
    assert "We don&#x27;t ask your name." in told or "We don't ask your name." in told
    assert "Nobody is here" not in told


def test_a_closed_line_says_so_when_it_opens_and_who_else_helps(client: Client, cast: Cast) -> None:
    cast.line.time_zone, cast.line.alternatives = "America/New_York", "Call or text 988."
    cast.line.save()
    tomorrow = timezone.now().astimezone(ZoneInfo("America/New_York")) + timedelta(days=1)
    cast.line.hours.create(weekday=tomorrow.weekday(), opens=time(9), closes=time(17))
    told = shown(client.get("/chat/demo/").content.decode())
    assert "Nobody is here right now." in told
    assert "We open again tomorrow at 9 a.m. (New York time)." in told
    assert "Call or text 988." in told
    assert "<textarea" in told


def test_a_paused_line_says_so(client: Client, cast: Cast) -> None:
    pause(cast.line.id)
    told = shown(client.get("/chat/demo/").content.decode())
    assert "We had to take a break." in told
    assert "We can't say yet when we are back." in told


def test_a_line_that_is_paused_in_a_supervisors_words_says_those(client: Client, cast: Cast) -> None:
    pause(cast.line.id, "We are back <at> nine.")
    told = shown(client.get("/chat/demo/").content.decode())
    assert "We are back &lt;at&gt; nine." in told or "We are back <at> nine." in told
    assert "We can't say yet when we are back." not in told


def test_a_full_line_says_so(client: Client, cast: Cast) -> None:
    cast.line.most_waiting = 1
    cast.line.save()
    cast.visits("hello")
    assert "Many people wait right now." in shown(client.get("/chat/demo/").content.decode())


def test_a_line_has_its_own_title_and_word_for_leaving(client: Client, cast: Cast) -> None:
    cast.line.tab_title, cast.line.leave_label = "Notes", "Weather"
    cast.line.save()
    html = client.get("/chat/demo/").content.decode()
    assert "<title>Notes</title>" in html
    assert "Leave now" not in html
    assert "Press Weather, or press Shift three times." in html


def test_the_one_style_inside_the_page_is_the_one_that_the_policy_allows(client: Client, cast: Cast) -> None:
    response = client.get("/chat/demo/")
    style = re.search(rb"<style>(.*?)</style>", response.content, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1]).digest()).decode()
    assert f"'sha256-{digest}'" in policy(response)["style-src"]


def test_a_line_gives_its_own_readings_in_the_language_of_the_page(client: Client, cast: Cast) -> None:
    cast.line.resources.create(title="Sleeping again", text="Try to rise at one time.", language="en")
    cast.line.resources.create(title="Dormir otra vez", text="Otra.", language="es")
    html = client.get("/chat/demo/").content.decode()
    assert "Sleeping again" in html
    assert "Dormir otra vez" not in html
