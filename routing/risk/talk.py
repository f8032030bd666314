"""Risk over a conversation: what was said before counts with what is said now. Pure, and holds no words.

A plan may be told in pieces: thoughts in one message, "tonight" in another, where the pills are in a third. And signs
that are no alert by themselves may come again and again. What is kept of them is `Evidence`, with the conversation.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from routing.risk.parts import together
from routing.risk.verdict import Assessment, Level, Part, Reason

VERSION = 1
"""Of what is kept. Evidence of another version is read as none: the conversation's level stands without it."""

HALF_LIFE = 20 * 60.0
"""Seconds in which a sign loses half of its weight: about half of a talk, which lasts 45 to 60 minutes."""

STRENGTHS = {Level.NONE: 0.0, Level.CONCERN: 0.3, Level.HIGH: 0.7, Level.IMMINENT: 0.9}
"""How likely a finding is meant, at most; the model may be less sure of its own. Three concerns make `ENOUGH`."""

ENOUGH = 0.65
"""The weight at which signs of concern are high together."""

SIGNS = 3
"""Messages with a sign of concern that are high together, however far apart."""

_SAID = {
    "ideation": "thoughts",
    "passive": "a wish not to be here",
    "intent": "intent or a plan",
    "means": "means",
    "time": "a time",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """The signs of one category: their weight at the time `at` (seconds since 1970), the messages that held one, and
    the highest level that any of them reached."""

    weight: float = 0.0
    at: float = 0.0
    signs: int = 0
    level: Level = Level.NONE

    def weight_at(self, at: float) -> float:
        return self.weight * math.pow(0.5, max(at - self.at, 0.0) / HALF_LIFE)

    def after(self, strength: float, level: Level, at: float) -> Trace:
        """With one more message; signs add up as independent ones do (noisy-or)."""
        weight = 1 - (1 - self.weight_at(at)) * (1 - strength)
        return Trace(weight, max(at, self.at), self.signs + 1, max(self.level, level))


@dataclass(frozen=True, slots=True)
class Held:
    """A part of a plan: the number of the message that last held it, and its category."""

    seq: int
    category: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is kept of a conversation: traces by category, parts by facet.

    What was said up to `settled` was dealt with by a person. It still counts, and said again it is news.
    """

    traces: Mapping[str, Trace] = field(default_factory=dict)
    parts: Mapping[str, Held] = field(default_factory=dict)
    settled: int = 0

    @property
    def level(self) -> Level:
        """The highest level that any of it reached."""
        return max((trace.level for trace in self.traces.values()), default=Level.NONE)

    def dealt_with(self, seq: int) -> Evidence:
        """A person dealt with all that was said up to `seq`."""
        return replace(self, settled=seq)

    def without(self, categories: Set[str]) -> Evidence:
        """A person found that these categories were seen falsely, or what of them was said does not count any more."""
        return replace(
            self,
            traces={name: trace for name, trace in self.traces.items() if name not in categories},
            parts={facet: held for facet, held in self.parts.items() if held.category not in categories},
        )

    def to_json(self) -> dict[str, Any]:
        """As it is stored; nothing of an empty one."""
        if not self.traces and not self.parts:
            return {}
        return {
            "v": VERSION,
            "traces": {
                name: [round(trace.weight, 4), trace.at, trace.signs, int(trace.level)]
                for name, trace in self.traces.items()
            },
            "parts": {facet: [held.seq, held.category] for facet, held in self.parts.items()},
            "settled": self.settled,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Evidence:
        if stored.get("v") != VERSION:
            return cls()
        return cls(
            {
                name: Trace(weight, at, signs, Level(level))
                for name, (weight, at, signs, level) in stored["traces"].items()
            },
            {facet: Held(seq, category) for facet, (seq, category) in stored["parts"].items()},
            stored["settled"],
        )


def after(evidence: Evidence, assessment: Assessment, seq: int, at: datetime) -> tuple[Evidence, Assessment]:
    """The evidence with message `seq` in it, and its assessment with what it amounts to after all that was said before.

    Never lower than `assessment`, and higher only with a reason that says so.
    """
    if not assessment.reasons and not assessment.parts:
        return evidence, assessment
    grown = _grown(evidence, assessment, seq, at.timestamp())
    raised = assessment.joined(_completed(evidence, assessment))
    raised = raised.joined(_repeated(evidence, grown, raised, at.timestamp()))
    return _reached(grown, raised), raised


# --- what is kept -----------------------------------------------------------------------------------------


def _grown(evidence: Evidence, assessment: Assessment, seq: int, at: float) -> Evidence:
    traces = dict(evidence.traces)
    for category, reasons in _plain(assessment).items():
        strength = max(_strength(reason) for reason in reasons)
        level = max(reason.level for reason in reasons)
        traces[category] = traces.get(category, Trace()).after(strength, level, at)
    parts = {part.facet: Held(seq, part.category) for part in assessment.parts}
    return replace(evidence, traces=traces, parts={**evidence.parts, **parts})


def _plain(assessment: Assessment) -> dict[str, list[Reason]]:
    """Reasons by category, but for what is denied, past or somebody else's: that does not add up."""
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for reason in assessment.reasons:
        if reason.plain:
            reasons[reason.category].append(reason)
    return reasons


def _strength(reason: Reason) -> float:
    meant = STRENGTHS[reason.level]
    return meant if reason.probability is None else min(meant, reason.probability)


def _reached(grown: Evidence, raised: Assessment) -> Evidence:
    """What a talk amounts to is remembered too, so that nothing raises it to the same level twice."""
    traces = dict(grown.traces)
    for reason in raised.reasons:
        if reason.template in (PLAN, REPEATED):
            trace = traces.get(reason.category, Trace())
            traces[reason.category] = replace(trace, level=max(trace.level, reason.level))
    return replace(grown, traces=traces)


# --- what it amounts to -----------------------------------------------------------------------------------

PLAN, REPEATED = "talk.plan", "talk.signs"


def _completed(evidence: Evidence, assessment: Assessment) -> Iterator[Reason]:
    """This message holds a part that was missing."""
    since = {facet for facet, held in evidence.parts.items() if held.seq > evidence.settled}
    new = {part.facet for part in assessment.parts} - since
    level = together({*evidence.parts, *new})
    if not new or level <= max(together(since), assessment.level):
        return
    # "Today" alone is said of much besides; it counts where it makes of high what is about to happen.
    if new == {"time"} and level <= evidence.level:
        return
    part = next(part for part in assessment.parts if part.facet in new)
    yield Reason(PLAN, _category(evidence, part), _told(evidence, new), part.start, part.end, level)


def _category(evidence: Evidence, part: Part) -> str:
    """Of what the plan is: thoughts say it, means may serve any."""
    held = evidence.parts.get("ideation") or evidence.parts.get("passive")
    return held.category if held and part.facet not in ("ideation", "passive") else part.category


def _told(evidence: Evidence, new: Set[str]) -> str:
    now = " and ".join(_SAID[facet] for facet in _SAID if facet in new)
    before = ", ".join(
        f"{_SAID[facet]} (message {evidence.parts[facet].seq})" for facet in _SAID if facet in evidence.parts
    )
    return f"{now}, after {before}" if before else now


def _repeated(evidence: Evidence, grown: Evidence, raised: Assessment, at: float) -> Iterator[Reason]:
    """Signs of concern that come again, or add up: high together, once."""
    if raised.level >= Level.HIGH:
        return
    for category, reasons in _plain(raised).items():
        now = grown.traces[category]
        if evidence.traces.get(category, now).level >= Level.HIGH:
            continue
        if now.signs >= SIGNS or now.weight_at(at) >= ENOUGH:
            worst = reasons[0]
            label = f"{now.signs} messages with signs of concern"
            yield Reason(REPEATED, category, label, worst.start, worst.end, Level.HIGH, worst.subject)
