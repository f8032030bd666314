"""What the line says by itself to those who wait, who are silent, or for whom nobody came; and that it says it once."""

from datetime import datetime, time, timedelta
from functools import partial
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from chatline.conversations import actions, keys, presence
from chatline.conversations.actions import Saying
from chatline.conversations.models import Block, Conversation, Delivery, Key, Message, Presence, Step, Visitor
from chatline.conversations.states import Medium, State
from chatline.lines.actions import pause, resume
from chatline.lines.models import Hours
from routing import carrier_words, dispatcher, escalation, queue, timers
from routing.carrier_words import Keyword
from tests.cast import ANOTHER_NUMBER, RISKY, Cast, fingerprint, new_key
from tests.flows.races import code_of, threads
from tests.routing.times import MINUTE, everything_arrives, now_open, opened, pass_minutes, sent, tick

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def start(cast: Cast) -> datetime:
    """Somebody has just texted."""
    cast.texts("hello")
    return now_open().opened_at


# --- those who wait ---------------------------------------------------------------------------------------


def test_who_waits_is_told_at_two_ten_twenty_five_and_forty_minutes(cast: Cast, start: datetime) -> None:
    told = []
    for minute in (0, 1, 2, 3, 4, 9, 10, 11, 12, 24, 25, 27, 39, 40, 42, 55, 180):
        before = len(sent())
        tick(start + minute * MINUTE)
        told += [(minute, purpose) for purpose in sent()[before:]]
    assert told == [(2, "waiting"), (10, "still_waiting"), (25, "still_waiting"), (40, "still_waiting")]


def test_a_worker_does_it_by_itself_and_then_finds_nothing_more(cast: Cast, start: datetime) -> None:
    with time_machine.travel(start + 3 * MINUTE, tick=False):
        assert [dispatcher.tell_due(), dispatcher.tell_due()] == [True, False]
    assert sent() == ["welcome", "waiting"]


def test_the_volunteer_reads_what_the_line_said(cast: Cast, start: datetime) -> None:
    before = now_open().version
    tick(start + 2 * MINUTE)
    assert now_open().version > before
    assert list(Message.objects.order_by("seq").values_list("purpose", flat=True)) == [
        "",
        "welcome",
        "waiting",
    ]


def test_who_was_taken_is_told_nothing_of_waiting(cast: Cast, start: datetime) -> None:
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    pass_minutes(start, 60)
    assert sent() == ["welcome"]


def test_who_is_back_in_the_queue_is_told_anew(cast: Cast, start: datetime) -> None:
    pass_minutes(start, 45)
    cast.ready(cast.sam)
    queue.release(cast.sam.id, queue.take(cast.sam.id).id)
    released = Step.objects.latest("id").at
    Conversation.objects.update(told_at=start)  # the clock of this test is ahead of the line's
    pass_minutes(released, 11, every=1)
    assert sent()[-2:] == ["waiting", "still_waiting"]


@pytest.mark.parametrize("why", ["stopped", "blocked", "erased", "web"])
def test_nothing_is_said_to(cast: Cast, why: str) -> None:
    if why == "blocked":
        Block.objects.create(
            line=cast.line,
            fingerprint=fingerprint(ANOTHER_NUMBER),
            by=cast.alex.id,
            since=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
        )
    cast.visits("hello") if why == "web" else cast.texts(RISKY, ANOTHER_NUMBER)
    if why == "stopped":
        Visitor.objects.update(stopped_at=timezone.now())
    if why == "erased":
        cast.texts("DELETE", ANOTHER_NUMBER, keyword=Keyword.DELETE)
    before = sent()
    pass_minutes(timezone.now(), 60)
    assert sent() == before


def test_two_automatic_texts_are_never_nearer_than_two_minutes(cast: Cast, start: datetime) -> None:
    cast.ready(cast.sam)
    Conversation.objects.update(told_at=start + 9 * MINUTE, told_waiting=1)
    tick(start + 10 * MINUTE)
    assert sent() == ["welcome"]
    tick(start + 11 * MINUTE)
    assert sent() == ["welcome", "still_waiting"]


