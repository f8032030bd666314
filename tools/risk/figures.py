"""Counts as shares with their 95 % Wilson intervals, and tables of them for reading."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_Z = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`. Without any, there is nothing to say and it prints as a dash."""

    hits: int
    total: int

    @classmethod
    def of(cls, seen: Iterable[bool]) -> Share:
        found = list(seen)
        return cls(sum(found), len(found))

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else math.nan

    def interval(self) -> tuple[float, float]:
        """Wilson's, which keeps its promise for shares near 0 and 1 and for small totals."""
        if not self.total:
            return math.nan, math.nan
        square = _Z * _Z / self.total
        middle = (self.value + square / 2) / (1 + square)
        reach = (
            _Z
            * math.sqrt(self.value * (1 - self.value) / self.total + square / (4 * self.total))
            / (1 + square)
        )
        return max(middle - reach, 0.0), min(middle + reach, 1.0)

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = self.interval()
        digits = 4 if self.value < 0.02 and self.total > 1_000 else 3
        return f"{self.value:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"

    def as_json(self) -> dict[str, float | int | None]:
        low, high = self.interval()
        value = self.value
        return {
            "hits": self.hits,
            "total": self.total,
            "value": None if math.isnan(value) else round(value, 5),
            "low": None if math.isnan(low) else round(low, 5),
            "high": None if math.isnan(high) else round(high, 5),
        }


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they must be, two spaces apart; the first to the left, the others to the right."""
    text = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in text) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in text
    )
