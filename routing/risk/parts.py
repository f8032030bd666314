"""What the parts of a plan amount to together over a conversation; phrases/scope.toml says it of one message."""

from __future__ import annotations

from collections.abc import Set

from routing.risk.verdict import Level

PLAN = frozenset({"ideation", "passive", "intent", "means", "time"})
WAYS = frozenset({"means", "intent", "time"})


def together(facets: Set[str]) -> Level:
    """What these amount to beyond what each says alone.

    Severity follows the scale of the Columbia protocol: thoughts with a time, means or intent are high, and all of
    them at once, or means with intent and a time, are treated as about to happen.
    """
    ways = facets & WAYS
    if len(ways) == 3 or ("ideation" in facets and len(ways) >= 2):
        return Level.IMMINENT
    if ("ideation" in facets and ways) or {"means", "intent"} <= ways:
        return Level.HIGH
    if "passive" in facets and ways & {"means", "intent"}:
        return Level.HIGH
    return Level.NONE
