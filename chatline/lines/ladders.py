"""The ladder of a line: who is paged by which channel, so many seconds after a flag opened. Plain values, no rows.

A flag climbs while nobody acknowledges it; `routing/ladder.py` says when which step is due.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Whom(StrEnum):
    ON_SHIFT = "on_shift"  # supervisors who are signed in
    SUPERVISORS = "supervisors"  # all of them, signed in or not
    ON_CALL = "on_call"  # the line's list, in its order
    MANAGERS = "managers"
    SYSTEMS = "systems"  # the line's hooks and the installed plug-ins


class Channel(StrEnum):
    SCREEN = "screen"
    EMAIL = "email"
    TEXT = "text"
    VOICE = "voice"
    HOOK = "hook"
    PLUGIN = "plugin"


@dataclass(frozen=True, slots=True, order=True)
class Rung:
    """`after` is in seconds since the flag opened."""

    after: int
    whom: str
    channel: str


DEFAULT = (
    Rung(0, Whom.ON_SHIFT, Channel.SCREEN),
    Rung(0, Whom.SYSTEMS, Channel.HOOK),
    Rung(0, Whom.SYSTEMS, Channel.PLUGIN),
    Rung(30, Whom.ON_SHIFT, Channel.SCREEN),
    Rung(30, Whom.SUPERVISORS, Channel.EMAIL),
    Rung(60, Whom.ON_CALL, Channel.TEXT),
    Rung(60, Whom.ON_CALL, Channel.VOICE),
    Rung(120, Whom.MANAGERS, Channel.TEXT),
    Rung(120, Whom.MANAGERS, Channel.VOICE),
    Rung(120, Whom.MANAGERS, Channel.EMAIL),
)
"""What a line climbs that has set nothing else: screens at once; after 30 s again, and whoever came meanwhile, and all
supervisors by e-mail; the on-call list after 60 s; managers after 120 s."""


AWAY = frozenset({Channel.EMAIL, Channel.TEXT, Channel.VOICE})
"""Channels that reach somebody who is at no screen."""


def can_reach(whom: str, channel: str) -> bool:
    """Whether this channel leads to these: systems have channels of their own, a screen is seen by who is signed in."""
    if whom == Whom.SYSTEMS or channel in (Channel.HOOK, Channel.PLUGIN):
        return whom == Whom.SYSTEMS and channel in (Channel.HOOK, Channel.PLUGIN)
    return channel != Channel.SCREEN or whom == Whom.ON_SHIFT


def of(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    """A line's own rungs in their order, or the ready ones if it has none."""
    return tuple(sorted(rungs)) or DEFAULT
