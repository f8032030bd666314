"""What must be so of the rows at any moment; each raises AssertionError."""

from collections import Counter
from uuid import UUID

from chatline.conversations.models import Conversation
from chatline.conversations.states import STEPS, State
from routing.models import FlagState
from routing.patience import TELLS


def numbered(row: Conversation) -> None:
    said = list(row.messages.all())
    assert sorted(one.seq for one in said) == list(range(1, row.last_seq + 1))
    assert all(one.version <= row.version for one in said)


def flagged(row: Conversation) -> None:
    unresolved = [flag for flag in row.flags.all() if flag.state != FlagState.RESOLVED]
    assert row.open_flags == len(unresolved)
    assert not unresolved or row.state != State.CLOSED
    assert not unresolved or row.closing_at is None


def stepped(row: Conversation) -> None:
    steps = [(one.before, one.after) for one in sorted(row.steps.all(), key=lambda one: one.id)]
    assert steps[0] == ("", State.WAITING)
    assert all(step in STEPS for step in steps[1:])
    assert [after for _, after in steps[:-1]] == [before for before, _ in steps[1:]]
    assert steps[-1][1] == row.state


def told(row: Conversation) -> None:
    """What the line said by itself: never twice what is said once, and goodbye only at the end."""
    purposes = Counter(one.purpose for one in row.messages.all() if one.purpose)
    once = ("welcome", "closed", "paused", "full", "expired", "closing", "quiet_close")
    assert all(purposes[purpose] <= 1 for purpose in once)
    assert row.told_waiting <= len(TELLS)
    assert row.state == State.CLOSED or not (
        purposes["expired"] or purposes["closing"] or purposes["quiet_close"]
    )


def owned(rows: list[Conversation], seats: dict[UUID, int]) -> None:
    unclosed = [row for row in rows if row.state != State.CLOSED]
    assert all((row.state == State.ACTIVE) == (row.volunteer_id is not None) for row in unclosed)
    held = Counter(row.volunteer_id for row in unclosed if row.volunteer_id)
    assert all(held[one] <= seats[one] for one in held)
    assert max(Counter(row.visitor_id for row in unclosed).values(), default=0) <= 1
    unseen = [
        row for row in unclosed if row.state == State.WAITING and row.visitor_left_at and not row.open_flags
    ]
    assert not unseen, "left, not at risk, and waiting where nobody would ever take them"
