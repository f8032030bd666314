"""A line's own risk phrases beside the project's: whether one can be read, and what a message would be found by.

Nothing of what is tried here is kept or logged.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from routing import risk
from routing.risk.automaton import Automaton
from routing.risk.grammar import Graph, PhraseError, Writer
from routing.risk.templates import PHRASES, Phrases, load

OWN = "line."
"""How the template id of a line's own phrase begins; those of the project name a category there."""

LEVELS = {level.word: level for level in risk.Level}


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
        return risk.Level(self.level).word


def trouble(text: str) -> str | None:
    """In words what keeps the screen from reading this phrase; None if nothing does."""
    try:
        _compiled([text])
    except PhraseError as wrong:
        return str(wrong)
    return None


def template_of(phrase: Mapping[str, Any]) -> str:
    """The id under which a message's reasons name this phrase: the same for as long as its words are the same."""
    named = f"{phrase['language']}/{phrase['text']}"
    return OWN + hashlib.sha256(named.encode()).hexdigest()[:12]


def labels() -> dict[str, tuple[str, str]]:
    """The label and level of the project's own templates, by id."""
    return {one.id: (one.label, one.level.word) for one in _phrases().templates}


def tried(line_phrases: Sequence[Mapping[str, Any]], text: str) -> list[Match]:
    """Everything that would be found in this message, as it is said first in a conversation; the gravest first."""
    ours = [
        Match(one.template, one.label, False, one.level, one.start, one.end)
        for one in risk.assess(text).reasons
    ]
    return sorted([*ours, *_own(line_phrases, text)], key=lambda one: (-one.level, one.start))


def _own(phrases: Sequence[Mapping[str, Any]], text: str) -> list[Match]:
    words = _phrases().normalise(text)
    found: dict[int, Match] = {}
    for hit in _compiled([one["text"] for one in phrases]).find(words.words):
        one = phrases[hit.owner]
        start, end = words.starts[hit.start], words.ends[hit.end - 1]
        found[hit.owner] = Match(template_of(one), one["text"], True, LEVELS[one["level"]], start, end)
    return list(found.values())


def _compiled(texts: Sequence[str]) -> Automaton:
    normalise, graph = _phrases().normalise, Graph()
    writer = Writer(graph, _word_lists(), lambda word: normalise(word).words)
    for owner, text in enumerate(texts):
        writer.add(text, owner)
    return Automaton(graph)


@lru_cache(maxsize=1)
def _phrases() -> Phrases:
    return load()


@lru_cache(maxsize=1)
def _word_lists() -> dict[str, list[str]]:
    return tomllib.loads((PHRASES / "words.toml").read_text())
