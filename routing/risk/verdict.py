"""What a screening says: a level, and the reasons that a supervisor reads beside the quoted words."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace


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
    for what the model found. `plain` is false where the words around it deny it, put it in the past or give it to
    somebody else.
    """

    template: str
    category: str
    label: str
    start: int
    end: int
    level: Level
    subject: str = "self"
    probability: float | None = None
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """What a text holds of a whole: its `facet` (ideation, passive, intent, means, time), where, and of what category.

    Said plainly, but perhaps below what is a reason by itself: "tonight".
    """

    facet: str
    category: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said before: what staff asked since the visitor's last words, if that may be what they answer.

    `alert` is true if the conversation holds signs of risk already (`talk.py`): what is a part of a whole then counts
    even where it is no sign by itself.
    """

    question: str | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on one message: `level` is the highest of its reasons.

    `unscreened` means that the text was not, or not wholly, read; whoever stores it raises that flag.
    `probability` is the model's, that a supervisor should know of the text; None where no model read it.
    `parts` are what the text can add to what else is said in its conversation.
    """

    level: Level
    reasons: tuple[Reason, ...]
    version: str
    unscreened: bool = False
    probability: float | None = None
    parts: tuple[Part, ...] = ()

    def joined(self, reasons: Iterable[Reason], parts: Iterable[Part] = ()) -> Assessment:
        """This verdict and what else was found in the same text, the gravest reason first; never a lower one."""
        both = tuple(sorted((*self.reasons, *reasons), key=lambda reason: (-reason.level, reason.start)))
        level = max((self.level, *(reason.level for reason in both)))
        return replace(self, level=level, reasons=both, parts=(*self.parts, *parts))

    @classmethod
    def failed(cls, version: str = "none") -> Assessment:
        """The verdict when nothing could be read: no level is claimed, and the mark says so."""
        return cls(Level.NONE, (), version, unscreened=True)
