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


class NoteKind(StrEnum):
    NOTE = "note"  # for whoever holds the conversation, and supervisors
    WHISPER = "whisper"  # a supervisor to the volunteer
    AGREED = "agreed"  # what was agreed, for whoever answers this person next time
    NOT_ASKED = "not_asked"  # why the risk question was not appropriate


class RiskQuestion(StrEnum):
    """In the order in which they are asked (practice of crisis lines: all four with yes is imminent)."""

    THOUGHTS = "thoughts"
    PLAN = "plan"
    MEANS = "means"
    TIMEFRAME = "timeframe"


class RiskReply(StrEnum):
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    UNSAID = "unsaid"  # asked, and not answered


class RiskAsked(StrEnum):
    ASKED = "asked"
    NOT_APPROPRIATE = "not_appropriate"


class Contact(StrEnum):
    """What kind of contact it was (Kids Help Phone's and others' wrap-up forms)."""

    SELF = "self"
    OTHER = "other"  # about somebody else
    SILENT = "silent"
    ABUSE = "abuse"
    AROUSAL = "arousal"
    TEST = "test"
    WRONG = "wrong"  # meant for somebody else


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


class Fault(StrEnum):
    """Why a text did not arrive, as the volunteer reads it; each is a word of `templates/desk.html` (`fault.<it>`)."""

    OPTED_OUT = "opted_out"  # they told the provider or their carrier to stop
    NO_SUCH_NUMBER = "no_such_number"
    LANDLINE = "landline"  # or a carrier that this number of ours cannot reach
    PHONE_OFF = "phone_off"
    BLOCKED = "blocked"  # by the person or their carrier
    FILTERED = "filtered"  # by the provider or the carrier, for what it says
    CARRIER = "carrier"  # the carrier gives no better reason
    REGION = "region"  # the provider may not text there
    TOO_LATE = "too_late"  # it would have arrived when nobody waits for it any more
    OURS = "ours"  # an operator has to mend something
    GONE = "gone"  # the words or the number were erased before it was sent


class MediaState(StrEnum):
    WAITING = "waiting"
    KEPT = "kept"
    REFUSED = "refused"  # too large, or of a kind that is not taken
    LOST = "lost"  # the provider has it no more, or it was erased here


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


class Thing(StrEnum):
    """What a grant shows: the number of a texter, or all that was said in a closed conversation."""

    NUMBER = "number"
    WORDS = "words"


class GrantKind(StrEnum):
    GLASS = "glass"  # broken for a reason, with a second person
    REVIEW = "review"  # drawn by the system, for whoever learns from it


class GrantState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    ENDED = "ended"  # refused, withdrawn or taken back; one whose time is over is still `granted`


class HoldReason(StrEnum):
    """Why the law makes the organisation keep words."""

    COURT_ORDER = "court_order"
    REGULATOR = "regulator"
    CLAIM = "claim"  # against the organisation, or by it
