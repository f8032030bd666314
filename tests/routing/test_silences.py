"""Somebody at risk falls silent: a supervisor has to look anew, once a silence."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Message, Visitor
from chatline.conversations.states import Medium
from routing import dispatcher, escalation, silences
from routing.models import Flag
from tests.cast import RISKY, Cast
from tests.flows.races import code_of, threads
from tests.routing.times import MINUTE, everything_arrives

pytestmark = [pytest.mark.both, pytest.mark.django_db]

HIGH = "i want to die"


def at_risk(cast: Cast, words: str = RISKY, medium: Medium = Medium.WEB) -> datetime:
    """Somebody said this, Sam answered, and a supervisor has acknowledged it; when that was."""
    row = cast.talks(medium=medium)
    cast.visits(words) if medium == Medium.WEB else cast.texts(words)
    cast.answers(row, "Where are you now?")
    escalation.acknowledge(cast.alex.id, Flag.objects.get().id)
    return timezone.now()


def calls() -> list[str]:
    return [one["label"] for one in Flag.objects.get().reasons if one["template"] == silences.SILENT]


def pass_to(start: datetime, *minutes: float) -> None:
    for minute in minutes:
        silences.call_anew(start + minute * MINUTE)


@pytest.mark.parametrize(
    ("words", "minutes", "label"),
    [
        (RISKY, 5, "They have not written for 5 minutes"),
        (HIGH, 10, "They have not written for 10 minutes"),
    ],
)
def test_a_supervisor_has_to_acknowledge_their_silence(
    cast: Cast, words: str, minutes: int, label: str
) -> None:
    start = at_risk(cast, words)
    pass_to(start, 1, minutes - 0.1)
    assert (calls(), Flag.objects.get().state) == ([], "acknowledged")
    pass_to(start, minutes)
    assert (calls(), Flag.objects.get().state) == ([label], "open")


def test_the_reason_is_beside_their_last_words(cast: Cast) -> None:
    start = at_risk(cast)
    pass_to(start, 5)
    assert (
        Flag.objects.get().reasons[-1]["seq"]
        == Message.objects.filter(sender_kind="visitor").latest("seq").seq
    )


def test_it_is_called_once_a_silence_whatever_is_said_to_them(cast: Cast) -> None:
    start = at_risk(cast)
    pass_to(start, 5)
    cast.answers(Conversation.objects.get(), "Are you still with me?")
    pass_to(start, 6, 20, 60)
    assert len(calls()) == 1


def test_another_silence_is_called_again(cast: Cast) -> None:
    start = at_risk(cast)
    pass_to(start, 5)
    cast.visits("sorry i was in the kitchen")
    cast.answers(Conversation.objects.get(), "I'm glad you are back.")
    pass_to(timezone.now(), 5)
    assert len(calls()) == 2


def test_their_time_counts_from_the_first_answer(cast: Cast) -> None:
    start = at_risk(cast)
    with time_machine.travel(start + 4 * MINUTE, tick=False):
        cast.answers(Conversation.objects.get(), "Are you still with me?")
    pass_to(start, 5.1)
    assert len(calls()) == 1


def test_everybody_sees_it(cast: Cast) -> None:
    start = at_risk(cast)
    before = Conversation.objects.get().version
    pass_to(start, 5)
    assert Conversation.objects.get().version > before


@pytest.mark.parametrize("why", ["answered", "unanswered", "left", "resolved", "stopped", "not arrived"])
def test_no_supervisor_is_called_for(cast: Cast, why: str) -> None:
    start = at_risk(cast, medium=Medium.SMS)
    everything_arrives()
    if why == "answered":
        cast.texts("at home")
    if why == "unanswered":
        Message.objects.filter(sender_kind="volunteer").update(sender_kind="line")
    if why == "left":
        leaving.end(Visitor.objects.get().id)
    if why == "resolved":
        escalation.resolve(cast.alex.id, Flag.objects.get().id, "watched", "")
    if why == "stopped":
        Visitor.objects.update(stopped_at=start)
    if why == "not arrived":
        Message.objects.exclude(delivery="").update(delivery="undelivered")
    pass_to(start, 5, 10, 60)
    assert calls() == []


def test_an_answer_by_text_that_arrived_begins_a_silence(cast: Cast) -> None:
    start = at_risk(cast, medium=Medium.SMS)
    everything_arrives()
    pass_to(start, 5)
    assert len(calls()) == 1


def test_a_worker_does_it_by_itself_and_then_finds_nothing_more(cast: Cast) -> None:
    start = at_risk(cast)
    with time_machine.travel(start + 6 * MINUTE, tick=False):
        assert [dispatcher.tell_due(), dispatcher.tell_due()] == [True, False]
    assert len(calls()) == 1


WORKERS = 4


def race(cast: Cast) -> list[str]:
    later = at_risk(cast) + 6 * MINUTE
    with threads(WORKERS) as workers:
        outcomes = workers.at_once([partial(silences.call_anew, later)] * WORKERS)
    assert [code_of(one) for one in outcomes] == [""] * WORKERS
    return calls()


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_calls(cast: Cast) -> None:
    assert len(race(cast)) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_second_look_each_worker_calls(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The break: nobody looks whether this silence was called already."""
    monkeypatch.setattr(silences, "_is_called", lambda *_: False)
    assert len(race(cast)) > 1


def test_where_nobody_is_at_risk_one_query_says_so(cast: Cast, django_assert_num_queries: Any) -> None:
    cast.talks()
    with django_assert_num_queries(1):
        silences.call_anew(timezone.now() + 60 * MINUTE)