def test_of_what_a_worker_missed_only_the_last_is_said(cast: Cast, start: datetime) -> None:
    tick(start + 30 * MINUTE)
    tick(start + 33 * MINUTE)
    assert sent() == ["welcome", "still_waiting"]


def test_nobody_is_told_of_waiting_while_the_line_is_paused(cast: Cast, start: datetime) -> None:
    pause(cast.line.id)
    pass_minutes(start, 60)
    assert sent() == ["welcome"]


def test_minutes_are_told_when_they_are_known(cast: Cast, start: datetime) -> None:
    for _ in range(3):
        Conversation.objects.create(
            line=cast.line,
            visitor=Visitor.objects.get(),
            medium=Medium.SMS,
            state=State.CLOSED,
            rank_at=start,
            waiting_since=start,
            opened_at=start,
            first_taken_at=start + 11.5 * MINUTE,
        )
    tick(start + 2 * MINUTE)
    text = Message.objects.get(purpose="waiting")
    assert "about 12 minutes" in opened(text)


# --- those for whom nobody came ---------------------------------------------------------------------------


def hours_pass(cast: Cast, start: datetime, hours: float) -> None:
    tick(start + timedelta(hours=hours))


def test_waiting_expires_with_a_word(cast: Cast, start: datetime) -> None:
    hours_pass(cast, start, 12.1)
    row = Conversation.objects.get()
    assert (row.state, row.close_reason, sent()[-1]) == ("closed", "expired", "expired")


def test_who_comes_back_after_that_opens_a_new_conversation(cast: Cast, start: datetime) -> None:
    hours_pass(cast, start, 12.1)
    cast.texts("are you there now")
    assert now_open().previous == Conversation.objects.get(close_reason="expired")


def test_it_counts_from_their_last_word(cast: Cast, start: datetime) -> None:
    Conversation.objects.update(last_visitor_at=start + timedelta(hours=5))
    hours_pass(cast, start, 16.9)
    assert now_open().state == "waiting"
    hours_pass(cast, start, 17.1)
    assert Conversation.objects.get().state == "closed"


def test_nobody_expires_beside_an_open_flag(cast: Cast) -> None:
    cast.texts(RISKY)
    hours_pass(cast, timezone.now(), 100)
    assert now_open().state == "waiting"


def test_who_stopped_expires_without_a_word(cast: Cast, start: datetime) -> None:
    cast.texts("STOP", keyword=Keyword.STOP)
    before = sent()
    hours_pass(cast, start, 13)
    assert (Conversation.objects.get().state, sent()) == ("closed", before)


def test_over_a_long_weekend_nobody_expires_before_the_line_was_open(cast: Cast, start: datetime) -> None:
    opens = start + timedelta(hours=60)
    for weekday in range(7):
        is_today = weekday == opens.weekday()
        Hours.objects.create(
            line=cast.line,
            weekday=weekday,
            opens=opens.time() if is_today else time(0),
            closes=(opens + timedelta(hours=6)).time() if is_today else time(0, 0, 1),
        )
    hours_pass(cast, opens, 1)
    assert now_open().state == "waiting"
    hours_pass(cast, opens, 2.1)
    assert Conversation.objects.get().state == "closed"


def test_a_pause_that_is_over_gives_everybody_their_time_anew(cast: Cast, start: datetime) -> None:
    pause(cast.line.id)
    hours_pass(cast, start, 13)
    resume(cast.line.id)
    hours_pass(cast, start, 1.9)
    assert now_open().state == "waiting"


# --- those who are silent ---------------------------------------------------------------------------------


