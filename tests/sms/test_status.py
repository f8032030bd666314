"""What the provider reports about a text of ours, in whatever order it does."""

from itertools import pairwise
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatline.conversations import deliveries
from chatline.conversations.deliveries import News
from chatline.conversations.models import Conversation, Delivery, Message, OptOut, Visitor
from chatline.conversations.states import DeliveryState, rank
from chatline.sms.reports import STATES
from tests.cast import Cast
from tests.sms.network import reported

pytestmark = pytest.mark.django_db
FINAL = {"delivered", "undelivered", "failed", "dropped"}


def posted(cast: Cast) -> Delivery:
    """A text that a courier is posting at this moment."""
    cast.texts("hello")
    with transaction.atomic():
        return deliveries.claim(deliveries.waiting(timezone.now()), 1, timezone.now())[0]


@pytest.mark.parametrize(("status", "state"), STATES.items())
def test_a_status_of_theirs_is_a_state_of_ours(cast: Cast, status: str, state: DeliveryState) -> None:
    delivery = posted(cast)
    reported(delivery.oid, status)
    delivery.refresh_from_db()
    assert delivery.state == state


def test_a_report_is_answered_without_content(cast: Cast) -> None:
    answer = reported(posted(cast).oid, "sent")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.both
def test_the_volunteer_can_see_it(cast: Cast) -> None:
    delivery = posted(cast)
    before = Conversation.objects.get().version
    reported(delivery.oid, "delivered")
    message = Message.objects.get(deliveries=delivery)
    assert (message.delivery, message.version > before) == ("delivered", True)


def test_a_report_before_the_answer_to_our_request_is_not_undone_by_it(cast: Cast) -> None:
    delivery = posted(cast)
    reported(delivery.oid, "delivered", MessageSid="SM1")
    deliveries.record(News(delivery.oid, DeliveryState.ACCEPTED, provider_id="SM1"))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider_id) == ("delivered", "SM1")


def test_a_report_tells_what_became_of_a_text_nobody_knew_about(cast: Cast) -> None:
    delivery = posted(cast)
    deliveries.record(News(delivery.oid, DeliveryState.UNKNOWN))
    reported(delivery.oid, "sent", MessageSid="SM1")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider_id) == ("sent", "SM1")


def test_the_reason_of_a_failure_is_kept(cast: Cast) -> None:
    delivery = posted(cast)
    reported(delivery.oid, "undelivered", ErrorCode="30007")
    delivery.refresh_from_db()
    assert delivery.error_code == 30007


@pytest.mark.both
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["queued", "sending", "sent", "delivered", "undelivered", "sent", "read"]))
def test_a_state_never_falls_whatever_the_order(cast: Cast, order: list[str]) -> None:
    visitor = cast.texts("hello").visitor
    delivery = Delivery.objects.create(visitor_id=visitor, purpose="help", not_before=timezone.now())
    seen = [delivery.state]
    for status in order:
        reported(delivery.oid, status, MessageSid=f"SM{delivery.id}")
        delivery.refresh_from_db()
        seen.append(delivery.state)
    assert all(rank(before) <= rank(after) for before, after in pairwise(seen))
    assert [state for state in seen if state in FINAL][-1:] * 2 == [
        state for state in seen if state in FINAL
    ][:1] * 2


@pytest.mark.parametrize("oid", [uuid4(), "", "none", "'; --", "\x00"])
def test_a_report_about_nothing_of_ours_is_answered_and_stores_nothing(cast: Cast, oid: object) -> None:
    assert (reported(oid, "sent").status_code, Delivery.objects.count()) == (204, 0)


@pytest.mark.parametrize("status", ["", "received", "partially_delivered", "new-some-day"])
def test_a_status_that_we_do_not_know_changes_nothing(cast: Cast, status: str) -> None:
    delivery = posted(cast)
    assert reported(delivery.oid, status).status_code == 204
    delivery.refresh_from_db()
    assert delivery.state == "posting"


@pytest.mark.both
def test_somebody_who_opted_out_elsewhere_counts_as_stopped(cast: Cast) -> None:
    delivery = posted(cast)
    reported(delivery.oid, "failed", ErrorCode="21610")
    assert (Visitor.objects.get().stopped_at is not None, OptOut.objects.count()) == (True, 1)


@pytest.mark.django_db(transaction=True)
def test_a_report_that_cannot_be_stored_is_to_be_sent_again(cast: Cast) -> None:
    oid = posted(cast).oid

    def down(*arguments: object) -> None:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(down):
        answer = reported(oid, "sent")
    assert answer.status_code == 503
