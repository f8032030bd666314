"""What the provider says became of a text: written once, here, whether it answers us or calls back later."""

from uuid import UUID

from chatline.conversations import deliveries
from chatline.conversations.states import DeliveryState
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

OPTED_OUT = 21610
"""This person told the provider to stop: https://www.twilio.com/docs/api/errors/21610"""


def report(oid: UUID, state: DeliveryState, *, sid: str | None = None, code: int | None = None) -> None:
    """Records it; an older state changes nothing. A person who opted out elsewhere counts as stopped from now on."""
    if code == OPTED_OUT:
        carrier_words.opted_out_elsewhere(oid)
    deliveries.record(oid, state, provider_id=sid, error_code=code)
