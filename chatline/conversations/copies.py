"""Copies."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chatline.conversations.models import Copy


def left(provider_ids: Sequence[str], now: datetime) -> None:
    Copy.objects.bulk_create(
        [Copy(provider_id=one, since=now, due_at=now + timedelta(minutes=1)) for one in provider_ids],
        ignore_conflicts=True,
    )
