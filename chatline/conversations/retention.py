"""Forgetting when promised: destroying a key makes what it sealed unreadable at once, and rows stay for the counts."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from chatline.conversations import deliveries, epochs, holds, keys
from chatline.conversations.leaving import forget, forget_as_asked, is_erasure_due
from chatline.conversations.models import Conversation, Delivery, Key, Visitor
from chatline.conversations.saying import lock
from chatline.conversations.states import DeliveryState, State
from chatline.lines.models import Line
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.people.models import Alarm

BATCH = 200
"""Keys destroyed in one transaction, so that a long list never holds up the line."""


def forget_due(now: datetime) -> bool:
    """Destroys the keys of words and numbers that are older than their line promises; true if there were any."""
    done = holds.end_due(now)
    for line in Line.objects.all():
        done = _forget_words(line, now - timedelta(days=line.keep_words_days), now) or done
        done = _forget_numbers(line, now - timedelta(hours=line.keep_number_hours)) or done
        done = _forget_needless_numbers(line) or done
    return done


def _forget_words(line: Line, before: datetime, now: datetime) -> bool:
    # Whoever was passed on was promised this by the line they came to, and by the line that answered.
    of_this_line = Q(line=line) | Q(visitor__line=line)
    due = Conversation.objects.filter(
        of_this_line, state=State.CLOSED, closed_at__lt=before, erased_at=None
    ).values_list("id", flat=True)[:BATCH]
    if not (ids := list(due)):
        return False
    with transaction.atomic():
        for row in lock(ids).values():
            forget(row, now)
    return True


def forget_overdue(before: datetime, now: datetime) -> bool:
    """An erasure asked for before `before` that still waits for a flag happens now; the flag stays with its staff."""
    waiting = Q(erased_at=None) | Q(erased_at__lt=F("erase_asked_at"))
    due = Conversation.objects.filter(waiting, erase_asked_at__lt=before)
    # Person by person, so that each has one receipt.
    if not (people := list(due.values_list("visitor", flat=True).distinct()[:BATCH])):
        return False
    with transaction.atomic():
        rows = lock(due.filter(visitor__in=people).values_list("id", flat=True))
        forget_as_asked([row for row in rows.values() if is_erasure_due(row)], now)
    return True


# --- proof ------------------------------------------------------------------------------------------------

GRACE = timedelta(days=1)
"""How long after what was promised a key may still be there: the workers may have stood for a night."""

NOT_FORGOTTEN = "not_forgotten"
MONTHS = "#months"
"""The subject of the alarm where it is about the keys of months; no line is called that."""


def prove_forgotten(now: datetime) -> bool:
    """Whether nothing older than promised can be opened; an alarm of its line says so where something can.

    Looks for the keys themselves, not for what the rows say was done.
    """
    standing = set(
        Alarm.objects.filter(code=NOT_FORGOTTEN, cleared_at=None).values_list("subject", flat=True)
    )
    wrong = {line.slug for line in Line.objects.all() if _openable(line, now - GRACE).exists()}
    if epochs.due(now - GRACE).exists():
        wrong.add(MONTHS)
    for slug in wrong - standing:
        raise_alarm(NOT_FORGOTTEN, slug)
    for slug in standing - wrong:
        clear_alarm(NOT_FORGOTTEN, slug)
    return wrong != standing


def _openable(line: Line, at: datetime) -> QuerySet[Key]:
    """Keys of words and of numbers that this line had promised to destroy by then, and of holds that are over."""
    here = Conversation.objects.filter(Q(line=line) | Q(visitor__line=line))
    words = here.filter(state=State.CLOSED, closed_at__lt=at - timedelta(days=line.keep_words_days))
    recent = Conversation.objects.filter(visitor__line=line).filter(
        ~Q(state=State.CLOSED) | Q(closed_at__gte=at - timedelta(hours=line.keep_number_hours))
    )
    old = Visitor.objects.filter(line=line, created_at__lt=at - timedelta(hours=line.keep_number_hours))
    numbers = old.exclude(id__in=recent.values("visitor")).exclude(id__in=_under_way().values("visitor"))
    held = holds.outlived(at).filter(conversation__line=line)
    return Key.objects.filter(
        Q(owner__in=words.values("id")) | Q(owner__in=numbers.values("id")) | Q(owner__in=held.values("id"))
    )


# --- numbers ----------------------------------------------------------------------------------------------


def _forget_numbers(line: Line, before: datetime) -> bool:
    """The number goes sooner than the words, once nothing is open; the fingerprint still finds the person."""
    recent = Conversation.objects.filter(visitor__line=line).filter(
        ~Q(state=State.CLOSED) | Q(closed_at__gte=before)
    )
    old = Visitor.objects.filter(line=line, created_at__lt=before)
    return _destroy_numbers(old.exclude(id__in=recent.values("visitor")))


def _forget_needless_numbers(line: Line) -> bool:
    """Nor is it kept of somebody of whom no words are left, and to whom nothing is on its way: erased, or only STOP."""
    talked = Conversation.objects.filter(visitor__line=line).filter(
        ~Q(state=State.CLOSED) | Q(erased_at=None)
    )
    return _destroy_numbers(Visitor.objects.filter(line=line).exclude(id__in=talked.values("visitor")))


def _destroy_numbers(whose: QuerySet[Visitor]) -> bool:
    due = whose.filter(number_sealed__isnull=False).exclude(id__in=_under_way().values("visitor"))
    if not (ids := list(due.values_list("id", flat=True)[:BATCH])):
        return False
    with transaction.atomic():
        # Looked at once more under the lock: somebody may have texted just now, and wants an answer.
        list(Visitor.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
        forgotten = list(due.filter(id__in=ids).values_list("id", flat=True))
        Visitor.objects.filter(id__in=forgotten).update(number_sealed=None)
        keys.destroy(forgotten)
    return bool(forgotten)


def _under_way() -> QuerySet[Delivery]:
    """Texts that still need the number of whom they are for."""
    return Delivery.objects.filter(
        Q(state__in=deliveries.IN_FLIGHT) | Q(state=DeliveryState.UNKNOWN, settled_at=None)
    )
