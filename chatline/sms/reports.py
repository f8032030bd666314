"""What the provider says became of a text: written once, here, whether it answers us or calls back later."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from chatline.conversations import deliveries
from chatline.conversations.deliveries import News
from chatline.conversations.models import Delivery
from chatline.conversations.states import DeliveryState, Fault
from chatline.people.actions import raise_alarm
from chatline.sms import codes
from routing import carrier_words

STATES = {
    "accepted": DeliveryState.ACCEPTED,
    "queued": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.ACCEPTED,
    "sending": DeliveryState.ACCEPTED,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.DROPPED,
}
"""The provider's statuses, as ours."""

_FAILED = {DeliveryState.REJECTED, DeliveryState.UNDELIVERED, DeliveryState.FAILED}

FILTERED_ALARM = 3
"""Texts filtered within an hour after which an operator must know; one may be a single person's carrier."""


def report(oid: UUID, state: DeliveryState, *, sid: str | None = None, code: int | None = None) -> None:
    """Records it; an older state changes nothing. What the code asks for besides comes first, so it is never lost."""
    if code is not None:
        react(oid, code)
    deliveries.record(news_of(oid, state, sid=sid, code=code))


def news_of(oid: UUID, state: DeliveryState, *, sid: str | None = None, code: int | None = None) -> News:
    """The provider's word as ours: a failure carries what the volunteer reads about it."""
    if state not in _FAILED:
        return News(oid, state, provider_id=sid, error_code=code)
    meaning = codes.meaning(code)
    return News(oid, state, sid, code, meaning.fault, meaning.repeatable)


def react(oid: UUID, code: int) -> None:
    """What else follows from a code: a person who opted out elsewhere counts as stopped, an operator is told."""
    meaning = codes.meaning(code)
    if meaning.stops:
        carrier_words.opted_out_elsewhere(oid)
    if meaning.alarm == codes.SENDER_REFUSED:
        sender = Delivery.objects.filter(oid=oid).values_list("visitor__reached_from", flat=True).first()
        raise_alarm(codes.SENDER_REFUSED, sender or "")
    if meaning.alarm == codes.FILTERED and _filtered_lately() >= FILTERED_ALARM - 1:
        raise_alarm(codes.FILTERED)


def _filtered_lately() -> int:
    lately = timezone.now() - timedelta(hours=1)
    return Delivery.objects.filter(fault=Fault.FILTERED, changed_at__gt=lately).count()
