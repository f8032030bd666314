"""The screen: read, find, weigh each finding by its surroundings, put the parts of a plan together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from routing.risk.additions import Additions, extended
from routing.risk.grammar import PhraseError
from routing.risk.model import Model, raised, seconded
from routing.risk.normalise import Words
from routing.risk.parts import PLAN
from routing.risk.scope import Finding, Reading
from routing.risk.templates import Phrases
from routing.risk.verdict import Assessment, Earlier, Level, Part, Reason

NO_ADDITIONS = Additions()
LINES = 32  # whose additions are kept compiled

MOST_CHARACTERS = 20_000  # ten times what a message may hold; what lies beyond is marked as not read


class Screen:
    """Assesses texts by one set of phrases, and by the model if it is given; holds nothing of what it has read."""

    def __init__(self, phrases: Phrases, model: Model | None = None) -> None:
        self.phrases = phrases
        self.model = model
        self._extended = functools.lru_cache(maxsize=LINES)(self._extend)

    def assess(self, text: str, earlier: Earlier, additions: Additions = NO_ADDITIONS) -> Assessment:
        """The verdict on `text`. Work grows with its length only; may raise, the caller then marks it.

        Additions that cannot be read leave the text marked, and our own phrases in force.
        """
        phrases = self._extended(additions)
        unread = len(text) > MOST_CHARACTERS or (bool(additions.rows) and phrases is self.phrases)
        words = phrases.normalise(text[:MOST_CHARACTERS])
        findings = _findings(phrases, words, earlier)
        reasons = _reasons(findings, words)
        level = max((reason.level for reason in reasons), default=Level.NONE)
        parts = _parts(findings, words) if reasons or earlier.alert else ()
        unread = unread or words.foreign or phrases.tongues.is_other(words.words)
        verdict = Assessment(level, reasons, self._version_with(phrases), unread, parts=parts)
        if self.model is None:
            return verdict
        opinion = self.model.read(words)
        if not earlier.alert and findings and all(found.template.hint for found in findings if found.level):
            return seconded(verdict, opinion)
        return raised(verdict, opinion)

    @property
    def version(self) -> str:
        """Of our phrases and the model: what the same text yields changes only with it."""
        return self._version_with(self.phrases)

    def _version_with(self, phrases: Phrases) -> str:
        return phrases.version if self.model is None else f"{phrases.version}.{self.model.version}"

    def findings(self, words: Words) -> list[Finding]:
        """What our phrases find in `words`, each at its level after scope and before anything they make together."""
        return Reading(self.phrases, words, self.phrases.find(words.words)).findings()

    def warm(self) -> None:
        """Read every example once, so that the first visitor does not wait for what is worked out on the way."""
        for template in self.phrases.templates:
            for text in (*template.match, *template.no_match):
                self.phrases.find(self.phrases.normalise(text).words)

    def _extend(self, additions: Additions) -> Phrases:
        try:
            return extended(self.phrases, additions) if additions.rows else self.phrases
        except PhraseError:
            return self.phrases


def _findings(phrases: Phrases, words: Words, earlier: Earlier) -> list[Finding]:
    hits = phrases.find(words.words, parts=earlier.alert)
    if not hits:
        return []
    reading = Reading(phrases, words, hits)
    findings = _composed(phrases, reading.findings())
    if any(found.level is Level.HIGH for found in findings) and reading.laughs():
        return [_laughed_off(found) for found in findings]
    return findings


def _laughed_off(found: Finding) -> Finding:
    """Laughter takes one level, never the last one, and nothing from an act in progress."""
    if found.level is Level.HIGH:
        return replace(found, level=Level.CONCERN)
    return found


def _composed(phrases: Phrases, findings: Sequence[Finding]) -> list[Finding]:
    """Raise the findings that mean more together than each by itself, as scope.toml says."""
    facets = {found.template.facet for found in findings if found.plain and found.template.facet}
    met = [together for together in phrases.together if together.facets <= facets]
    level = max((together.level for together in met), default=Level.NONE)
    parts = frozenset().union(*(together.facets for together in met if together.level is level))
    return [
        replace(found, level=max(found.level, level))
        if found.plain and found.template.facet in parts
        else found
        for found in findings
    ]


def _parts(findings: Iterable[Finding], words: Words) -> tuple[Part, ...]:
    """What may make up a plan with what is said in other messages."""
    return tuple(
        Part(found.template.facet, found.template.category, *words.span(found.start, found.end))
        for found in findings
        if found.plain and found.template.facet in PLAN
    )


def _reasons(findings: Iterable[Finding], words: Words) -> tuple[Reason, ...]:
    """One reason a template, at its highest and then longest; the gravest first."""
    best: dict[str, Finding] = {}
    for found in findings:
        if found.level > Level.NONE:
            kept = best.get(found.template.id)
            if kept is None or _weight(found) > _weight(kept):
                best[found.template.id] = found
    ordered = sorted(best.values(), key=lambda found: (-found.level, found.start))
    return tuple(
        Reason(
            found.template.id,
            found.template.category,
            found.template.label,
            *words.span(found.start, found.end),
            found.level,
            found.subject,
            plain=found.plain,
        )
        for found in ordered
    )


def _weight(found: Finding) -> tuple[Level, int]:
    return found.level, found.end - found.start
