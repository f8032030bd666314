"""Each number of ours keeps to what its carrier takes in a second, whoever of the workers sends."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from chatline.conversations.models import Delivery
from chatline.conversations.states import Medium
from chatline.sms import courier, pace
from chatline.sms.models import Sender
from tests.cast import SHORT_CODE, Cast
from tests.sms.network import at_once

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "rate"),
    [("57230", 100.0), ("+18005550100", 3.0), ("+18885550100", 3.0), ("+12025550100", 1.0), ("222", 100.0)],
)
def test_a_number_may_send_what_its_kind_usually_may(number: str, rate: float) -> None:
    assert pace.usual_rate(number) == rate


@pytest.mark.parametrize(
    ("tokens", "seconds", "rate", "now"),
    [
        (0, 0, 10, 0),
        (0, 0.5, 10, 5),
        (0, 60, 10, 10),
        (-20, 1, 10, -10),
        (0, 1, 0.5, 0.5),
        (0, 9, 0.5, 1),
        (5, -3, 10, 5),
    ],
)
def test_a_bucket_fills_at_its_rate_and_holds_a_second_of_it(
    tokens: float, seconds: float, rate: float, now: float
) -> None:
    assert pace.filled(tokens, NOON, NOON + timedelta(seconds=seconds), rate) == now


def text_many(cast: Cast, count: int) -> None:
    for n in range(count):
        cast.texts("hello", number=f"+120255501{n:02}")


@pytest.mark.both
@pytest.mark.django_db
def test_no_more_is_claimed_than_the_bucket_holds(cast: Cast) -> None:
    cast.number.per_second = 3
    cast.number.save()
    text_many(cast, 10)
    counts = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(4):
            counts.append(len(courier.claim(32, timezone.now())))
            clock.shift(0.67)
    assert counts == [3, 2, 2, 2]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_all_workers_together_keep_to_the_rate(cast: Cast) -> None:
    cast.number.per_second = 5
    cast.number.save()
    text_many(cast, 20)
    now = timezone.now()
    claimed = at_once(4, lambda: len(courier.claim(32, now)))
    assert sum(claimed) == 5


@pytest.mark.django_db
def test_a_number_at_its_rate_does_not_hold_up_another(cast: Cast) -> None:
    Sender.objects.create(number=SHORT_CODE, tokens=-100, filled_at=timezone.now())
    text_many(cast, 3)
    last = Delivery.objects.order_by("-id").select_related("visitor").first()
    assert last
    last.visitor.reached_from = "80123"
    last.visitor.save()
    assert [letter.delivery.id for letter in courier.claim(1, timezone.now())] == [last.id]


@pytest.mark.django_db
def test_a_text_of_several_parts_costs_several(cast: Cast) -> None:
    cast.number.per_second = 2
    cast.number.save()
    conversation = cast.talks(medium=Medium.SMS)
    Delivery.objects.all().delete()
    cast.answers(conversation, "x" * 400)
    now = timezone.now()
    courier.claim(32, now)
    assert Sender.objects.get().tokens == 2 - 3


@pytest.mark.django_db
def test_a_number_that_rests_sends_nothing(cast: Cast) -> None:
    text_many(cast, 1)
    now = timezone.now()
    Sender.objects.create(number=SHORT_CODE, tokens=9, filled_at=now)
    pace.pause(SHORT_CODE, now + timedelta(minutes=1))
    assert [len(courier.claim(32, at)) for at in (now, now + timedelta(minutes=1))] == [0, 1]
