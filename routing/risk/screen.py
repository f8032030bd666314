"""The screen: read, find, weigh each finding by its surroundings, put the parts of a plan together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from routing.risk.additions import Additions, extended
from routing.risk.grammar import PhraseError
from routing.risk.normalise import Words
from routing.risk.scope import Finding, Reading
from routing.risk.templates import Phrases
from routing.risk.verdict import Assessment, Earlier, Level, Reason

NO_ADDITIONS = Additions()
LINES = 32  # whose additions are kept compiled

MOST_CHARACTERS = 20_000  # ten times what a message may hold; what lies beyond is marked as not read


class Screen:
    """Assesses texts by one set of phrases; holds nothing of what it has read."""

    def __init__(self, phrases: Phrases) -> None:
        self.phrases = phrases
        self.version = phrases.version
        self._extended = functools.lru_cache(maxsize=LINES)(self._extend)

    def assess(self, text: str, earlier: Earlier, additions: Additions = NO_ADDITIONS) -> Assessment:
        """The verdict on `text`. Work grows with its length only; may raise, the caller then marks it.

        Additions that cannot be read leave the text marked, and our own phrases in force.
        """
        phrases = self._extended(additions)
        unread = len(text) > MOST_CHARACTERS or (bool(additions.rows) and phrases is self.phrases)
        words = phrases.normalise(text[:MOST_CHARACTERS])
        findings = _findings(phrases, words, parts=earlier.level >= Level.HIGH)
        reasons = _reasons(_composed(findings, earlier), words) if findings else ()
        level = max((reason.level for reason in reasons), default=Level.NONE)
        return Assessment(level, reasons, phrases.version, unread or words.foreign)

    def findings(self, words: Words) -> list[Finding]:
        """What the phrases find in `words`, each at its level after scope and laughter."""
        return _findings(self.phrases, words, parts=True)

    def _extend(self, additions: Additions) -> Phrases:
        try:
            return extended(self.phrases, additions) if additions.rows else self.phrases
        except PhraseError:
            return self.phrases


def _findings(phrases: Phrases, words: Words, *, parts: bool) -> list[Finding]:
    hits = phrases.find(words.words, parts=parts)
    if not hits:
        return []
    reading = Reading(phrases, words, hits)
    findings = reading.findings()
    if any(found.level is Level.HIGH for found in findings) and reading.laughs():
        return [_laughed_off(found) for found in findings]
    return findings


def _laughed_off(found: Finding) -> Finding:
    """Laughter takes one level, never the last one, and nothing from an act in progress."""
    if found.level is Level.HIGH:
        return replace(found, level=Level.CONCERN)
    return found


def _composed(findings: Sequence[Finding], earlier: Earlier) -> list[Finding]:
    """Raise the findings that make up a plan together.

    Severity follows the scale of the Columbia protocol: thoughts with a time, means or intent are high,
    and all of them at once, or means with intent and a time, are treated as about to happen.
    A conversation that was high before counts as the thoughts: "tonight" then need not repeat them.
    """
    facets = {found.template.facet for found in findings if found.plain and found.template.facet}
    if earlier.level >= Level.HIGH:
        facets.add("ideation")
    level = _level_of(facets)
    if level is Level.NONE:
        return list(findings)
    return [
        replace(found, level=max(found.level, level)) if found.plain and found.template.facet else found
        for found in findings
    ]


def _level_of(facets: set[str]) -> Level:
    """What the facets of one message amount to together, beyond what each says alone."""
    ways = facets & {"means", "intent", "time"}
    if len(ways) == 3 or ("ideation" in facets and len(ways) >= 2):
        return Level.IMMINENT
    if ("ideation" in facets and ways) or {"means", "intent"} <= ways:
        return Level.HIGH
    if "passive" in facets and ways & {"means", "intent"}:
        return Level.HIGH
    return Level.NONE


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
        )
        for found in ordered
    )


def _weight(found: Finding) -> tuple[Level, int]:
    return found.level, found.end - found.start
