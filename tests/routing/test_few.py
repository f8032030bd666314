"""What a report hides, and that nobody can work it out, not even who knows by which rule it is hidden."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.reports import few
from routing.reports.few import Shown, protect

Rule = Callable[[Sequence[int]], list[Shown]]
Seen = tuple[tuple[Shown, ...], int | None]
SIZES = [(1, 30), (2, 14), (3, 13), (4, 10), (5, 7)]
"""Cells of a table, and the largest total for which all tables there are are looked at."""


def leaks(rule: Rule, cells: int, most: int) -> Iterator[str]:
    """Every count and every sum of counts under five that is the same in all tables that would look alike."""
    alike: dict[Seen, list[tuple[int, ...]]] = defaultdict(list)
    for table in product(range(most + 1), repeat=cells):
        if sum(table) <= most:
            total = few.alone(sum(table))
            alike[tuple(rule(table)), total].append(table)
    for (shown, _), tables in alike.items():
        hidden = [place for place, count in enumerate(shown) if count is None]
        for size in range(1, len(hidden) + 1):
            for some in combinations(hidden, size):
                sums = {sum(table[place] for place in some) for table in tables}
                if len(sums) == 1 and (size == 1 or few.is_small(min(sums))):
                    yield f"{shown}: {some} is {sums}"


@pytest.mark.parametrize(("cells", "most"), SIZES)
def test_no_hidden_count_and_no_small_sum_can_be_worked_out(cells: int, most: int) -> None:
    assert next(leaks(protect, cells, most), None) is None


def only_small(counts: Sequence[int]) -> list[Shown]:
    return [few.alone(count) for count in counts]


def smallest_other(counts: Sequence[int]) -> list[Shown]:
    """A second count beside a small one, but the first of several that are equal: its place then tells which it is."""
    shown = only_small(counts)
    if None in shown:
        large = [count for count in counts if count >= few.ENOUGH]
        shown[counts.index(min(large)) if large else 0] = None
    return shown


@pytest.mark.parametrize("rule", [only_small, smallest_other])
def test_a_weaker_rule_is_seen_to_leak(rule: Rule) -> None:
    assert next(leaks(rule, 3, 13), None) is not None


counts = st.lists(st.integers(0, 40), min_size=1, max_size=24)


@given(counts)
def test_a_small_count_is_never_shown_and_never_hidden_alone(table: list[int]) -> None:
    shown = protect(table)
    assert not any(one is not None and few.is_small(one) for one in shown)
    assert all(one is None or one == count for one, count in zip(shown, table, strict=True))
    hidden = [count for one, count in zip(shown, table, strict=True) if one is None]
    assert not hidden or len(hidden) == len(table) or (len(hidden) > 1 and sum(hidden) >= few.ENOUGH)


@given(counts)
def test_where_nothing_is_small_all_is_shown(table: list[int]) -> None:
    whole = [0 if few.is_small(count) else count for count in table]
    assert protect(whole) == whole


@given(counts, st.data())
def test_what_is_to_be_hidden_besides_has_company(table: list[int], data: st.DataObject) -> None:
    besides = data.draw(st.sets(st.integers(0, len(table) - 1), min_size=1))
    shown = protect(table, besides)
    assert all(shown[place] is None for place in besides)
    assert shown.count(None) > 1 or len(table) == 1


@pytest.mark.parametrize(
    ("people", "per_cent", "known"), [(9, 50, False), (10, 50, True), (99, 95, False), (100, 95, True)]
)
def test_a_quantile_has_five_people_on_either_side(people: int, per_cent: int, known: bool) -> None:
    assert (few.quantile(range(people), per_cent) is not None) == known


def test_a_quantile_is_that_of_the_nearest_rank() -> None:
    assert few.quantile(range(1, 101), 95) == 95
    assert few.quantile([1] * 5 + [2] * 5, 50) == 1


def test_a_share_of_what_is_hidden_is_hidden() -> None:
    assert few.percent(None, 10) is None
    assert few.percent(3, None) is None
    assert few.percent(0, 0) is None
    assert few.total([7, None]) is None
