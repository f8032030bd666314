"""The screen: read, find, weigh each finding by its surroundings, put the parts of a plan together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from routing.risk.normalise import Words
from routing.risk.parts import together
from routing.risk.scope import Finding, Reading
from routing.risk.templates import Phrases
from routing.risk.verdict import Assessment, Earlier, Level, Part, Reason

MOST_CHARACTERS = 20_000  # ten times what a message may hold; what lies beyond is marked as not read


class Screen:
    """Assesses texts by one set of phrases; holds nothing of what it has read."""

    def __init__(self, phrases: Phrases) -> None:
        self.phrases = phrases
        self.version = phrases.version

    def assess(self, text: str, earlier: Earlier) -> Assessment:
        """The verdict on `text`. Work grows with its length only; may raise, the caller then marks it."""
        words = self.phrases.normalise(text[:MOST_CHARACTERS])
        findings = self.findings(words)
        findings = _composed(findings) if findings else []
        unread = len(text) > MOST_CHARACTERS or words.foreign
        if not findings:
            return Assessment(Level.NONE, (), self.version, unread)
        reasons = _reasons(findings, words)
        level = max((reason.level for reason in reasons), default=Level.NONE)
        parts = _parts(findings, words) if reasons or earlier.alert else ()
        return Assessment(level, reasons, self.version, unread, parts=parts)

    def findings(self, words: Words) -> list[Finding]:
        """What the phrases find in `words`, each at its level after scope and laughter."""
        hits = self.phrases.automaton.find(words.words)
        if not hits:
            return []
        reading = Reading(self.phrases, words, hits)
        findings = reading.findings()
        if reading.laughs():
            return [_laughed_off(found) for found in findings]
        return findings


def _laughed_off(found: Finding) -> Finding:
    """Laughter takes one level, never the last one, and nothing from an act in progress."""
    if found.level is Level.HIGH:
        return replace(found, level=Level.CONCERN)
    return found


def _composed(findings: Sequence[Finding]) -> list[Finding]:
    """Raise the findings that make up a plan together."""
    level = together({found.template.facet for found in findings if found.plain})
    if level is Level.NONE:
        return list(findings)
    return [
        replace(found, level=max(found.level, level)) if found.plain and found.template.facet else found
        for found in findings
    ]


def _parts(findings: Iterable[Finding], words: Words) -> tuple[Part, ...]:
    """What may make up a plan with what is said in other messages."""
    return tuple(
        Part(
            found.template.facet,
            found.template.category,
            words.starts[found.start],
            words.ends[found.end - 1],
        )
        for found in findings
        if found.plain and found.template.facet
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
            words.starts[found.start],
            words.ends[found.end - 1],
            found.level,
            found.template.subject,
            plain=found.plain,
        )
        for found in ordered
    )


def _weight(found: Finding) -> tuple[Level, int]:
    return found.level, found.end - found.start
