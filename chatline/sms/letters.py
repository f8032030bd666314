"""A delivery opened for sending: whom to, from which number of ours, in which words; or why it must not be sent."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chatline.conversations import deliveries, keys, parts, segments, visitors
from chatline.conversations.deliveries import News
from chatline.conversations.models import Delivery
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import DeliveryState, Fault
from chatline.conversations.texts import automatic
from chatline.sms import pace
from chatline.vault import VaultError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed delivery with everything that the provider must be told, opened; it never leaves this process."""

    delivery: Delivery
    number: str
    words: str

    @property
    def sender(self) -> str:
        return self.delivery.visitor.reached_from

    @property
    def parts(self) -> int:
        return segments.count(self.words).parts


def opened(claimed: Sequence[Delivery]) -> list[Letter]:
    """Those that may go, opened; the others are dropped, and said to be."""
    keys.sealers({owner for delivery in claimed for owner in _owners(delivery)})  # one query for all
    letters: list[Letter] = []
    dropped: list[News] = []
    for delivery in claimed:
        written = write(delivery)
        if isinstance(written, Letter):
            letters.append(written)
            if written.parts > 1:
                pace.spend(written.sender, written.parts - 1)
        else:
            dropped.append(News(delivery.oid, DeliveryState.DROPPED, fault=written))
    if dropped:
        deliveries.record_list(dropped)
    return letters


def _owners(delivery: Delivery) -> list[UUID]:
    return [delivery.visitor_id, *([delivery.message.conversation_id] if delivery.message else [])]


def write(delivery: Delivery) -> Letter | Fault:
    """The letter, or why this person must not or can no longer be texted."""
    if delivery.visitor.stopped_at and delivery.purpose != "stop":
        return Fault.OPTED_OUT
    try:
        return Letter(delivery, visitors.number_of(delivery.visitor), _words(delivery))
    except (keys.Forgotten, VaultError) as gone:
        log.warning("delivery_dropped oid=%s reason=%s", delivery.oid, type(gone).__name__)
        return Fault.GONE


def _words(delivery: Delivery) -> str:
    message = delivery.message
    if message is None:
        return automatic(delivery.visitor.line, delivery.purpose, delivery.visitor.language)
    place = place_of_text(message.conversation_id, message.seq)
    text = keys.sealer(message.conversation_id).unseal(bytes(message.text_sealed), place)
    return parts.split(text)[delivery.part - 1]
