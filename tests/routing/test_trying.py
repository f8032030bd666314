"""A line is tried before it opens: by whoever has the code, and by nobody else."""

import pytest

from chatline.conversations.models import Conversation, Delivery, Message
from chatline.conversations.reads import recent_wait
from chatline.conversations.states import Kind
from chatline.lines import actions
from chatline.lines.models import Line
from routing import queue
from tests.cast import ANOTHER_NUMBER, RISKY, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(cast: Cast) -> str:
    Line.objects.filter(id=cast.line.id).update(opened_at=None)
    cast.line.refresh_from_db()
    return cast.line.try_code


def kinds() -> list[str]:
    return list(Conversation.objects.order_by("opened_at").values_list("kind", flat=True))


def purposes() -> list[str]:
    return list(Message.objects.exclude(purpose="").order_by("id").values_list("purpose", flat=True))


def test_whoever_begins_with_the_code_is_welcomed_and_counted_nowhere(code: str, cast: Cast) -> None:
    cast.texts(code)
    assert (kinds(), purposes()) == ([Kind.DRILL], ["welcome"])
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    assert recent_wait(cast.line.id) is None
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}\n"])
def test_the_code_is_known_as_people_type_it(typed: str, code: str, cast: Cast) -> None:
    cast.texts(typed.format(code.upper()))
    cast.visits(typed.format(code.replace(" ", "  ")))
    assert kinds() == [Kind.DRILL, Kind.DRILL]


def test_everybody_else_reads_that_it_is_closed_and_is_kept_and_screened(code: str, cast: Cast) -> None:
    cast.texts(RISKY, ANOTHER_NUMBER)
    row = Conversation.objects.get()
    assert (row.kind, purposes()) == (Kind.REAL, ["closed"])
    assert row.open_flags == 1


@pytest.mark.parametrize("text", ["try 00000", "try", "I will try {}", "{} please"])
def test_what_is_not_the_code_alone_is_no_code(text: str, code: str, cast: Cast) -> None:
    cast.texts(text.format(code))
    assert kinds() == [Kind.REAL]


def test_whoever_wrote_before_they_gave_the_code_tries_it_from_then_on(code: str, cast: Cast) -> None:
    cast.texts("hello")
    cast.texts(code)
    assert kinds() == [Kind.DRILL]


def test_whoever_tried_it_goes_on_trying_until_it_opens(code: str, cast: Cast) -> None:
    cast.texts(code)
    for _ in range(2):
        Conversation.objects.update(state="closed", closed_at=cast.line.created_at)
        cast.texts("hello again")
        actions.open_line(cast.maria.id, cast.line.id)
    assert kinds() == [Kind.DRILL, Kind.DRILL, Kind.REAL]


def test_once_it_is_open_the_code_is_a_word_like_any_other(code: str, cast: Cast) -> None:
    actions.open_line(cast.maria.id, cast.line.id)
    cast.texts(code)
    assert kinds() == [Kind.REAL]
