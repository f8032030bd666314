"""How upset people say they are, before and after, and what a line may show of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.conversations import feelings
from chatline.conversations.feelings import ENOUGH, Change
from chatline.conversations.models import Conversation
from chatline.errors import BadInput
from tests.cast import Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]

A_DAY_AGO = timedelta(days=1)


def people_told(cast: Cast, pairs: list[tuple[int | None, int | None]]) -> None:
    for number, (before, after) in enumerate(pairs):
        cast.visits("hello", who=f"one {number}")
        row = Conversation.objects.filter(visitor=cast.visitor_of(f"one {number}"))
        row.update(
            feeling_before=before,
            feeling_after=after,
            state="closed",
            closed_at=timezone.now(),
            volunteer=None,
        )


def test_the_latest_answer_counts(cast: Cast) -> None:
    cast.visits("hello")
    for value in (7, 5):
        feelings.tell(cast.visitor_of(), "before", value)
    assert Conversation.objects.get().feeling_before == 5


@pytest.mark.parametrize("value", [0, 8])
def test_what_is_not_on_the_scale_is_refused(cast: Cast, value: int) -> None:
    cast.visits("hello")
    with pytest.raises(BadInput):
        feelings.tell(cast.visitor_of(), "before", value)


def test_a_line_shows_the_change(cast: Cast) -> None:
    people_told(cast, [(7, 4), (6, 4), (5, 5), (4, 6), (6, 3), (6, None), (None, 1)])
    shown = feelings.change(frozenset({cast.line.id}), timezone.now() - A_DAY_AGO)
    assert shown == Change(people=5, before=6, after=4, less=3, more=1)


def test_nothing_is_shown_of_few(cast: Cast) -> None:
    people_told(cast, [(7, 4)] * (ENOUGH - 1))
    assert feelings.change(frozenset({cast.line.id}), timezone.now() - A_DAY_AGO) is None


def test_nothing_is_shown_of_another_line(cast: Cast) -> None:
    people_told(cast, [(7, 4)] * ENOUGH)
    assert feelings.change(frozenset({cast.other_line.id}), timezone.now() - A_DAY_AGO) is None
