"""The keys of months: made with the first key of a month, destroyed when nothing of it may be read any more."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations.models import Epoch, Key
from chatline.conversations.opened import Opened
from chatline.lines.models import Line
from chatline.vault import Keyring, Wrapper

SPARE = timedelta(days=35)
"""How long a month's key outlives what a line promises for words: backups of a month and some days (security
requirements, keys and their life). No key that it wraps is there by then."""

SETTLED = timedelta(hours=1)
"""After this no transaction is under way that looked a key up before it was replaced."""

opened: Opened[Wrapper] = Opened()
"""Of this process; by the epoch's id."""


@lru_cache(maxsize=4)
def _parse(text: str) -> Keyring:
    return Keyring.parse(text)


def keyring() -> Keyring:
    """The root keys as they are configured."""
    return _parse(settings.VAULT_KEYS)


def month_of(at: datetime) -> date:
    """Its first day, by UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def of_month(month: date) -> tuple[UUID, Wrapper]:
    """The epoch of a month (its first day) and its opened key, made if there is none yet; runs inside a transaction.

    Looked up each time: whatever memory knew might have been replaced, or rolled back. Raises VaultError when its root
    key is missing.
    """
    living = Epoch.objects.filter(month=month, replaced_at=None, destroyed_at=None)
    row = living.first() or _made(month)
    assert row.wrapped is not None  # the database refuses a living one without
    return row.id, opened_of(row.id, row.wrapped)


def _made(month: date) -> Epoch:
    new = uuid4()
    wrapped, _ = keyring().new_key(new)
    # Two processes may meet the month at once: the second waits for the first, and takes its key.
    return Epoch.objects.get_or_create(
        month=month,
        replaced_at=None,
        destroyed_at=None,
        defaults={"id": new, "wrapped": wrapped, "made_at": timezone.now()},
    )[0]


def opened_of(epoch: UUID, wrapped: bytes | memoryview) -> Wrapper:
    """The key of a month, from memory or opened. Raises VaultError."""
    if found := opened.get(epoch):
        return found
    wrapper = Wrapper(keyring().unwrap(wrapped, epoch))
    opened.put(epoch, wrapper)
    return wrapper


def prepare(now: datetime) -> bool:
    """Makes the key of tomorrow's month, so that no conversation waits for it. True if there was none."""
    month = month_of(now + timedelta(days=1))
    if Epoch.objects.filter(month=month, replaced_at=None, destroyed_at=None).exists():
        return False
    with transaction.atomic():
        _made(month)
    return True


def destroy_due(now: datetime) -> bool:
    """Destroys the keys of months of which nothing may be read any more; true if there were any."""
    if not due(now).exists():
        return False
    with transaction.atomic():
        # Under the lock whoever makes a key is either seen here, or waits.
        ids = [row.id for row in due(now).select_for_update().order_by("id")]
        ids = list(due(now).filter(id__in=ids).values_list("id", flat=True))
        Epoch.objects.filter(id__in=ids).update(wrapped=None, destroyed_at=now)
        announce.after_commit(*(announce.KeyDestroyed(one) for one in ids))
    return bool(ids)


def due(now: datetime) -> QuerySet[Epoch]:
    """Those that no living key needs, whose month is over by more than any line promises and `SPARE`, or replaced."""
    days = Line.objects.aggregate(longest=Max("keep_words_days"))["longest"] or 0
    last_day = (now - timedelta(days=days) - SPARE).astimezone(UTC).date()
    # A month's last day lies before the month of `last_day` begins.
    over = Q(month__lt=last_day.replace(day=1)) | Q(replaced_at__lt=now - SETTLED)
    return Epoch.objects.filter(over, ~Exists(Key.objects.filter(epoch=OuterRef("pk"))), destroyed_at=None)
