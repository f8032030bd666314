"""What still lies at the provider and is needed there no more: a row each, until it is deleted there.

Any number of workers may claim: whoever moves `due_at` forward has it, and a worker that dies has only moved it.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min

from chatline.conversations.models import Copy, Media, Receipt
from chatline.conversations.states import MediaState

FIRST_AFTER = timedelta(minutes=1)
"""The provider deletes nothing that is not final there, and asks to wait so long:
https://www.twilio.com/docs/api/errors/20009"""

GIVEN_UP_AFTER = timedelta(days=14)
"""The longest that something takes to become final, by the same page. What is there after that is an operator's."""

PAUSES = (1, 5, 15, 60, 6 * 60)
"""Minutes until the next attempt, after the first, the second, ...; the last repeats."""
LATE_PAUSE = timedelta(days=1)

LEASE = timedelta(minutes=10)
"""Longer than a worker takes with the most that can come with one message (10 pictures: 12 requests of 15 s)."""


def left(provider_ids: Sequence[str], now: datetime) -> None:
    """These messages lie at the provider and are needed there no more: stored here, or final.

    Runs in the transaction that makes it so. Known ones stay as they are.
    """
    rows = [Copy(provider_id=one, since=now, due_at=now + FIRST_AFTER) for one in provider_ids]
    Copy.objects.bulk_create(rows, ignore_conflicts=True)


def claim(now: datetime) -> Copy | None:
    """The next that is to be deleted now, or None. What has pictures that are still to be fetched waits for them."""
    due = Copy.objects.filter(due_at__lte=now).order_by("due_at", "id")[:20]
    for copy in due:
        needed = _is_needed(copy.provider_id)
        with transaction.atomic():
            won = Copy.objects.filter(id=copy.id, due_at=copy.due_at).update(
                due_at=now + (FIRST_AFTER if needed else LEASE)
            )
        if won and not needed:
            return copy
    return None


def _is_needed(provider_id: str) -> bool:
    receipt = Receipt.objects.filter(provider_id=provider_id).first()
    if receipt is None or receipt.conversation is None or receipt.seq is None:
        return False
    return Media.objects.filter(
        message__conversation=receipt.conversation, message__seq=receipt.seq, state=MediaState.WAITING
    ).exists()


def gone(copy: Copy) -> None:
    """It lies there no more."""
    with transaction.atomic():
        Copy.objects.filter(id=copy.id).delete()


def again(copy: Copy, now: datetime) -> None:
    """The provider will not delete it yet: later, and later again, but never given up."""
    pause = timedelta(minutes=PAUSES[min(copy.attempts, len(PAUSES) - 1)])
    _put_off(copy, now, LATE_PAUSE if is_late(copy, now) else pause, copy.attempts + 1)


def put_off(copy: Copy, now: datetime) -> None:
    """The provider cannot be asked now, which counts as nothing."""
    _put_off(copy, now, FIRST_AFTER, copy.attempts)


def _put_off(copy: Copy, now: datetime, pause: timedelta, attempts: int) -> None:
    # Those that were refused together must not come back together.
    spread = pause * random.uniform(0.75, 1.25)  # noqa: S311  # no secret
    with transaction.atomic():
        Copy.objects.filter(id=copy.id).update(due_at=now + spread, attempts=min(attempts, 30_000))


def is_late(copy: Copy, now: datetime) -> bool:
    return copy.since < now - GIVEN_UP_AFTER


def any_late(now: datetime) -> bool:
    return Copy.objects.filter(since__lt=now - GIVEN_UP_AFTER).exists()


class Left(NamedTuple):
    """How many messages lie at the provider still, and since how long the oldest of them does."""

    number: int
    oldest: timedelta


def left_at_provider(now: datetime) -> Left:
    """For the operator: everything that is to be deleted there and is not yet, what is not due included."""
    oldest = Copy.objects.aggregate(oldest=Min("since"))["oldest"]
    return Left(Copy.objects.count(), now - oldest if oldest else timedelta(0))
