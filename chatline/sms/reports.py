"""What the provider says became of a text: written once, here, whether it answers us or calls back later."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline.conversations import deliveries, visitors
from chatline.conversations.models import Delivery, Visitor
from chatline.conversations.states import DeliveryState

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

OPTED_OUT = 21610
"""This person told the provider to stop: https://www.twilio.com/docs/api/errors/21610"""


def report(oid: UUID, state: DeliveryState, *, sid: str | None = None, code: int | None = None) -> None:
    """Records it; an older state changes nothing. A person who opted out elsewhere counts as stopped from now on."""
    if code == OPTED_OUT:
        _stopped_elsewhere(oid)
    deliveries.record(oid, state, provider_id=sid, error_code=code)


def _stopped_elsewhere(oid: UUID) -> None:
    with transaction.atomic():
        whose = Delivery.objects.filter(oid=oid).values("visitor")
        person = Visitor.objects.select_for_update().filter(id__in=whose).first()
        if person is not None:
            visitors.stop(person, timezone.now())
