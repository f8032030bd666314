"""How long somebody waits, or is silent, before the line says something by itself or lets them go. Pure.

The times are those of crisis lines that text (`timers.py` carries them out): a first word after two minutes, because
people give up on a phone that says nothing; then rarely, because each text lights up a screen that others may see.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chatline.conversations.states import DeliveryState
from routing.risk import Level

TELLS = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 25, 40))
"""When those who wait are told that they are not forgotten: at first `waiting`, then three times `still_waiting`.

Counted is the time in which the line was open: nobody expects an answer at night from a line that is closed."""

OPEN_ENOUGH = timedelta(hours=2)
"""How long a line must have been open while somebody waited before their waiting expires: else whoever texted before a
long weekend would be let go in the minute in which the line opens."""

MOST_MINUTES = 90
"""A longer wait is not promised in minutes."""

ARRIVED = frozenset({DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Tell:
    """A text for somebody who waits; `told` is how many of `TELLS` are behind them with it."""

    purpose: str
    told: int


def while_waiting(told: int, waited: timedelta) -> Tell | None:
    """What is due to somebody who was told so often; what was missed is not made up for."""
    passed = sum(waited >= tell for tell in TELLS)
    if passed <= told:
        return None
    return Tell("waiting" if passed == 1 else "still_waiting", passed)


def honest_minutes(recent: tuple[int, int] | None, waited: timedelta) -> int | None:
    """The longer end of the waits of late, unless this one has outlasted it already."""
    if recent is None or recent[1] > MOST_MINUTES or timedelta(minutes=recent[1]) <= waited:
        return None
    return recent[1]


def is_expired(waited: timedelta, waited_open: timedelta, limit: timedelta) -> bool:
    """Whether somebody who has waited since their last word, this much of it on an open line, is let go."""
    return bool(limit) and waited >= limit and waited_open >= min(limit, OPEN_ENOUGH)


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody does not answer the volunteer, who spoke at `since`.

    `arrived` is whether what was last said reached them, as far as anybody knows; `ask` and `close` are the line's.
    """

    since: datetime
    asked_at: datetime | None
    arrived: bool
    at_risk: bool
    ask: timedelta
    close: timedelta


def after_silence(silence: Silence, now: datetime) -> str | None:
    """`still_there`, `quiet_close`, or None. Silence proves nothing where our text may not have arrived.

    Nobody is let go for it beside an open flag, nor sooner after the question than the line's two times lie apart.
    """
    if not silence.arrived or not silence.ask or now < silence.since + silence.ask:
        return None
    if silence.asked_at is None:
        return "still_there"
    patient = max(silence.since + silence.close, silence.asked_at + (silence.close - silence.ask))
    return "quiet_close" if silence.close and not silence.at_risk and now >= patient else None


SILENT_AT_RISK = {Level.HIGH: timedelta(minutes=10), Level.IMMINENT: timedelta(minutes=5)}
"""How long somebody at this risk is silent before a supervisor has to look anew. Lines that chat let go of the silent
after ten to fifteen minutes: whoever is at risk is looked after by then, and in half the time where an act is near."""


def is_silence_alarming(level: Level, since: datetime, now: datetime) -> bool:
    """Whether somebody at this risk has not written for too long since our answer reached them."""
    return level in SILENT_AT_RISK and now >= since + SILENT_AT_RISK[level]
