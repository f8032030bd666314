"""What a volunteer is shown of a message, whatever its parts and attempts went through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatline.conversations.shown import Attempt, shown
from chatline.conversations.states import DeliveryState

D = DeliveryState


def told(*attempts: Attempt) -> tuple[str, bool]:
    now = shown(attempts)
    return now.delivery, now.resend


@pytest.mark.parametrize("state", list(D))
def test_one_text_is_shown_as_it_is(state: DeliveryState) -> None:
    assert told(Attempt(1, state)) == (state, False)


def test_a_message_without_deliveries_shows_nothing() -> None:
    assert shown([]) == ("", "", False)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (D.DELIVERED, D.SENT, D.SENT),
        (D.DELIVERED, D.READY, D.READY),
        (D.ACCEPTED, D.POSTING, D.POSTING),
        (D.UNKNOWN, D.READY, D.UNKNOWN),
        (D.UNKNOWN, D.FAILED, D.FAILED),
        (D.DELIVERED, D.UNDELIVERED, D.UNDELIVERED),
        (D.DELIVERED, D.DELIVERED, D.DELIVERED),
    ],
)
def test_a_message_of_two_parts_is_as_good_as_the_worse(
    first: DeliveryState, second: DeliveryState, both: DeliveryState
) -> None:
    assert told(Attempt(1, first), Attempt(2, second)) == (both, False)
    assert told(Attempt(1, second), Attempt(2, first)) == (both, False)


def test_a_part_is_shown_as_its_latest_attempt_left_it() -> None:
    assert told(Attempt(1, D.FAILED, "phone_off", True), Attempt(1, D.READY)) == (D.READY, False)


def test_the_reason_is_that_of_the_part_that_failed() -> None:
    assert shown([Attempt(1, D.DELIVERED), Attempt(2, D.FAILED, "phone_off", True)]) == (
        D.FAILED,
        "phone_off",
        True,
    )


@given(st.lists(st.sampled_from(list(D)), min_size=1, max_size=3))
def test_a_message_counts_as_delivered_only_when_all_of_it_is(states: list[DeliveryState]) -> None:
    now = shown(Attempt(part, state) for part, state in enumerate(states))
    assert (now.delivery == D.DELIVERED) == (set(states) == {D.DELIVERED})
