"""Of fewer than five people nothing is shown, nor what they could be worked out from. Pure.

A table of counts whose total is known is protected by hiding a second count beside every small one (complementary
suppression: Cox, "Suppression methodology and statistical disclosure control", JASA 75, 1980; the threshold of five is
that of `ENOUGH`). Which second one is decided so that even who knows this rule cannot tell which is which:

- A count from 1 to 4 is small. Where none is, all are shown; a 0 is nobody, and is shown.
- Where one is, the smallest of those of 5 and more is hidden too, with all that are equal to it. Whatever is hidden
  could then stand the other way round, and would look the same.
- Where nothing is left to hide them behind, the whole table is hidden, zeros too.

So of a hidden count, or a sum of some, more than one value is possible, and no sum that can be worked out is small.
Everything else on a page is worked out from what is shown here, and tells nothing more.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

ENOUGH = 5
"""Of fewer people nothing is shown: a figure of one is what one person said."""

Name = TypeVar("Name")
Shown = int | None
"""A count, or None where it is not shown."""


def protect(counts: Sequence[int], besides: Collection[int] = ()) -> list[Shown]:
    """What may be shown of the counts of a table whose total is known; the places in `besides` are hidden as well."""
    hidden = {place for place, count in enumerate(counts) if is_small(count)} | set(besides)
    if not hidden:
        return list(counts)
    large = [count for place, count in enumerate(counts) if count >= ENOUGH and place not in hidden]
    if not large:
        return [None] * len(counts)
    return [None if place in hidden or count == min(large) else count for place, count in enumerate(counts)]


def protected(counts: Mapping[Name, int]) -> dict[Name, Shown]:
    """The same for counts with names."""
    return dict(zip(counts, protect(list(counts.values())), strict=True))


def is_small(count: int) -> bool:
    return 0 < count < ENOUGH


def alone(count: int) -> Shown:
    """A count that no shown total contains."""
    return None if is_small(count) else count


def total(counts: Iterable[Shown]) -> Shown:
    """Their sum, as far as it can be worked out from what is shown."""
    known = list(counts)
    return None if None in known else sum(one or 0 for one in known)


def percent(part: Shown, whole: Shown) -> int | None:
    return round(100 * part / whole) if part is not None and whole else None


def quantile(ordered: Sequence[int], per_cent: int) -> int | None:
    """The value that so many of a hundred do not exceed (nearest rank); None unless five people lie on either side.

    So a median is of ten people at least, and a 95th percentile, behind which a twentieth lies, of a hundred.
    """
    rank = -(-len(ordered) * per_cent // 100)
    return ordered[rank - 1] if min(rank, len(ordered) - rank) >= ENOUGH else None
