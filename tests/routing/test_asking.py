"""The four questions about suicide: what stands, who may ask, and when the answers are danger."""

import pytest

from chatline.conversations.models import Conversation, RiskAnswer
from chatline.conversations.states import RiskQuestion, RiskReply
from routing import asking, escalation
from routing.models import Flag, FlagState
from routing.risk import Level
from tests.cast import Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]

YES, NO = RiskReply.YES, RiskReply.NO


@pytest.fixture
def row(cast: Cast) -> Conversation:
    return cast.talks()


def answers(cast: Cast, row: Conversation, *replies: str) -> None:
    """In the order of the questions."""
    for question, reply in zip(RiskQuestion, replies, strict=False):
        asking.answer(cast.sam.id, row.id, question, reply)


def flags() -> list[tuple[str, int, int]]:
    return [(one.state, one.level, len(one.reasons)) for one in Flag.objects.order_by("raised_at")]


def test_the_last_answer_stands(cast: Cast, row: Conversation) -> None:
    answers(cast, row, YES, YES)
    answers(cast, row, NO)
    assert asking.standing(row) == {"thoughts": "no", "plan": "yes"}
    assert RiskAnswer.objects.count() == 3


@pytest.mark.parametrize("replies", [(YES, YES, YES), (YES, YES, YES, NO), (YES, YES, YES, "unsure")])
def test_less_than_four_times_yes_raises_nothing(
    cast: Cast, row: Conversation, replies: tuple[str, ...]
) -> None:
    answers(cast, row, *replies)
    row.refresh_from_db()
    assert (flags(), row.level, row.risk_asked) == ([], Level.NONE, "asked")


def test_four_times_yes_raises_one_flag_however_often_it_is_said(cast: Cast, row: Conversation) -> None:
    answers(cast, row, YES, YES, YES, YES)
    answers(cast, row, YES)
    row.refresh_from_db()
    assert flags() == [(FlagState.OPEN, Level.IMMINENT, 1)]
    assert (row.level, row.open_flags, row.closing_at) == (Level.IMMINENT, 1, None)


def test_four_times_yes_makes_a_flag_that_stands_graver_and_open_again(cast: Cast, row: Conversation) -> None:
    flag = escalation.raise_by_hand(cast.sam.id, row.id, "they sound tired")
    escalation.acknowledge(cast.alex.id, flag.id)
    answers(cast, row, YES, YES, YES, YES)
    assert flags() == [(FlagState.OPEN, Level.IMMINENT, 2)]


def test_said_again_after_it_was_resolved_it_is_a_new_flag(cast: Cast, row: Conversation) -> None:
    answers(cast, row, YES, YES, YES, YES)
    escalation.resolve(cast.alex.id, Flag.objects.get().id, "watched", "")
    answers(cast, row, YES)
    assert flags() == [(FlagState.RESOLVED, Level.IMMINENT, 1), (FlagState.OPEN, Level.IMMINENT, 1)]
