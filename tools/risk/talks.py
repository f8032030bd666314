"""Runs a written conversation through the screen as a line would, to see when a supervisor is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from routing.risk import Earlier, Evidence, Level, after, assess

GAP = timedelta(minutes=1)
"""Between two messages, where a written conversation says nothing of times."""


def levels(turns: Sequence[Sequence[str]]) -> list[Level]:
    """The level of each message of the visitor. A turn is who speaks (`visitor` or anybody else) and what they say."""
    evidence, found = Evidence(), []
    asked: list[str] = []
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for seq, (who, text) in enumerate(turns, 1):
        at += GAP
        if who != "visitor":
            asked.append(text)
            continue
        earlier = Earlier(question="\n".join(asked) or None, alert=evidence != Evidence())
        evidence, assessment = after(evidence, assess(text, earlier), seq, at)
        found.append(assessment.level)
        asked = []
    return found


def run(turns: Sequence[Sequence[str]]) -> int | None:
    """The first message of the visitor, counted from 1, that is high or above; None if none is."""
    return next((count for count, level in enumerate(levels(turns), 1) if level >= Level.HIGH), None)