@pytest.fixture
def silent(cast: Cast, start: datetime) -> datetime:
    """Sam has answered, and the answer has arrived."""
    cast.ready(cast.sam)
    row = queue.take(cast.sam.id)
    actions.say(Saying(cast.sam.id, row.id, new_key(), "I am here"))
    everything_arrives()
    answered = now_open().last_answer_at
    assert answered
    return answered


def minutes_pass_and_texts_arrive(start: datetime, *minutes: float) -> None:
    for minute in minutes:
        tick(start + minute * MINUTE)
        everything_arrives()


def test_who_is_silent_is_asked_then_let_go(cast: Cast, silent: datetime) -> None:
    minutes_pass_and_texts_arrive(silent, 0, 9, 10, 11, 24, 25, 26, 27)
    row = Conversation.objects.get()
    assert sent() == ["welcome", "reply", "still_there", "quiet_close"]
    assert (row.state, row.close_reason) == ("closed", "quiet")


def test_being_let_go_can_be_undone(cast: Cast, silent: datetime) -> None:
    minutes_pass_and_texts_arrive(silent, 10)
    timers.end_silences(silent + 25 * MINUTE)
    queue.undo_close(cast.sam.id, now_open().id)
    minutes_pass_and_texts_arrive(silent, 25.1, 26)
    assert (now_open().state, sent()[-1]) == ("active", "still_there")


def test_an_answer_ends_a_silence(cast: Cast, silent: datetime) -> None:
    minutes_pass_and_texts_arrive(silent, 10)
    cast.texts("yes sorry")
    minutes_pass_and_texts_arrive(silent, 25, 26, 60)
    assert (now_open().asked_at, sent()[-1]) == (None, "still_there")


def test_nobody_is_let_go_beside_an_open_flag(cast: Cast, silent: datetime) -> None:
    escalation.raise_by_hand(cast.sam.id, now_open().id, "look")
    minutes_pass_and_texts_arrive(silent, 10, 25, 26, 60)
    assert (now_open().state, sent()[-1]) == ("active", "still_there")


def test_nobody_is_asked_who_may_not_have_our_text(cast: Cast, silent: datetime) -> None:
    Message.objects.filter(purpose="").update(delivery="undelivered")
    pass_minutes(silent, 60)
    assert sent() == ["welcome", "reply"]


def test_nobody_is_let_go_who_may_not_have_the_question(cast: Cast, silent: datetime) -> None:
    tick(silent + 10 * MINUTE)
    Message.objects.filter(purpose="still_there").update(delivery="unknown")
    pass_minutes(silent + 11 * MINUTE, 60)
    assert now_open().state == "active"


# --- by web -----------------------------------------------------------------------------------------------


@pytest.fixture
def silent_page(cast: Cast) -> datetime:
    """A visitor, whose page is open, does not answer Sam."""
    row = cast.talks()
    cast.answers(row, "are you there")
    presence.seen([row.visitor_id])
    Presence.objects.update(at=timezone.now() + timedelta(days=1))
    last = now_open().last_answer_at
    assert last
    return last


def test_who_is_silent_on_an_open_page_is_asked_there_and_let_go(cast: Cast, silent_page: datetime) -> None:
    tick(silent_page + 11 * MINUTE)
    assert Message.objects.latest("id").purpose == "still_there"
    tick(silent_page + 26 * MINUTE)
    tick(silent_page + 27 * MINUTE)
    assert Conversation.objects.get().close_reason == "quiet"
    assert not Delivery.objects.exists()


def test_nobody_is_asked_whose_page_is_closed(cast: Cast, silent_page: datetime) -> None:
    Presence.objects.update(at=silent_page)
    pass_minutes(silent_page, 60)
    assert (now_open().state, Message.objects.filter(purpose="still_there").exists()) == ("active", False)


