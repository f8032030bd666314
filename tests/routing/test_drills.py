"""A practice flag climbs like any other, is nobody's turn, and leaves nothing behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.conversations.models import Conversation
from chatline.conversations.states import Kind, State
from chatline.errors import NotFound, Refused
from chatline.people.models import Alarm, AuditEntry
from routing import climbing, drills, escalation, inbox, nobody, queue, walls
from routing.models import Flag
from tests.cast import RISKY, Cast


def row() -> Conversation:
    return Conversation.objects.get()


def test_a_drill_has_one_flag_that_says_practice_and_climbs(cast: Cast) -> None:
    flag = drills.begin(cast.line.id)
    [shown] = inbox.flags([cast.line.id])
    assert (shown.flag.id, shown.flag.level) == (flag.id, 2)
    assert shown.quotes[0].label.startswith("PRACTICE")
    assert all(said.text.startswith("PRACTICE") for said in shown.context)
    assert climbing.climb_due(timezone.now())
    assert row().kind == Kind.DRILL


def test_a_drill_takes_no_volunteer_from_a_person(cast: Cast) -> None:
    drills.begin(cast.line.id)
    cast.ready(cast.sam)
    with pytest.raises(Refused) as refused:
        queue.take(cast.sam.id)
    assert refused.value.code == "queue_empty"


def test_a_drill_raises_no_alarm_that_would_not_say_it_is_one(cast: Cast) -> None:
    drills.begin(cast.line.id)
    nobody.watch(timezone.now())
    assert not Alarm.objects.exists()


def test_a_drill_does_not_show_on_a_wall(cast: Cast) -> None:
    drills.begin(cast.line.id)
    shown = walls.now([cast.line.id], timezone.now())
    assert (shown.flags, shown.waiting) == (0, 0)


@pytest.mark.parametrize("taken", [False, True])
def test_at_its_end_the_flag_is_resolved_and_the_conversation_closed(taken: bool, cast: Cast) -> None:
    flag = drills.begin(cast.line.id)
    if taken:
        escalation.acknowledge(cast.alex.id, flag.id)
        cast.ready(cast.alex)
        queue.take(cast.alex.id)
    drills.end(flag.id)
    assert (row().state, row().open_flags, Flag.objects.get().state) == (State.CLOSED, 0, "resolved")
    assert not climbing.climb_due(timezone.now() + timedelta(hours=1))
    assert set(AuditEntry.objects.filter(subject=str(flag.id)).values_list("verb", flat=True)) >= {
        "begin_drill",
        "end_drill",
    }


def test_ending_it_twice_or_after_a_supervisor_resolved_it_is_no_harm(cast: Cast) -> None:
    flag = drills.begin(cast.line.id)
    escalation.resolve(cast.alex.id, flag.id, "watched", "")
    drills.end(flag.id)
    drills.end(flag.id)
    assert (row().state, row().open_flags) == (State.CLOSED, 0)


def test_another_flag_on_it_keeps_it_open(cast: Cast) -> None:
    flag = drills.begin(cast.line.id)
    cast.ready(cast.alex)
    held = queue.take(cast.alex.id)
    escalation.raise_by_hand(cast.alex.id, held.id, "")
    drills.end(flag.id)
    assert (row().state, row().open_flags) == (State.ACTIVE, 1)


def test_a_real_flag_is_never_ended_as_a_drill(cast: Cast) -> None:
    cast.visits(RISKY)
    flag = Flag.objects.get().id
    for verb in (drills.end, drills.acknowledge):
        with pytest.raises(NotFound):
            verb(flag)
    drills.end_forgotten(timezone.now() + drills.LONGEST)
    assert Flag.objects.get().state == "open"


def test_a_drill_whose_process_died_ends_by_itself(cast: Cast) -> None:
    drills.begin(cast.line.id)
    soon = timezone.now() + drills.LONGEST - timedelta(seconds=1)
    assert not drills.end_forgotten(soon)
    assert drills.end_forgotten(soon + timedelta(seconds=2))
    assert row().state == State.CLOSED
