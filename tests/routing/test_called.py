"""A flag is acknowledged from the phone of somebody who was called."""

import secrets
from uuid import uuid4

import pytest
from django.utils import timezone

from chatline.errors import NotFound, Refused
from chatline.lines.ladders import Channel
from chatline.people.models import AuditEntry, Membership, Staff
from routing import called, escalation, pages, roster
from routing.models import Flag, Page
from routing.reaching import Reach, set_contact
from tests.cast import A_NUMBER, Cast
from tests.routing.calls import ALEX, MARIA, acknowledge_by_code, flagged, pass_seconds, reached

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def flag(cast: Cast) -> Flag:
    """Everybody was called about it."""
    reached(cast)
    flag = flagged(cast)
    pass_seconds(flag.raised_at, 120)
    return flag


def page_to(staff: Staff, channel: Channel = Channel.TEXT) -> Page:
    return Page.objects.get(staff=staff, channel=channel)


def code_of(staff: Staff) -> str:
    return page_to(staff).code


def is_open(flag: Flag) -> bool:
    flag.refresh_from_db()
    return flag.state == "open"


def test_the_code_of_a_text_acknowledges_the_flag(cast: Cast, flag: Flag) -> None:
    taken = acknowledge_by_code(ALEX.phone, code_of(cast.alex))
    assert taken
    assert (taken.id, taken.state, taken.acknowledged_by, taken.next_at) == (
        flag.id,
        "acknowledged",
        cast.alex,
        None,
    )
    entry = AuditEntry.objects.get(verb="acknowledge_flag")
    assert (entry.actor, entry.subject, entry.detail) == (cast.alex.id, str(flag.id), {"via": "text"})


def test_a_key_pressed_on_a_call_does_too(cast: Cast, flag: Flag) -> None:
    called.acknowledge_page(page_to(cast.alex, Channel.VOICE).oid)
    assert not is_open(flag)
    assert AuditEntry.objects.get(verb="acknowledge_flag").detail == {"via": "voice"}


def test_a_manager_who_was_called_may(cast: Cast, flag: Flag) -> None:
    acknowledge_by_code(MARIA.phone, code_of(cast.maria))
    assert not is_open(flag)


def test_a_manager_at_a_screen_may_not(cast: Cast, flag: Flag) -> None:
    with pytest.raises(NotFound):
        escalation.acknowledge(cast.maria.id, flag.id)
    assert is_open(flag)


def test_a_wrong_code_acknowledges_nothing(cast: Cast, flag: Flag) -> None:
    wrong = {"00000", "", code_of(cast.maria)} - {code_of(cast.alex)}
    assert [acknowledge_by_code(ALEX.phone, one) for one in wrong] == [None] * len(wrong)
    assert is_open(flag)


def test_a_right_code_from_another_phone_acknowledges_nothing(cast: Cast, flag: Flag) -> None:
    for number in (A_NUMBER, MARIA.phone, ""):
        assert acknowledge_by_code(number, code_of(cast.alex)) is None
    assert is_open(flag)


def test_somebody_whose_number_was_taken_out_acknowledges_nothing(cast: Cast, flag: Flag) -> None:
    code = code_of(cast.alex)
    set_contact(cast.alex.id, cast.alex.id, Reach())
    assert [acknowledge_by_code(number, code) for number in (ALEX.phone, "")] == [None, None]
    assert is_open(flag)


@pytest.mark.parametrize("leaves", ["the line", "altogether"])
def test_somebody_who_left_acknowledges_nothing(cast: Cast, flag: Flag, leaves: str) -> None:
    if leaves == "the line":
        Membership.objects.filter(staff=cast.alex).delete()
    else:
        roster.deactivate(cast.maria.id, cast.line.id, cast.alex.id)
    assert acknowledge_by_code(ALEX.phone, code_of(cast.alex)) is None
    with pytest.raises(NotFound):
        called.acknowledge_page(page_to(cast.alex).oid)
    assert is_open(flag)


def test_no_page_and_a_page_to_nobody_acknowledge_nothing(cast: Cast, flag: Flag) -> None:
    page = page_to(cast.alex)
    Page.objects.filter(id=page.id).update(staff=None)
    for oid in (uuid4(), page.oid):
        with pytest.raises(NotFound):
            called.acknowledge_page(oid)
    assert acknowledge_by_code(ALEX.phone, page.code) is None


@pytest.mark.parametrize("faster", ["acknowledged", "resolved"])
def test_who_comes_second_hears_that_somebody_has_it(cast: Cast, flag: Flag, faster: str) -> None:
    if faster == "acknowledged":
        escalation.acknowledge(cast.alex.id, flag.id)
    else:
        escalation.resolve(cast.alex.id, flag.id, "watched", "")
    with pytest.raises(Refused, match="already_acknowledged"):
        acknowledge_by_code(MARIA.phone, code_of(cast.maria))
    flag.refresh_from_db()
    assert flag.acknowledged_by == cast.alex


def test_after_a_day_a_code_is_no_answer_to_anything(cast: Cast, flag: Flag) -> None:
    Page.objects.update(made_at=timezone.now() - pages.ANSWERED_WITHIN)
    assert acknowledge_by_code(ALEX.phone, code_of(cast.alex)) is None


def test_each_text_has_a_code_of_its_own_of_five_digits_and_nothing_else_has_one(
    cast: Cast, flag: Flag
) -> None:
    assert code_of(cast.alex) != code_of(cast.maria)
    assert all(one.isdigit() and len(one) == 5 for one in (code_of(cast.alex), code_of(cast.maria)))
    assert not Page.objects.exclude(channel=Channel.TEXT).exclude(code="").exists()


def test_nobody_is_given_a_code_twice_within_a_day(
    cast: Cast, flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an answer to one of many texts would acknowledge another flag."""
    last = int(code_of(cast.alex)) - 10_000
    drawn = iter([last, last, 4])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    assert pages.new_code(cast.alex.id, timezone.now()) == "10004"
