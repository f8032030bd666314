"""How fast each number of ours may send: a bucket of parts that fills at its rate and holds one second of it.

Carriers queue what comes faster for up to ten hours, in their order and not ours, so we keep the queue ourselves. The
bucket is a row that is locked while texts are claimed: all workers together keep to the rate. What a text costs is
known only once its words are opened, so a bucket may go into debt, which the next texts wait for.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from chatline.lines.models import Number
from chatline.sms.models import Sender

SHORT_CODE, TOLL_FREE, LONG_CODE = 100.0, 3.0, 1.0
"""Parts in a second (https://help.twilio.com/articles/115002943027); a number's own rate goes before."""

_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)\d{7}")


def usual_rate(number: str) -> float:
    if len(number.lstrip("+")) <= 6:
        return SHORT_CODE
    return TOLL_FREE if _TOLL_FREE.fullmatch(number) else LONG_CODE


def filled(tokens: float, since: datetime, now: datetime, rate: float) -> float:
    """How full a bucket is now that held so much `since` then; never more than a second's worth, and at least 1."""
    return min(max(1.0, rate), tokens + max(0.0, (now - since).total_seconds()) * rate)


class Buckets:
    """The buckets of all our numbers as they are now; `locked` ones may be taken from."""

    def __init__(self, now: datetime, rows: Mapping[str, Sender], rates: Mapping[str, float]) -> None:
        self._now = now
        self._rows = rows
        self._rates = rates

    @classmethod
    def locked(cls, senders: Iterable[str], now: datetime) -> "Buckets":
        """Those of these numbers, held until the transaction ends; new ones begin full."""
        wanted = set(senders)
        rates = _rates(wanted)
        known = {row.number: row for row in _lock(wanted)}
        if missing := wanted - known.keys():
            Sender.objects.bulk_create(
                [Sender(number=one, tokens=max(1.0, rates[one]), filled_at=now) for one in sorted(missing)],
                ignore_conflicts=True,
            )
            known = {row.number: row for row in _lock(wanted)}
        return cls(now, known, rates)

    def left(self, number: str) -> float:
        row = self._rows[number]
        return filled(row.tokens, row.filled_at, self._now, self._rates[number])

    def take(self, number: str, parts: float) -> None:
        row = self._rows[number]
        row.tokens, row.filled_at = self.left(number) - parts, self._now

    def save(self) -> None:
        Sender.objects.bulk_update(self._rows.values(), ["tokens", "filled_at"])


def spend(number: str, parts: int) -> None:
    """A text that was claimed as one part costs so many more."""
    Sender.objects.filter(number=number).update(tokens=F("tokens") - parts)


def ahead(number: str, parts: int, now: datetime) -> bool:
    """Takes a page's parts before the texts that wait for theirs; false if its number is ahead of its rate already.

    What is ahead is at most one text, because texts leave a bucket only while there is one in it.
    """
    with transaction.atomic():
        buckets = Buckets.locked({number}, now)
        if buckets.left(number) < 0:
            return False
        buckets.take(number, parts)
        buckets.save()
    return True


def pause(number: str, until: datetime) -> None:
    """Nothing is sent from this number until then."""
    Sender.objects.filter(number=number).update(paused_until=until)


def resting(now: datetime) -> list[str]:
    """Numbers of ours that may send nothing at this moment; read without a lock, to be looked at again under one."""
    rows = list(Sender.objects.filter(Q(tokens__lt=1) | Q(paused_until__gt=now)))
    rates = _rates({row.number for row in rows})
    return [
        row.number
        for row in rows
        if (row.paused_until and row.paused_until > now)
        or filled(row.tokens, row.filled_at, now, rates[row.number]) < 1
    ]


MENDING = timedelta(minutes=1)
"""How long a number rests after the provider refused it; an operator has to mend that, and it is tried again."""


def _lock(numbers: Iterable[str]) -> list[Sender]:
    return list(Sender.objects.select_for_update().filter(number__in=numbers).order_by("number"))


def _rates(numbers: Iterable[str]) -> dict[str, float]:
    wanted = set(numbers)
    if not wanted:
        return {}
    own = dict(
        Number.objects.filter(number__in=wanted, per_second__isnull=False).values_list("number", "per_second")
    )
    return {one: own.get(one) or usual_rate(one) for one in wanted}
