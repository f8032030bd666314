"""The worker that moves time: what is due happens here, by compare-and-set, so any number of workers may run it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, epochs, retention
from chatline.conversations.models import Conversation, Offer
from chatline.people import chain
from routing import (
    absence,
    barring,
    climbing,
    drills,
    nobody,
    overseeing,
    pages,
    passing,
    pulse,
    silences,
    timers,
)

log = logging.getLogger(__name__)

ERASE_AT_THE_LATEST = timedelta(hours=24)
"""An erasure that waits for a flag happens after this in any case; the receipt says so (DESIGN, Who wins)."""


def run_due() -> bool:
    """Does what is due within seconds; true if anything was done."""
    return _do(
        carry_out_closes,
        lapse_offers,
        passing.lapse,
        absence.note_gone,
        absence.return_abandoned,
        nobody.watch,
        climbing.climb_due,
        pages.sweep,
        overseeing.end_watches,
        chain.link_due,
    )


def tell_due() -> bool:
    """Says by itself what is due to those who wait or are silent; a matter of minutes, so it is looked for rarely."""
    return _do(
        pulse.beat, silences.call_anew, timers.expire_waiting, timers.tell_waiting, timers.end_silences
    )


def forget_due() -> bool:
    """Does what is due within minutes: words, numbers, months and blocks whose time is over."""
    return _do(
        erase_overdue,
        retention.forget_due,
        epochs.prepare,
        epochs.destroy_due,
        barring.end_blocked,
        barring.watch_reviews,
        drills.end_forgotten,
        chain.sign_due,
    )


def prove_due() -> bool:
    """Looks, seldom, whether what was promised is so."""
    return _do(retention.prove_forgotten, chain.link_overtaken)


def _do(*duties: Callable[[datetime], bool]) -> bool:
    """One duty that fails does not hold up the others."""
    now = timezone.now()
    done = False
    for duty in duties:
        try:
            done = duty(now) or done
        except DatabaseError:
            log.error("duty_failed duty=%s", duty.__name__)
    return done


def carry_out_closes(now: datetime) -> bool:
    due = Conversation.objects.filter(closing_at__lte=now).order_by("id").values_list("id", flat=True)[:100]
    closed = [actions.close_due(one, now) for one in due]
    return any(closed)


def lapse_offers(now: datetime) -> bool:
    """The privilege of the volunteer of last time is over; everybody sees them again in the queue."""
    due = Offer.objects.filter(by=None, ended_at=None, expires_at__lte=now)
    if not due.exists():
        return False
    with transaction.atomic():
        due.update(ended_at=now)
        announce.after_commit(announce.BoardChanged())
    return True


def erase_overdue(now: datetime) -> bool:
    return retention.forget_overdue(now - ERASE_AT_THE_LATEST, now)
