"""What a text costs the database: statements, counted, so that one more is noticed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatline.conversations.models import Delivery
from chatline.sms import courier
from chatline.sms.courier import Courier
from chatline.sms.gateway import Accepted
from chatline.sms.outcomes import learn
from tests.cast import Cast
from tests.sms.network import Network, reported, texted

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def statements(captured: CaptureQueriesContext) -> int:
    return len([one for one in captured.captured_queries if "SAVEPOINT" not in one["sql"]])


def test_a_text_of_somebody_known(cast: Cast) -> None:
    texted("hello", MessageSid="SM1")
    with CaptureQueriesContext(connection) as captured:
        texted("hello again", MessageSid="SM2")
    assert statements(captured) <= 8


def test_the_last_report_of_a_text(cast: Cast) -> None:
    cast.texts("hello")
    oid = Delivery.objects.get().oid
    with CaptureQueriesContext(connection) as captured:
        reported(oid, "delivered", MessageSid="SM1")
    assert statements(captured) <= 10


def test_ten_texts_claimed_and_recorded_cost_little_more_than_one(cast: Cast) -> None:
    costs = []
    for number in (1, 10):
        for n in range(number):
            cast.texts("hello", number=f"+12025550{number:02}{n}")
        with CaptureQueriesContext(connection) as captured:
            letters = courier.claim(10, timezone.now())
            learn([(one, Accepted(f"SM{one.delivery.id}")) for one in letters], Courier().flow)
        assert len(letters) == number
        costs.append(statements(captured))
    assert costs[1] <= costs[0] + 2


def test_an_idle_look(cast: Cast, network: Network) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert not network.courier.send_next()
    assert statements(captured) <= 2