@pytest.mark.parametrize(("is_open", "state"), [(True, "waiting"), (False, "closed")])
def test_who_waited_in_vain_is_let_go_once_their_page_is_closed(
    cast: Cast, is_open: bool, state: str
) -> None:
    row = Conversation.objects.get(visitor=cast.visits("hello").visitor)
    presence.seen([row.visitor_id])
    Presence.objects.update(at=row.opened_at + timedelta(days=is_open))
    tick(row.opened_at + 13 * 60 * MINUTE)
    row.refresh_from_db()
    assert row.state == state


# --- when a volunteer closes ------------------------------------------------------------------------------


def test_a_close_that_took_effect_is_told(cast: Cast, silent: datetime) -> None:
    queue.close(cast.sam.id, now_open().id, "done")
    tick(silent + 3 * MINUTE)
    assert (Conversation.objects.get().state, sent()[-1]) == ("closed", "closing")


def test_a_close_that_was_undone_is_not_told(cast: Cast, silent: datetime) -> None:
    queue.close(cast.sam.id, now_open().id, "done")
    queue.undo_close(cast.sam.id, now_open().id)
    tick(silent + 3 * MINUTE)
    assert sent() == ["welcome", "reply"]


def test_a_close_right_after_another_automatic_text_is_not_told(cast: Cast, silent: datetime) -> None:
    queue.close(cast.sam.id, now_open().id, "done")
    dispatcher.carry_out_closes(timezone.now() + timedelta(seconds=11))
    assert (Conversation.objects.get().state, sent()) == ("closed", ["welcome", "reply"])


def test_a_close_is_not_told_to_somebody_who_stopped(cast: Cast, silent: datetime) -> None:
    queue.close(cast.sam.id, now_open().id, "done")
    Visitor.objects.update(stopped_at=timezone.now())
    tick(silent + 3 * MINUTE)
    assert (Conversation.objects.get().state, sent()) == ("closed", ["welcome", "reply"])


def test_a_key_that_is_gone_holds_up_no_close(cast: Cast, silent: datetime) -> None:
    queue.close(cast.sam.id, now_open().id, "done")
    Key.objects.filter(owner=now_open().id).delete()
    keys.forget_opened()
    tick(silent + 3 * MINUTE)
    assert Conversation.objects.get().state == "closed"


# --- two workers at once ----------------------------------------------------------------------------------

WORKERS = 4


def race(cast: Cast, people: int) -> list[str]:
    """Everybody is due for a first word, then to expire, and all workers go around at the same moment."""
    for number in range(people):
        cast.texts("hello", f"+1202555{number:04}")
    now = timezone.now()
    with threads(WORKERS) as workers:
        for minutes in (2, 60 * 13):
            outcomes = workers.at_once([partial(tick, now + minutes * MINUTE)] * WORKERS)
            assert [code_of(one) for one in outcomes] == [""] * WORKERS
    return sent()


@pytest.mark.django_db(transaction=True)
def test_each_text_goes_out_once_however_many_workers_there_are(cast: Cast) -> None:
    told = race(cast, 12)
    assert {purpose: told.count(purpose) for purpose in set(told)} == {
        "welcome": 12,
        "waiting": 12,
        "expired": 12,
    }


@pytest.mark.django_db(transaction=True)
def test_without_the_second_look_workers_would_say_it_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: what was decided before the lock is carried out under it."""
    decided: dict[object, object] = {}
    look = timers._Waiting.what_to_tell

    def remember(self: timers._Waiting, row: Conversation) -> object:
        return decided.setdefault((row.id, self.now), look(self, row))

    monkeypatch.setattr(timers._Waiting, "what_to_tell", remember)
    monkeypatch.setattr(timers._Waiting, "overdue", lambda self: Conversation.objects.none())
    told = race(cast, 12)
    print(f"{told.count('waiting')} texts for 12 people with the break on {connection.vendor}")
    assert told.count("waiting") > 12


def test_a_word_of_the_provider_about_somebody_unknown_changes_nothing(cast: Cast) -> None:
    carrier_words.opted_out_elsewhere(uuid4())
    assert not Delivery.objects.exists()
