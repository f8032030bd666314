"""The order of the queue, as arithmetic: tier first, then since when, less a bonus for the level. Pure."""

from datetime import datetime, timedelta

from routing.risk import Level

TIERS = 3
"""0: imminent, 1: an open flag or high, 2: everybody else. Flags are rare and get resolved, so nobody starves."""

BONUS = {
    Level.NONE: timedelta(0),
    Level.CONCERN: timedelta(minutes=3),
    Level.HIGH: timedelta(minutes=10),
    Level.IMMINENT: timedelta(minutes=10),
}
"""How much earlier somebody counts as having come."""


def tier_of(level: int, open_flags: int) -> int:
    if level >= Level.IMMINENT:
        return 0
    return 1 if level >= Level.HIGH or open_flags else TIERS - 1


def rank_at(waiting_since: datetime, level: int) -> datetime:
    return waiting_since - BONUS[Level(level)]
