"""Finding out what became of texts of which nobody knows the end, without ever sending one again.

A text is in doubt when its request was not answered, or its courier died. Three things may end that: a callback with
our id (`webhook.py`), a look at the provider's list here, or a person, who is shown that it may not have arrived.
Twilio's own advice for messages "for which no Message SID was returned" is the list, matched by time and receiver
(https://www.twilio.com/docs/messaging/guides/outbound-message-logging).
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from chatline.conversations import copies, deliveries
from chatline.conversations.models import Delivery
from chatline.conversations.states import DeliveryState
from chatline.sms import letters, lookup
from chatline.sms.letters import Letter
from chatline.sms.lookup import Seen, Unavailable
from chatline.sms.reports import STATES, report

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=45)
"""Between two looks for one text."""

LOOKS, DOUBT = 2, timedelta(minutes=2)
"""So many looks that found nothing, over at least so long, and nothing more is to be expected."""

GIVE_UP = timedelta(minutes=15)
"""If the provider cannot even be asked for so long, a person decides without an answer."""

MADE_BEFORE, MADE_AFTER = timedelta(seconds=5), timedelta(seconds=120)
"""How far its making at the provider may lie from our posting it: clocks differ, and a slow request is made late."""

SILENT = timedelta(hours=12)
"""A text whose end was not reported for so long is asked about (the provider's own advice, same guide)."""


def look_for_one() -> bool:
    """Looks once for the text that has been in doubt longest. False when none is due."""
    now = timezone.now()
    due = Delivery.objects.filter(state=DeliveryState.UNKNOWN, settled_at=None).filter(
        Q(checked_at=None) | Q(checked_at__lt=now - EVERY)
    )
    doubtful = due.select_related("visitor__line", "message").order_by("unknown_at").first()
    if doubtful is None or not _claimed(doubtful, now):
        return False
    _look(doubtful, now)
    return True


def _claimed(doubtful: Delivery, now: datetime) -> bool:
    """True for the one worker that may look now."""
    with transaction.atomic():
        mine = Delivery.objects.filter(id=doubtful.id, checked_at=doubtful.checked_at)
        return bool(mine.update(checked_at=now))


def _look(doubtful: Delivery, now: datetime) -> None:
    letter = letters.write(doubtful)
    if not isinstance(letter, Letter):
        deliveries.settle(doubtful.oid)  # without number or words it can never be found
        return
    try:
        found = _which(letter, lookup.newest_to(letter.number))
    except Unavailable:
        if _since(doubtful, now) > GIVE_UP:
            deliveries.settle(doubtful.oid)
        return
    if found is not None:
        log.info("doubt_ended oid=%s", doubtful.oid)
        state = STATES.get(found.status, DeliveryState.ACCEPTED)
        report(doubtful.oid, state, sid=found.sid, code=found.error_code)
        return
    with transaction.atomic():
        Delivery.objects.filter(id=doubtful.id).update(checks=F("checks") + 1)
    if doubtful.checks + 1 >= LOOKS and _since(doubtful, now) >= DOUBT:
        deliveries.settle(doubtful.oid)


def _since(doubtful: Delivery, now: datetime) -> timedelta:
    return now - (doubtful.unknown_at or now)


def _which(letter: Letter, seen: Sequence[Seen]) -> Seen | None:
    """The one message that can only be this text; None if there is none, or more than one that might be."""
    posted = letter.delivery.posted_at
    assert posted
    might_be = [
        one
        for one in seen
        if one.outgoing
        and one.sender == letter.sender
        and one.words.strip() in ("", letter.words.strip())
        and one.at
        and posted - MADE_BEFORE <= one.at <= posted + MADE_AFTER
    ]
    owned = set(
        Delivery.objects.filter(provider_id__in=[one.sid for one in might_be]).values_list(
            "provider_id", flat=True
        )
    )
    free = [one for one in might_be if one.sid not in owned]
    return free[0] if len(free) == 1 else None


def ask_about_silent() -> bool:
    """Asks about texts that were taken and never reported on. False when there was none."""
    before = timezone.now() - SILENT
    silent = Delivery.objects.filter(
        state__in=(DeliveryState.ACCEPTED, DeliveryState.SENT),
        provider_id__isnull=False,
        changed_at__lt=before,
        checked_at=None,
    )
    asked = list(silent.order_by("id")[:20])
    for delivery in asked:
        _ask(delivery)
    return bool(asked)


def _ask(delivery: Delivery) -> None:
    assert delivery.provider_id
    try:
        seen = lookup.fetched(delivery.provider_id)
    except Unavailable:
        return
    if seen is not None and (state := STATES.get(seen.status)):
        report(delivery.oid, state, code=seen.error_code)
    with transaction.atomic():
        now = timezone.now()
        Delivery.objects.filter(id=delivery.id).update(checked_at=now)
        # Not every carrier sends receipts: for some `sent` is the last word, and the copy there is due to go.
        copies.left([delivery.provider_id], now)
