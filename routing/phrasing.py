"""A line's own risk phrases beside the project's: whether one can be read, and what a message would be found by.

Nothing of what is tried here is kept or logged.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chatline.lines.models import Phrase
from routing import risk
from routing.risk import Addition, Additions, Level, PhraseError

LEVELS = {level.word: level for level in Level}

FRESH = 5.0
"""Seconds after which a line's phrases are read again: so soon every process finds a new one."""

_read: dict[UUID, tuple[float, Additions]] = {}


def additions_of(line: UUID) -> Additions:
    """The line's own phrases as the screen takes them; at most `FRESH` seconds old."""
    until, additions = _read.get(line, (0.0, Additions()))
    if until <= time.monotonic():
        rows = Phrase.objects.filter(line=line).order_by("place", "id")
        additions = as_additions(rows.values("language", "category", "level", "text"))
        _read[line] = time.monotonic() + FRESH, additions
    return additions


def read_anew() -> None:
    """Phrases were changed in this process."""
    _read.clear()


def as_additions(phrases: Iterable[Mapping[str, Any]]) -> Additions:
    """Phrases as the line's sheet has them."""
    return Additions(tuple(_addition(one) for one in phrases))


def _addition(phrase: Mapping[str, Any]) -> Addition:
    return Addition(phrase["language"], phrase["category"], LEVELS[phrase["level"]], phrase["text"])


def template_of(phrase: Mapping[str, Any]) -> str:
    """The id under which a message's reasons name this phrase."""
    return risk.own_template(phrase["language"], phrase["text"])


def trouble(text: str) -> str | None:
    """In words what keeps the screen from reading this phrase; None if nothing does."""
    try:
        risk.check(Additions((Addition("en", "suicide", Level.CONCERN, text),)))
    except PhraseError as wrong:
        return str(wrong).removeprefix("phrase 1: ")
    return None


@dataclass(frozen=True, slots=True)
class Match:
    """What a phrase finds: code points `start` to `end` of a message, end exclusive. `own` if it is the line's."""

    template: str
    label: str
    own: bool
    level: int
    start: int
    end: int

    @property
    def level_word(self) -> str:
        return Level(self.level).word


def tried(phrases: Iterable[Mapping[str, Any]], text: str) -> list[Match]:
    """Everything that would be found in this message, as it is said first in a conversation; the gravest first."""
    reasons = risk.assess(text, additions=as_additions(phrases)).reasons
    found = [
        Match(one.template, one.label, is_own(one.template), one.level, one.start, one.end) for one in reasons
    ]
    return sorted(found, key=lambda one: (-one.level, one.start))


def is_own(template: str) -> bool:
    """Whether it is a phrase of a line, and none of the project's."""
    return template.startswith(risk.OWN)
