"""Screens on the wall: who makes them, what they show, and that nothing is left of them when they are revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Delivery
from chatline.conversations.states import Medium
from chatline.errors import BadInput, NotFound
from chatline.people.actions import add_staff, raise_alarm
from chatline.people.models import AuditEntry, Role
from chatline.web.walls import TROUBLE, age
from routing import dispatcher, escalation, presence, pulse, walls
from routing.models import Flag, Wallboard
from tests.cast import RISKY, Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def token(cast: Cast) -> str:
    return walls.make(cast.alex.id, "Office", [cast.line.id])[1]


def now(cast: Cast) -> walls.Now:
    return walls.now([cast.line.id], timezone.now())


# --- made and revoked ---------------------------------------------------------------------------------------


def ways(wall: Wallboard) -> list[tuple[str, str]]:
    revoke = f"/supervise/walls/{wall.id}/revoke/"
    return [
        ("get", "/supervise/walls/"),
        ("post", "/supervise/walls/make/"),
        ("get", revoke),
        ("post", revoke),
    ]


@pytest.mark.parametrize("who", ["sam", "robin", "olive"])
def test_for_whoever_answers_for_no_line_there_is_nothing_here(
    who: str, client: Client, cast: Cast, token: str
) -> None:
    client.force_login(getattr(cast, who))
    all_ = ways(Wallboard.objects.get())
    assert {getattr(client, how)(where).status_code for how, where in all_} == {404}
    assert walls.shown_by(token) == [cast.line]


@pytest.mark.parametrize("who", ["alex", "maria"])
def test_supervisors_and_managers_make_a_wall_and_read_its_address_once(
    who: str, client: Client, cast: Cast
) -> None:
    client.force_login(getattr(cast, who))
    made = client.post("/supervise/walls/make/", {"name": " Office ", "lines": [str(cast.line.id)]})
    path = re.search(r'value="http://127\.0\.0\.1:8000(/wall/[^"]+/)"', made.content.decode())
    assert path
    assert Client().get(path[1]).status_code == 200
    token = path[1].split("/")[2]
    assert token not in client.get("/supervise/walls/").content.decode()
    assert bytes(Wallboard.objects.get(name="Office").token_hash) != token.encode()
    assert AuditEntry.objects.get(verb="make_wall").actor == getattr(cast, who).id
    assert token not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(("name", "why"), [("  ", "name_missing"), ("x" * 61, "name_too_long")])
def test_a_wall_needs_a_name(name: str, why: str, cast: Cast) -> None:
    with pytest.raises(BadInput) as refused:
        walls.make(cast.alex.id, name, [cast.line.id])
    assert refused.value.code == why


def test_a_wall_of_no_line_or_of_somebody_elses_is_refused(client: Client, cast: Cast) -> None:
    with pytest.raises(BadInput):
        walls.make(cast.alex.id, "Office", [])
    with pytest.raises(NotFound):
        walls.make(cast.alex.id, "Office", [cast.line.id, cast.other_line.id])
    client.force_login(cast.alex)
    other = {"name": "Office", "lines": [str(cast.other_line.id)]}
    assert client.post("/supervise/walls/make/", other).status_code == 400
    assert not Wallboard.objects.exists()


def test_a_wall_is_revoked_by_whoever_answers_for_its_line_and_asked_before(
    client: Client, cast: Cast, token: str
) -> None:
    client.force_login(cast.maria)
    path = f"/supervise/walls/{Wallboard.objects.get().id}/revoke/"
    assert "Revoke Office?" in client.get(path).content.decode()
    assert client.get(f"/wall/{token}/now/").status_code == 200
    client.post(path)
    assert {client.get(where).status_code for where in (f"/wall/{token}/", f"/wall/{token}/now/")} == {404}
    assert client.post(path).status_code == 404
    assert AuditEntry.objects.filter(verb="revoke_wall", actor=cast.maria.id).count() == 1
    assert "Office" not in client.get("/supervise/walls/").content.decode()


def test_a_wall_of_another_line_is_neither_seen_nor_revoked(client: Client, cast: Cast, token: str) -> None:
    client.force_login(add_staff("noor", "Noor", cast.other_line.id, Role.MANAGER))
    path = f"/supervise/walls/{Wallboard.objects.get().id}/revoke/"
    assert "Office" not in client.get("/supervise/walls/").content.decode()
    assert {client.get(path).status_code, client.post(path).status_code} == {404}
    assert walls.shown_by(token)


def test_a_wall_goes_blank_when_its_maker_does_not_answer_for_the_line_any_more(
    client: Client, cast: Cast, token: str
) -> None:
    cast.alex.is_active = False
    cast.alex.save()
    assert client.get(f"/wall/{token}/").status_code == 404


def test_a_wall_shows_the_lines_that_are_left_to_its_maker(cast: Cast) -> None:
    membership = cast.alex.memberships.create(line=cast.other_line, role=Role.SUPERVISOR)
    _, token = walls.make(cast.alex.id, "Both", [cast.line.id, cast.other_line.id])
    assert walls.shown_by(token) == [cast.line, cast.other_line]
    membership.delete()
    assert walls.shown_by(token) == [cast.line]


# --- the screen ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "now/"])
def test_the_screen_is_kept_nowhere_and_found_by_nobody(path: str, client: Client, token: str) -> None:
    response = client.get(f"/wall/{token}/{path}")
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    assert client.post(f"/wall/{token}/{path}").status_code == 405


@pytest.mark.parametrize("unknown", ["nothing", "x" * 300, "%00"])
def test_an_unknown_token_is_not_found(unknown: str, client: Client, token: str) -> None:
    assert client.get(f"/wall/{unknown}/").status_code == 404
    assert client.get(f"/wall/{unknown}/now/").status_code == 404


def test_no_words_no_handle_and_no_name_stand_on_it(client: Client, cast: Cast, token: str) -> None:
    cast.talks()
    cast.visits(RISKY, who="somebody at risk")
    told = client.get(f"/wall/{token}/").content.decode() + client.get(f"/wall/{token}/now/").content.decode()
    handles = Conversation.objects.values_list("visitor__handle", flat=True)
    assert [one for one in (*handles, "pills", "Sam", "Alex", "sam") if one in told] == []


def test_the_page_and_its_refreshes_say_the_same(client: Client, cast: Cast, token: str) -> None:
    cast.visits("hello")
    html = client.get(f"/wall/{token}/").content.decode()
    figures: dict[str, Any] = client.get(f"/wall/{token}/now/").json()["figures"]
    assert dict(re.findall(r'data-figure="(\w+)">([^<]+)<', html)) == figures


def test_without_scripts_it_is_asked_for_anew(client: Client, token: str) -> None:
    html = client.get(f"/wall/{token}/").content.decode()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in html
    assert "aria-live" not in html
    assert 'role="status"' not in html


def test_who_waits_and_how_long(cast: Cast) -> None:
    for number, minutes in enumerate((1, 6, 9)):
        cast.visits("hello", who=f"one {number}")
        mine = Conversation.objects.filter(visitor=cast.visitor_of(f"one {number}"))
        mine.update(waiting_since=timezone.now() - minutes * MINUTE)
    told = now(cast)
    assert (told.waiting, told.waiting_long) == (3, 2)
    assert age(told.waiting_since, told.at) == "9 min"


def test_volunteers_on_and_free_and_what_they_hold(cast: Cast) -> None:
    cast.talks(cast.sam)
    cast.ready(cast.robin)
    presence.seen({cast.sam.id, cast.robin.id})
    told = now(cast)
    assert (told.volunteers, told.free, told.talks, told.talks_each) == (2, 2, 1, 0.5)
    presence.set_ready(cast.robin.id, False)
    presence.set_ready(cast.sam.id, True, 1)
    assert now(cast).free == 0


def test_supervisors_are_counted_apart(cast: Cast) -> None:
    cast.ready(cast.alex)
    presence.seen({cast.alex.id})
    assert (now(cast).supervisors, now(cast).volunteers) == (1, 0)


def test_who_left_before_an_answer_in_half_an_hour(cast: Cast) -> None:
    for number in range(3):
        cast.visits("hello", who=f"one {number}")
        leaving.end(cast.visitor_of(f"one {number}"))
    long_ago = Conversation.objects.filter(visitor=cast.visitor_of("one 2"))
    long_ago.update(closed_at=timezone.now() - 31 * MINUTE)
    cast.answers(cast.talks(), "hello")
    assert now(cast).left == 2


def test_flags_open_and_unanswered_with_their_age(cast: Cast) -> None:
    for number in range(2):
        cast.visits(RISKY, who=f"one {number}")
    Flag.objects.update(raised_at=timezone.now() - 4 * MINUTE)
    escalation.acknowledge(cast.alex.id, Flag.objects.all()[0].id)
    told = now(cast)
    assert (told.flags, told.unanswered, age(told.unanswered_since, told.at)) == (2, 1, "4 min")


def test_texts_that_went_wrong_today(cast: Cast) -> None:
    row = cast.talks(medium=Medium.SMS)
    for state in ("unknown", "failed", "undelivered", "delivered"):
        Delivery.objects.create(visitor=row.visitor, purpose="reply", state=state, not_before=timezone.now())
    told = now(cast)
    assert (told.unsure, told.failed) == (1, 2)


# --- the light ----------------------------------------------------------------------------------------------


def test_the_light_is_good_while_everything_works(cast: Cast) -> None:
    dispatcher.tell_due()
    cast.ready(cast.sam, cast.alex)
    cast.visits(RISKY)
    assert now(cast).trouble == ()


def test_the_light_says_what_is_wrong(cast: Cast) -> None:
    cast.visits(RISKY)
    raise_alarm("provider_unreachable")
    assert now(cast).trouble == ("worker_silent", "flag_alone", "nobody_on_shift", "alarm")


def test_all_that_can_be_wrong_has_words(cast: Cast) -> None:
    cast.visits(RISKY)
    raise_alarm("provider_unreachable")
    assert set(TROUBLE) == set(now(cast).trouble)


def test_a_worker_that_stopped_is_seen_within_a_minute(cast: Cast) -> None:
    at = timezone.now()
    pulse.beat(at)
    assert pulse.is_alive(at + timedelta(seconds=59))
    assert not pulse.is_alive(at + timedelta(seconds=61))


def test_a_worker_writes_down_its_rounds_every_quarter_of_a_minute(cast: Cast) -> None:
    at = timezone.now()
    for seconds in (0, 5, 10, 16):
        pulse.beat(at + timedelta(seconds=seconds))
    assert pulse.is_alive(at + timedelta(seconds=75))
    assert pulse.beat(at) is False
