"""Whether a text is in a language that the phrases are not in: then it has not really been read, and a person must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FEWEST = 2  # different words that are another language's alone: names and loans come one by one
TIMES = (
    2  # as many as of those that are ours alone; whoever mixes languages is read for the part that is ours
)


class Tongues:
    """Knows the languages of `tongues.toml` by their commonest words."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        ours = frozenset(tables["en"].split()) | frozenset(tables["es"].split())
        others = [frozenset(words.split()) for words in tables["others"].values()]
        self._theirs = frozenset().union(*others) - ours
        self._apart = [(language - ours, ours - language) for language in others]

    def is_other(self, words: Sequence[str]) -> bool:
        """Whether `words`, as the normaliser gives them, are plainly another language's."""
        if len(self._theirs.intersection(words)) < FEWEST:
            return False
        used = set(words)
        return any(
            len(theirs & used) >= max(FEWEST, TIMES * len(ours & used)) for theirs, ours in self._apart
        )
