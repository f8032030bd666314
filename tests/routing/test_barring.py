"""Ending an abusive contact, barring it for a while, and what becomes of who is barred."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.conversations.models import Block, Conversation, Delivery, Message
from chatline.conversations.states import Medium, State
from chatline.errors import ChatlineError
from chatline.people.actions import add_staff
from chatline.people.models import Alarm, AuditEntry, Role, Staff
from routing import barring, board, dispatcher, escalation, helping, queue
from routing.models import Outcome
from tests.cast import RISKY, Cast
from tests.routing.times import now_open

pytestmark = [pytest.mark.both, pytest.mark.django_db]

HOUR = timedelta(hours=1)


@pytest.fixture
def second(cast: Cast) -> Staff:
    """Another supervisor."""
    return add_staff("noor", "Noor", cast.line.id, Role.SUPERVISOR, password="noor-supervises-here")


def given_up(cast: Cast, medium: Medium = Medium.SMS) -> Conversation:
    talk = cast.talks(medium=medium)
    helping.ask(cast.sam.id, talk.id, "abuse")
    return talk


def barred(cast: Cast, medium: Medium = Medium.SMS, hours: int = 24) -> tuple[Conversation, Block]:
    talk = given_up(cast, medium)
    block = barring.bar(cast.alex.id, talk.id, hours, "abuse")
    assert block
    talk.refresh_from_db()
    return talk, block


def code_of(verb: object, *arguments: object, **more: object) -> str:
    with pytest.raises(ChatlineError) as refusal:
        verb(*arguments, **more)  # type: ignore[operator]
    return refusal.value.code


def writes(cast: Cast, medium: Medium, text: str = "you again") -> None:
    cast.texts(text) if medium == Medium.SMS else cast.visits(text)


# --- ended ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("medium", Medium)
def test_who_is_barred_is_closed_without_a_word_and_then_not_queued(cast: Cast, medium: Medium) -> None:
    talk = given_up(cast, medium)
    Conversation.objects.update(told_at=None)
    said = Message.objects.count()
    barring.bar(cast.alex.id, talk.id, 24, "sexual")
    talk.refresh_from_db()
    assert (talk.state, talk.close_reason, talk.help) == ("closed", "barred", "")
    writes(cast, medium)
    assert now_open().blocked
    assert board.queue([cast.line.id]) == []
    assert Message.objects.count() == said + 1


def test_the_block_has_a_reason_an_end_and_an_audit_entry(cast: Cast) -> None:
    talk, block = barred(cast, hours=72)
    assert (block.reason, block.by, block.reviewed_by) == ("abuse", cast.alex.id, None)
    assert block.expires_at - block.since == 72 * HOUR
    entry = AuditEntry.objects.latest("id")
    assert (entry.actor, entry.verb, entry.subject) == (cast.alex.id, "bar", str(talk.id))
    assert entry.detail == {"reason": "abuse", "hours": "72"}


def test_for_no_hours_it_is_ended_with_a_goodbye_and_nobody_is_barred(cast: Cast) -> None:
    talk = given_up(cast)
    Conversation.objects.update(told_at=None)
    assert barring.bar(cast.alex.id, talk.id, 0, "prank") is None
    assert Delivery.objects.latest("id").purpose == "closing"
    assert not Block.objects.exists()
    cast.texts("sorry")
    assert not now_open().blocked


def test_one_that_a_volunteer_still_holds_can_be_ended_too(cast: Cast) -> None:
    talk = cast.talks()
    barring.bar(cast.alex.id, talk.id, 24, "threats")
    talk.refresh_from_db()
    assert talk.state == State.CLOSED


def test_beside_an_open_flag_nobody_is_ended(cast: Cast) -> None:
    talk = given_up(cast)
    cast.texts(RISKY)
    for hours in (0, 24):
        assert code_of(barring.bar, cast.alex.id, talk.id, hours, "abuse") == "open_flag"
    talk.refresh_from_db()
    assert (talk.state, Block.objects.count()) == ("waiting", 0)


def test_nobody_is_barred_twice_nor_for_a_reason_that_does_not_exist(cast: Cast) -> None:
    talk, _ = barred(cast)
    assert code_of(barring.bar, cast.alex.id, talk.id, 24, "abuse") == "blocked_already"
    assert code_of(barring.bar, cast.alex.id, talk.id, 24, "he was rude") == "unknown_reason"


def test_only_a_supervisor_of_the_line_bars(cast: Cast) -> None:
    talk = given_up(cast)
    for person in (cast.sam, cast.maria, cast.olive):
        assert code_of(barring.bar, person.id, talk.id, 24, "abuse") == "not_found"


# --- while it stands --------------------------------------------------------------------------------------


@pytest.mark.parametrize("medium", Medium)
def test_what_a_barred_person_opened_closes_an_hour_after_their_last_word(cast: Cast, medium: Medium) -> None:
    barred(cast, medium)
    writes(cast, medium)
    row = now_open()
    assert not barring.end_blocked(timezone.now() + HOUR / 2)
    assert barring.end_blocked(timezone.now() + HOUR * 1.1)
    row.refresh_from_db()
    assert (row.state, row.close_reason) == ("closed", "blocked")
    writes(cast, medium)
    assert now_open().id != row.id


def test_a_barred_person_at_risk_stays_until_a_supervisor_has_resolved_it(cast: Cast) -> None:
    barred(cast)
    cast.texts(RISKY)
    row = now_open()
    assert row.open_flags
    assert not barring.end_blocked(timezone.now() + 20 * HOUR)
    escalation.resolve(cast.alex.id, row.flags.get().id, Outcome.WATCHED, "")
    assert barring.end_blocked(timezone.now() + 20 * HOUR)


@pytest.mark.parametrize("how", ["lifted", "run out"])
def test_who_is_no_longer_barred_joins_the_queue(cast: Cast, how: str) -> None:
    _, block = barred(cast)
    cast.texts("let me back")
    if how == "lifted":
        barring.review(cast.alex.id, block.pk, lift=True)
    else:
        Block.objects.update(expires_at=timezone.now())
    assert dispatcher.forget_due()
    cast.ready(cast.robin)
    assert queue.take(cast.robin.id).id == now_open().id


# --- reviewed ---------------------------------------------------------------------------------------------


def test_a_second_supervisor_reviews_and_the_first_cannot(cast: Cast, second: Staff) -> None:
    _, block = barred(cast)
    assert code_of(barring.review, cast.alex.id, block.pk, lift=False) == "needs_another"
    barring.review(second.id, block.pk, lift=False)
    (told,) = barring.barred([cast.line.id])
    assert (told.by, told.reviewed_by, told.handle) == ("Alex", "Noor", now_handle())


def now_handle() -> str:
    return Conversation.objects.select_related("visitor").latest("opened_at").visitor.handle


@pytest.mark.parametrize("medium", Medium)
def test_supervisors_see_who_is_barred(cast: Cast, medium: Medium) -> None:
    barred(cast, medium)
    assert [one.handle for one in barring.barred([cast.line.id])] == [now_handle()]
    assert barring.barred([cast.other_line.id]) == []


def test_for_others_a_block_does_not_exist_and_what_is_over_is_over(cast: Cast) -> None:
    _, block = barred(cast)
    for person in (cast.sam, cast.maria, cast.olive):
        assert code_of(barring.review, person.id, block.pk, lift=True) == "not_found"
    barring.review(cast.alex.id, block.pk, lift=True)
    assert code_of(barring.review, cast.alex.id, block.pk, lift=True) == "block_over"
    assert barring.barred([cast.line.id]) == []


def test_a_block_that_nobody_reviewed_within_a_day_is_an_alarm_until_somebody_does(
    cast: Cast, second: Staff
) -> None:
    _, block = barred(cast, hours=72)
    assert not barring.watch_reviews(timezone.now() + 23 * HOUR)
    later = timezone.now() + 25 * HOUR
    assert [barring.watch_reviews(later), barring.watch_reviews(later)] == [True, False]
    alarm = Alarm.objects.get(code="block_unreviewed")
    assert (alarm.subject, alarm.count) == ("demo", 1)
    barring.review(second.id, block.pk, lift=False)
    assert barring.watch_reviews(later)
    assert not Alarm.objects.filter(cleared_at=None).exists()
