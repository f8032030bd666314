"""The provider's error codes, as data: what happens to the text, and what the volunteer reads.

To add one: a line in `CODES`. The codes and their meanings are Twilio's, https://www.twilio.com/docs/api/errors/<code>;
which of them were certainly not processed is said there too (20429: "never processed, always safe to retry").
"""

from dataclasses import dataclass
from enum import Enum, auto

from chatline.conversations.states import Fault


class Then(Enum):
    """What happens to a text that the provider answers, or later reports, with this code."""

    FAIL = auto()
    """It will not arrive, and is not tried again by itself."""

    SLOW = auto()
    """It was not taken because we ask too fast: soon again, and it counts as no attempt."""

    LATER = auto()
    """It was not taken, through no fault of the text's: later again."""

    MEND = auto()
    """The same, but an operator has to act first; our number sends nothing meanwhile."""


@dataclass(frozen=True, slots=True)
class Code:
    """`fault` is what the volunteer reads; `repeatable`, whether they may send it once more by a click.

    `alarm` is what an operator is shown, `stops` that the person counts as stopped from now on.
    """

    then: Then
    fault: Fault
    repeatable: bool = False
    alarm: str = ""
    stops: bool = False


SENDER_REFUSED, FILTERED = "sender_refused", "texts_filtered"

_OURS = Code(Then.MEND, Fault.OURS, alarm=SENDER_REFUSED)
_BUG = Code(Then.FAIL, Fault.OURS, alarm=SENDER_REFUSED)
_NUMBER = Code(Then.FAIL, Fault.NO_SUCH_NUMBER)
_REGION = Code(Then.FAIL, Fault.REGION)
_REGISTRATION = Code(Then.FAIL, Fault.OURS, repeatable=True, alarm=SENDER_REFUSED)

OTHER = Code(Then.FAIL, Fault.CARRIER, repeatable=True)
"""Any code that is not listed: shown, and a person decides."""

CODES = {
    # the account, or our number, cannot send
    20003: _OURS,  # wrong credentials
    20005: _OURS,  # the account is not active
    20404: _OURS,  # no such account
    21210: _OURS,  # the sender may not call
    21606: _OURS,  # the sender is not ours, or cannot text there
    21659: _OURS,
    21660: _OURS,
    21703: _OURS,  # the messaging service has no sender
    21704: _OURS,
    21212: _OURS,  # the sender is no number
    30002: Code(Then.FAIL, Fault.OURS, repeatable=True, alarm=SENDER_REFUSED),  # the account is suspended
    30032: _REGISTRATION,  # toll-free number not verified
    30033: _REGISTRATION,  # campaign suspended
    30034: _REGISTRATION,  # number not registered
    30035: _REGISTRATION,
    # a request that we should not have made
    21602: _BUG,  # no words
    21603: _BUG,  # no sender
    21604: _BUG,  # no receiver
    21617: _BUG,  # longer than 1,600
    21619: _BUG,
    21620: _BUG,
    21623: _BUG,
    21624: _BUG,  # a validity out of range
    # too fast, or too much
    20429: Code(Then.SLOW, Fault.CARRIER),
    21611: Code(Then.LATER, Fault.CARRIER),  # more than ten hours of texts wait at this number
    30001: Code(Then.FAIL, Fault.CARRIER, repeatable=True),
    30022: Code(Then.FAIL, Fault.CARRIER, repeatable=True),
    30023: Code(Then.FAIL, Fault.CARRIER, repeatable=True),
    30027: Code(Then.FAIL, Fault.CARRIER, repeatable=True),
    14107: Code(Then.FAIL, Fault.CARRIER, repeatable=True),  # many replies within seconds
    # the person or their phone
    21211: _NUMBER,
    21610: Code(Then.FAIL, Fault.OPTED_OUT, stops=True),
    21614: Code(Then.FAIL, Fault.LANDLINE),
    30003: Code(Then.FAIL, Fault.PHONE_OFF, repeatable=True),
    30004: Code(Then.FAIL, Fault.BLOCKED),
    30005: _NUMBER,
    30006: Code(Then.FAIL, Fault.LANDLINE),
    # where they are
    21408: Code(Then.FAIL, Fault.REGION, alarm=SENDER_REFUSED),  # the region is not enabled
    21215: Code(Then.FAIL, Fault.REGION, alarm=SENDER_REFUSED),  # the same for calls
    21612: _REGION,
    # the carriers between
    30007: Code(Then.FAIL, Fault.FILTERED, alarm=FILTERED),
    30450: Code(Then.FAIL, Fault.FILTERED, alarm=FILTERED),
    30453: Code(Then.FAIL, Fault.FILTERED, alarm=FILTERED),
    30455: Code(Then.FAIL, Fault.FILTERED, alarm=FILTERED),
    30008: OTHER,
    30017: OTHER,  # congestion
    30036: Code(Then.FAIL, Fault.TOO_LATE, repeatable=True),  # its validity ended on the way
    30410: OTHER,  # the provider's own time-out: it may have arrived, so only a person may repeat it
}


def meaning(code: int | None) -> Code:
    return CODES.get(code or 0, OTHER)
