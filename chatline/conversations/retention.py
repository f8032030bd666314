"""Forgetting when promised: destroying a key makes what it sealed unreadable at once, and rows stay for the counts."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from chatline.conversations import keys
from chatline.conversations.actions import forget, forget_words
from chatline.conversations.models import Conversation, Visitor
from chatline.conversations.saying import lock
from chatline.conversations.states import State
from chatline.lines.models import Line

BATCH = 200
"""Keys destroyed in one transaction, so that a long list never holds up the line."""


def forget_due(now: datetime) -> bool:
    """Destroys the keys of words and numbers that are older than their line promises; true if there were any."""
    done = False
    for line in Line.objects.all():
        done = _forget_words(line, now - timedelta(days=line.keep_words_days), now) or done
        done = _forget_numbers(line, now - timedelta(hours=line.keep_number_hours)) or done
    return done


def _forget_words(line: Line, before: datetime, now: datetime) -> bool:
    due = Conversation.objects.filter(
        line=line, state=State.CLOSED, closed_at__lt=before, erased_at=None
    ).values_list("id", flat=True)[:BATCH]
    if not (ids := list(due)):
        return False
    with transaction.atomic():
        for row in lock(ids).values():
            forget(row, now)
    return True


def forget_overdue(before: datetime, now: datetime) -> bool:
    """An erasure asked for before `before` that still waits for a flag happens now; the flag stays with its staff."""
    due = Conversation.objects.filter(erase_asked_at__lt=before, erased_at=None).values_list("id", flat=True)
    if not (ids := list(due[:BATCH])):
        return False
    with transaction.atomic():
        for row in lock(ids).values():
            forget_words(row, now)
    return True


def _forget_numbers(line: Line, before: datetime) -> bool:
    """The number goes sooner than the words, once nothing is open; the fingerprint still finds the person."""
    recent = Conversation.objects.filter(line=line).filter(~Q(state=State.CLOSED) | Q(closed_at__gte=before))
    due = (
        Visitor.objects.filter(line=line, number_sealed__isnull=False, created_at__lt=before)
        .exclude(id__in=recent.values("visitor"))
        .values_list("id", flat=True)[:BATCH]
    )
    if not (ids := list(due)):
        return False
    with transaction.atomic():
        forgotten = list(Visitor.objects.select_for_update().filter(id__in=ids).values_list("id", flat=True))
        Visitor.objects.filter(id__in=forgotten).update(number_sealed=None)
        keys.destroy(forgotten)
    return bool(forgotten)
