"""Sends what waits to be sent: claim, commit, send, record. Several threads or processes may run it at once.

No transaction is held across HTTP. A courier that dies in the middle leaves its text `posting`; `sweep` makes that
`unknown`, which a volunteer sees, and never sends it again.
"""

import logging
import random
from datetime import timedelta

from django.utils import timezone

from chatline.conversations import deliveries, keys, visitors
from chatline.conversations.models import Delivery
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import DeliveryState
from chatline.conversations.texts import automatic
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import gateway
from chatline.sms.gateway import Accepted, NotSent, Outcome, Rejected, Unknown
from chatline.sms.reports import report
from chatline.vault import VaultError

log = logging.getLogger(__name__)

ALARM = "provider_unreachable"
ALARM_AFTER = 3
"""Attempts of one text after which an operator must know."""

LONGEST_PAUSE = 60.0
HALF_SENT = timedelta(seconds=gateway.READ_SECONDS + 30)
"""How long a courier may take; who takes longer has died."""


def send_next() -> bool:
    """Sends the next text that is due. False when there is none: call it until then."""
    delivery = deliveries.claim(timezone.now())
    if delivery is None:
        return False
    written = _write(delivery)
    if written is None:
        deliveries.record(delivery.oid, DeliveryState.DROPPED)
        return True
    number, words = written
    outcome = gateway.send(number, delivery.visitor.reached_from, words, delivery.oid)
    _record(delivery, outcome)
    return True


def sweep() -> bool:
    """Marks what a dead courier left half-sent as `unknown`. False when there was nothing."""
    left = deliveries.left_half_sent(timezone.now() - HALF_SENT)
    for oid in left:
        log.error("delivery_left_half_sent oid=%s", oid)
        report(oid, DeliveryState.UNKNOWN)
    return bool(left)


def _write(delivery: Delivery) -> tuple[str, str] | None:
    """The number and the words, or None if this person must not or can no longer be texted."""
    if delivery.visitor.stopped_at and delivery.purpose != "stop":
        return None
    try:
        return visitors.number_of(delivery.visitor), _words(delivery)
    except (keys.Forgotten, VaultError) as gone:
        log.warning("delivery_dropped oid=%s reason=%s", delivery.oid, type(gone).__name__)
        return None


def _words(delivery: Delivery) -> str:
    message = delivery.message
    if message is None:
        return automatic(delivery.visitor.line, delivery.purpose, delivery.visitor.language)
    place = place_of_text(message.conversation_id, message.seq)
    return keys.sealer(message.conversation_id).unseal(bytes(message.text_sealed), place)


def _record(delivery: Delivery, outcome: Outcome) -> None:
    match outcome:
        case Accepted(sid):
            report(delivery.oid, DeliveryState.ACCEPTED, sid=sid)
            if delivery.attempts:
                clear_alarm(ALARM)
        case Rejected(code):
            report(delivery.oid, DeliveryState.REJECTED, code=code)
        case Unknown():
            report(delivery.oid, DeliveryState.UNKNOWN)
        case NotSent(code):
            deliveries.put_back(delivery, pause(delivery.attempts))
            if code in gateway.OURS_TO_MEND or delivery.attempts + 1 == ALARM_AFTER:
                raise_alarm(ALARM)
    log.info("delivery oid=%s outcome=%s", delivery.oid, type(outcome).__name__)


def pause(attempts: int) -> float:
    """Seconds before the next attempt: doubling to a minute, and never the same for all who were refused together."""
    return min(LONGEST_PAUSE, 2.0 ** min(attempts, 10)) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
