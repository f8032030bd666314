"""What a screening says: a level, and the reasons that a supervisor reads beside the quoted words."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.IntEnum):
    """How much a message worries the screen; ordered, so that the highest wins and can be ratcheted."""

    NONE = 0
    CONCERN = 1
    HIGH = 2
    IMMINENT = 3

    @property
    def word(self) -> str:
        """The level as tables, frames and phrase files write it: none, concern, high, imminent."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was found. `start` and `end` are code points in the original text, end exclusive.

    `subject` is whom it is about: self, other, or any where the words do not say. `probability` is the model's,
    for what the model found.
    """

    template: str
    category: str
    label: str
    start: int
    end: int
    level: Level
    subject: str = "self"
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the conversation already holds: its ratcheted level, and the volunteer's last question."""

    level: Level = Level.NONE
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on one message: `level` is the highest of its reasons.

    `unscreened` means that the text was not, or not wholly, read; whoever stores it raises that flag.
    `probability` is the model's, that a supervisor should know of the text; None where no model read it.
    """

    level: Level
    reasons: tuple[Reason, ...]
    version: str
    unscreened: bool = False
    probability: float | None = None

    @classmethod
    def failed(cls, version: str = "none") -> Assessment:
        """The verdict when nothing could be read: no level is claimed, and the mark says so."""
        return cls(Level.NONE, (), version, unscreened=True)
