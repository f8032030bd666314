"""The screen: read, find, weigh each finding by its surroundings, put the parts of a plan together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from routing.risk.model import Model, raised
from routing.risk.normalise import Words
from routing.risk.scope import Finding, Reading
from routing.risk.templates import Phrases
from routing.risk.verdict import Assessment, Earlier, Level, Reason

MOST_CHARACTERS = 20_000  # ten times what a message may hold; what lies beyond is marked as not read


class Screen:
    """Assesses texts by one set of phrases, and by the model if it is given; holds nothing of what it has read."""

    def __init__(self, phrases: Phrases, model: Model | None = None) -> None:
        self.phrases = phrases
        self.model = model
        self.version = phrases.version if model is None else f"{phrases.version}.{model.version}"

    def assess(self, text: str, earlier: Earlier) -> Assessment:
        """The verdict on `text`. Work grows with its length only; may raise, the caller then marks it."""
        words = self.phrases.normalise(text[:MOST_CHARACTERS])
        findings = self.findings(words)
        findings = _composed(findings, earlier) if findings else []
        unread = len(text) > MOST_CHARACTERS or words.foreign
        reasons = _reasons(findings, words) if findings else ()
        level = max((reason.level for reason in reasons), default=Level.NONE)
        verdict = Assessment(level, reasons, self.version, unread)
        return verdict if self.model is None else raised(verdict, self.model.read(words))

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
            words.starts[found.start],
            words.ends[found.end - 1],
            found.level,
            found.template.subject,
        )
        for found in ordered
    )


def _weight(found: Finding) -> tuple[Level, int]:
    return found.level, found.end - found.start
