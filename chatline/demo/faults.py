"""What goes wrong, and when: a script that the network follows, written by hand or drawn from a seed.

Three lists, each eaten from the front, where nothing left means that all goes well:

- `creates`: one `Turn` for each request to create a message, also for one that is refused;
- `reads`: one `Create` for each list or fetch of messages (those that happen "after" count as "before");
- `arrivals`: one `Arrival` for each text of a handset on its way to the line.

`Script.random(seed)` writes one; the same seed writes the same.
"""

import random
from collections.abc import Iterable
from enum import StrEnum
from typing import Self, TypeVar

import msgspec

T = TypeVar("T")

LATE = 40.0
"""Seconds by which a late callback is late: far behind every other one of its text."""

LONG_AFTER = 3 * 24 * 3600.0
"""Seconds after which a webhook comes once more; providers have been seen to do so days later."""

CODES = (30003, 30004, 30005, 30006, 30007, 30008)
"""Why a carrier did not deliver: https://www.twilio.com/docs/api/errors"""


class Create(StrEnum):
    """How a request to create a message ends. Those named `..._after` have created it all the same."""

    FINE = "fine"
    REFUSED = "refused"  # nobody listens: certainly not created
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    SILENT_BEFORE = "silent_before"  # no answer until the caller gives up
    SILENT_AFTER = "silent_after"
    TOO_FAST = "too_fast"  # 429 with 20429: certainly not created
    TOO_FAST_BARE = "too_fast_bare"  # 429 as a page of HTML, from something in between
    ERROR_BEFORE = "error_before"  # 500, 502 or 503
    ERROR_AFTER = "error_after"
    NO_ID = "no_id"  # 201 that does not say which; created

    @property
    def creates(self) -> bool:
        """Whether there is a message afterwards."""
        return self in {
            Create.FINE,
            Create.RESET_AFTER,
            Create.SILENT_AFTER,
            Create.ERROR_AFTER,
            Create.NO_ID,
        }


class Report(StrEnum):
    """What happens to the callbacks of one text."""

    EARLY = "early"  # `sent` comes before the answer to the request
    LATE = "late"
    TWICE = "twice"
    MISSING = "missing"
    REORDERED = "reordered"  # `sent` comes after the last one


class Arrival(StrEnum):
    """What happens to the webhook of one text of a handset."""

    FINE = "fine"
    AT_ONCE = "at_once"  # posted twice at the same moment
    AGAIN = "again"  # and once more, days later
    UNHEARD = "unheard"  # the line's answer comes too late to be heard, so the provider tries again


class Turn(msgspec.Struct, frozen=True):
    """What happens to one request to create, and to its text if there is one.

    `status` is the HTTP status of an error. `ending` is `undelivered` or `failed` with the carrier's `code`, or empty
    for whatever the handset makes of it. `lag` is for how many seconds no list shows the text.
    """

    create: Create = Create.FINE
    status: int = 502
    reports: tuple[Report, ...] = ()
    ending: str = ""
    code: int = 0
    lag: float = 0.0


FINE = Turn()


class Script(msgspec.Struct):
    """See the module. Changing it while the network runs is what tests and the page do, through `Carrier.script`."""

    creates: list[Turn] = []
    reads: list[Create] = []
    arrivals: list[Arrival] = []

    def next_create(self) -> Turn:
        return _next(self.creates, FINE)

    def next_read(self) -> Create:
        return _next(self.reads, Create.FINE)

    def next_arrival(self) -> Arrival:
        return _next(self.arrivals, Arrival.FINE)

    @classmethod
    def random(cls, seed: int, length: int = 12, badness: float = 0.5) -> Self:
        """`length` entries of each list, of which about the part `badness` (0 to 1) goes wrong in some way."""
        dice = random.Random(seed)  # noqa: S311  # a script, not a secret

        def some(bad: Iterable[T], fine: T) -> T:
            return dice.choice(list(bad)) if dice.random() < badness else fine

        def turn() -> Turn:
            ending = some(("undelivered", "failed"), "") if dice.random() < 0.5 else ""
            return Turn(
                create=some(Create, Create.FINE),
                status=dice.choice((500, 502, 503)),
                reports=tuple(one for one in Report if dice.random() < badness / 4),
                ending=ending,
                code=dice.choice(CODES) if ending else 0,
                lag=some((5.0, 30.0, 90.0), 0.0),
            )

        return cls(
            creates=[turn() for _ in range(length)],
            reads=[some((*_READS, Create.FINE), Create.FINE) for _ in range(length)],
            arrivals=[some(Arrival, Arrival.FINE) for _ in range(length)],
        )


_READS = (Create.REFUSED, Create.RESET_BEFORE, Create.SILENT_BEFORE, Create.TOO_FAST, Create.ERROR_BEFORE)


def _next(entries: list[T], fine: T) -> T:
    return entries.pop(0) if entries else fine
