"""Reads the phrase files once, refuses what is wrong in them, and makes them ready to search with.

What a file holds is described in phrases/README.md, for those who write phrases.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from routing.risk.automaton import Automaton, Hit
from routing.risk.grammar import Graph, PhraseError, Writer
from routing.risk.normalise import Normaliser
from routing.risk.tongue import Tongues
from routing.risk.verdict import Level

PHRASES = Path(__file__).parent / "phrases"
CATEGORIES = ("suicide", "self_harm", "harm_others", "abuse_now", "medical", "child")
LANGUAGES = ("en", "es")
CODE_VERSION = "2"  # raised by whoever changes what the same phrases yield

_ID = re.compile(r"[a-z_]+\.[a-z_]+")
_LEVELS = {level.word: level for level in Level}


@dataclass(frozen=True, slots=True)
class Template:
    """One thing worth finding, in every language we have phrases for, with the examples that test it.

    `facet` is the part it can play in a whole, such as ideation or means; see Together.
    `late` templates are only looked for when something else was found, for they say nothing alone.
    A `hint` says too little to be a sign by itself: alone it counts where the model does not disagree.
    `subject` and `tense` say whom and when it is about, before the words around it are looked at.
    """

    id: str
    category: str
    label: str
    level: Level
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    en: tuple[str, ...] = ()
    es: tuple[str, ...] = ()
    facet: str = ""
    negatable: bool = False
    subject: str = "self"
    tense: str = "present"
    late: bool = False
    hint: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """Phrases that change what others mean: past, again, idioms."""

    id: str


@dataclass(frozen=True, slots=True)
class Together:
    """Facets that amount to a level when all of them are in one message."""

    facets: frozenset[str]
    level: Level


@dataclass(frozen=True, slots=True)
class Scope:
    """Single words that the scope of a phrase depends on; see scope.toml."""

    negators: frozenset[str]
    void: frozenset[str]
    contrast: frozenset[str]
    raising: frozenset[str]
    writer: frozenset[str]
    others: frozenset[str]
    children: frozenset[str]
    laughs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Everything read: `owners[hit.owner]` says what a hit means.

    `signs` find what says something by itself; `rest` what only says more about that, and is seldom needed.
    `lists` are the word lists that a phrase may name.
    """

    owners: tuple[Template | Marker, ...]
    signs: tuple[Automaton, ...]
    rest: Automaton
    normalise: Normaliser
    tongues: Tongues
    scope: Scope
    together: tuple[Together, ...]
    lists: Mapping[str, Sequence[str]]
    version: str

    @property
    def templates(self) -> tuple[Template, ...]:
        return tuple(owner for owner in self.owners if isinstance(owner, Template))

    def find(self, words: Sequence[str], *, parts: bool = True) -> list[Hit]:
        """All that is in `words`; without a sign in them the rest only if `parts` of a plan are wanted as well."""
        hits = [hit for automaton in self.signs for hit in automaton.find(words)]
        return hits + self.rest.find(words) if hits or parts else hits

    def beside(self, automaton: Automaton, templates: Iterable[Template], version: str) -> Phrases:
        """These and others: `automaton` finds the `templates`, which it counts on from our owners."""
        return replace(
            self,
            owners=(*self.owners, *templates),
            signs=(*self.signs, automaton),
            version=f"{self.version}.{version}",
        )


def load(folder: Path = PHRASES) -> Phrases:
    """Read every file of `folder`. Raises PhraseError, tomllib.TOMLDecodeError, OSError."""
    files = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.toml"))}
    tables = {name: tomllib.loads(content.decode()) for name, content in files.items()}
    missing = {"words", "scope", "spelling", "tongues", *CATEGORIES} - tables.keys()
    if missing:
        raise PhraseError(f"missing phrase files: {', '.join(sorted(missing))}")
    normalise = Normaliser(tables["spelling"])
    templates = [
        _template(row, tables[name]["category"]) for name in CATEGORIES for row in _rows(tables[name])
    ]
    _refuse_twins(templates)
    markers: dict[str, list[str]] = tables["scope"]["markers"]
    owners: tuple[Template | Marker, ...] = (*templates, *(Marker(name) for name in markers))
    phrases = [*((*t.en, *t.es) for t in templates), *markers.values()]
    signs, rest = Graph(), Graph()
    spell = functools.cache(lambda word: normalise(word).words)
    for number, (owner, texts) in enumerate(zip(owners, phrases, strict=True)):
        graph = signs if isinstance(owner, Template) and not owner.late else rest
        writer = Writer(graph, tables["words"], spell)
        for text in texts:
            try:
                writer.add(text, number)
            except PhraseError as error:
                raise PhraseError(f"{owner.id}: {error} in {text!r}") from error
    digest = hashlib.sha256(b"\0".join(files.values())).hexdigest()[:8]
    return Phrases(
        owners,
        (Automaton(signs),),
        Automaton(rest),
        normalise,
        Tongues(tables["tongues"]),
        _scope(tables["scope"], normalise),
        _together(tables["scope"], templates),
        tables["words"],
        f"{CODE_VERSION}.{digest}",
    )


def _rows(table: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = table["template"]
    return rows


def _template(row: Mapping[str, Any], category: str) -> Template:
    if row.get("hint") and row.get("level") != Level.CONCERN.word:
        raise PhraseError(f"template {row.get('id')!r}: only a concern can be a hint")
    unknown = row.keys() - {field.name for field in fields(Template)}
    name = row.get("id", "")
    if unknown or not _ID.fullmatch(name) or category not in CATEGORIES:
        raise PhraseError(f"template {name!r}: bad id or category, or unknown keys {sorted(unknown)}")
    if row.get("level") not in _LEVELS or not row.get("match") or not row.get("no_match"):
        raise PhraseError(f"template {name!r} needs a level, and examples that match and that do not")
    if not any(row.get(language) for language in LANGUAGES) or not row.get("label"):
        raise PhraseError(f"template {name!r} needs a label, and phrases in some language")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    values |= {"category": category, "level": _LEVELS[row["level"]]}
    return Template(**values)


def _refuse_twins(templates: Sequence[Template]) -> None:
    names = [template.id for template in templates]
    twins = {name for name in names if names.count(name) > 1}
    if twins:
        raise PhraseError(f"two templates share an id: {', '.join(sorted(twins))}")


def _scope(table: Mapping[str, Any], normalise: Normaliser) -> Scope:
    return Scope(
        **{
            field.name: frozenset(word for text in table[field.name] for word in normalise(text).words)
            for field in fields(Scope)
        }
    )


def _together(table: Mapping[str, Any], templates: Sequence[Template]) -> tuple[Together, ...]:
    known = {template.facet for template in templates}
    rows = tuple(Together(frozenset(row["facets"]), _LEVELS[row["level"]]) for row in table["together"])
    for row in rows:
        if not row.facets <= known:
            raise PhraseError(f"no template has the facet {', '.join(sorted(row.facets - known))}")
    return rows
