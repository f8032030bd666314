"""R-03: a handle names nobody, and no two people in open conversations of a line share one."""

import inspect
from itertools import count

import pytest

from chatline.conversations import handles, visitors
from chatline.conversations.models import Visitor
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def give_out_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each handle twice in a row, so that the second is always taken."""
    drawn = count()
    monkeypatch.setattr(handles, "new_handle", lambda: f"Amber {handles.SECOND[next(drawn) // 2]}")


@pytest.mark.requirement("R-03")
def test_no_two_people_in_open_conversations_share_a_handle(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_out_in_order(monkeypatch)
    for who in ("one", "another", "a third"):
        cast.visits("hello", who)
    given = list(Visitor.objects.values_list("handle", flat=True))
    assert len(set(given)) == len(given) == 3


@pytest.mark.breaks("R-03")
def test_it_is_caught_when_a_handle_is_given_out_without_a_look(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "HANDLE_TRIES", 1)
    with pytest.raises(AssertionError):
        test_no_two_people_in_open_conversations_share_a_handle(cast, monkeypatch)


@pytest.mark.requirement("R-03")
def test_nothing_about_a_person_goes_into_a_handle() -> None:
    assert not inspect.signature(handles.new_handle).parameters
    assert len({handles.new_handle() for _ in range(100)}) > 1
