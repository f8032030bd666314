"""The states of a conversation and of a delivery, as data. No database, no Django."""

from enum import StrEnum

from chatline.errors import Refused


class State(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    CLOSED = "closed"


STEPS: frozenset[tuple[State, State]] = frozenset(
    {
        (State.WAITING, State.ACTIVE),  # taken
        (State.ACTIVE, State.ACTIVE),  # handed over: another owner, never nobody
        (State.ACTIVE, State.WAITING),  # released, or the volunteer is gone
        (State.ACTIVE, State.CLOSED),  # closed
        (State.WAITING, State.CLOSED),  # left, or expired
    }
)
"""Every step there is. `closed` is final: a later message opens a new conversation."""


class Kind(StrEnum):
    REAL = "real"
    PRACTICE = "practice"
    DRILL = "drill"


class Medium(StrEnum):
    WEB = "web"
    SMS = "sms"


class Sender(StrEnum):
    VISITOR = "visitor"
    VOLUNTEER = "volunteer"
    SUPERVISOR = "supervisor"
    LINE = "line"


class DeliveryState(StrEnum):
    READY = "ready"
    POSTING = "posting"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


_RANK = {
    DeliveryState.READY: 0,
    DeliveryState.POSTING: 1,
    # What became of it is not known; whatever the provider then says about it is news.
    DeliveryState.UNKNOWN: 2,
    DeliveryState.ACCEPTED: 3,
    DeliveryState.SENT: 4,
}
FINAL = 9


def rank(state: str) -> int:
    """How far a delivery has come; the final states share the highest rank, so the first of them stays."""
    return _RANK.get(DeliveryState(state), FINAL)


def check_step(before: str, after: str) -> None:
    """Raises Refused `illegal_step` unless the table allows it."""
    if (State(before), State(after)) not in STEPS:
        raise Refused(f"A conversation cannot go from {before} to {after}.", code="illegal_step")
