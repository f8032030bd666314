"""A line's own phrases: in the language of ours, found beside them, written by its manager."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from routing.risk.automaton import Automaton
from routing.risk.grammar import Graph, PhraseError, Writer
from routing.risk.templates import CATEGORIES, LANGUAGES, Phrases, Template
from routing.risk.verdict import Level

MOST_ROWS = 200
LONGEST_TEXT = 200  # characters

OWN = "line."
"""How the template id of a line's own phrase begins; those of the project name a category there."""


def own_template(language: str, text: str) -> str:
    """The id under which a line's phrase is reported: the same for as long as its words are the same."""
    return OWN + hashlib.sha256(f"{language}/{text}".encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Addition:
    """One phrase of a line, and what it means when it is found."""

    language: str
    category: str
    level: Level
    text: str

    @property
    def template(self) -> str:
        return own_template(self.language, self.text)


@dataclass(frozen=True)
class Additions:
    """All phrases of a line."""

    rows: tuple[Addition, ...] = ()

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """The same for the same rows; what is compiled is kept under it."""
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()[:8]


def extended(phrases: Phrases, additions: Additions) -> Phrases:
    """`phrases` and the line's own beside them.

    Raises PhraseError, which says in plain words what in which row cannot be read.
    """
    if len(additions.rows) > MOST_ROWS:
        raise PhraseError(f"a line can have {MOST_ROWS} phrases of its own; these are {len(additions.rows)}")
    graph = Graph()
    writer = Writer(graph, phrases.lists, lambda word: phrases.normalise(word).words)
    for number, row in enumerate(additions.rows):
        try:
            _refuse(row)
            writer.add(row.text, len(phrases.owners) + number)
        except PhraseError as error:
            raise PhraseError(f"phrase {number + 1}: {error}") from error
    templates = map(_template, additions.rows)
    return phrases.beside(Automaton(graph), templates, additions.digest)


def _refuse(row: Addition) -> None:
    if row.language not in LANGUAGES:
        raise PhraseError(f"the language is one of {_listed(LANGUAGES)}, not {row.language!r}")
    if row.category not in CATEGORIES:
        raise PhraseError(f"the category is one of {_listed(CATEGORIES)}, not {row.category!r}")
    if row.level is Level.NONE:
        raise PhraseError("the level is concern, high or imminent")
    if not row.text.strip():
        raise PhraseError("there is nothing to look for")
    if len(row.text) > LONGEST_TEXT:
        raise PhraseError(f"a phrase has at most {LONGEST_TEXT} characters")


def _template(row: Addition) -> Template:
    """Taken at its word: the manager says what it means, whatever stands around it."""
    return Template(
        id=row.template,
        category=row.category,
        label=row.text,
        level=row.level,
        match=(),
        no_match=(),
        subject="any",
        tense="any",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
