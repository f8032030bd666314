"""Backups of the keys, apart from all others: whatever was forgotten is in none of them after two days.

A file holds the keys of months and owners as they lie in their tables, wrapped under root keys that are in no backup.
Ordinary backups leave those tables out, so neither of the two opens anything by itself.
"""

import base64
import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from chatline.conversations.models import Epoch, Key
from chatline.errors import BadInput

KEPT = 2
"""Of daily files: a key that was destroyed is in none of them after 48 hours (DESIGN, Keys)."""

TABLES = (Epoch._meta.db_table, Key._meta.db_table)
"""What ordinary backups leave out."""

EPOCH_FIELDS = ("id", "month", "wrapped", "made_at", "replaced_at", "destroyed_at")
BATCH = 2_000
_NAME = "keys-{:%Y%m%dT%H%M%S%f}.jsonl"


def back_up(folder: Path, now: datetime) -> Path:
    """Writes a file of all keys into `folder`, whole or not at all, and removes all but the newest `KEPT`.

    What a backup that died halfway left behind goes as well: it holds keys, and would outlive what was promised.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob("keys-*.part"):
        left.unlink()
    file = folder / _NAME.format(now)
    part = file.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as writing:
        writing.writelines(json.dumps(line) + "\n" for line in _lines())
        writing.flush()
        os.fsync(writing.fileno())
    part.rename(file)
    for old in kept(folder)[:-KEPT]:
        old.unlink()
    return file


def kept(folder: Path) -> list[Path]:
    """The files that are there, the oldest first."""
    return sorted(folder.glob("keys-*.jsonl"))


def _lines() -> Iterator[list[Any]]:
    # Keys first: a month keeps its row for good, so whatever wraps one of these is there still when months are read.
    keys = Key.objects.order_by("owner").values_list("owner", "epoch", "wrapped", "created_at")
    for owner, epoch, wrapped, made_at in keys.iterator(BATCH):
        yield ["key", str(owner), epoch and str(epoch), _written(wrapped), made_at.isoformat()]
    for one, month, wrapped, *times in Epoch.objects.order_by("made_at").values_list(*EPOCH_FIELDS):
        yield ["month", str(one), month.isoformat(), _written(wrapped), *map(_told, times)]


def restore(file: Path, now: datetime) -> int:
    """Puts the keys of a file into a database that was restored without them. Returns how many were missing.

    Keys that are there stay as they are. Raises BadInput `not_a_key_backup`, and has changed nothing then.
    """
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
        months = [_month(*rest) for kind, *rest in lines if kind == "month"]
        keys = [_key(*rest) for kind, *rest in lines if kind == "key"]
        if len(months) + len(keys) != len(lines):
            raise ValueError
    except (ValueError, TypeError) as fault:
        raise BadInput(f"{file} is no backup of keys.", code="not_a_key_backup") from fault
    with transaction.atomic():
        # A month that got a key since the restore keeps it for what is new; the one of the file opens what is old.
        begun = set(Epoch.objects.filter(replaced_at=None, destroyed_at=None).values_list("month", flat=True))
        for month in months:
            if month.wrapped is not None and month.replaced_at is None and month.month in begun:
                month.replaced_at = now
        before = Key.objects.count()
        Epoch.objects.bulk_create(months, batch_size=BATCH, ignore_conflicts=True)
        Key.objects.bulk_create(keys, batch_size=BATCH, ignore_conflicts=True)
        return Key.objects.count() - before


def _month(
    one: str, month: str, wrapped: str | None, made: str, replaced: str | None, ended: str | None
) -> Epoch:
    return Epoch(
        id=UUID(one),
        month=date.fromisoformat(month),
        wrapped=_read(wrapped),
        made_at=datetime.fromisoformat(made),
        replaced_at=replaced and datetime.fromisoformat(replaced),
        destroyed_at=ended and datetime.fromisoformat(ended),
    )


def _key(owner: str, epoch: str | None, wrapped: str, made: str) -> Key:
    return Key(
        owner=UUID(owner),
        epoch_id=epoch and UUID(epoch),
        wrapped=_read(wrapped),
        created_at=datetime.fromisoformat(made),
    )


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _written(wrapped: bytes | memoryview | None) -> str | None:
    return None if wrapped is None else base64.b64encode(bytes(wrapped)).decode()


def _read(written: str | None) -> bytes | None:
    return None if written is None else base64.b64decode(written, validate=True)
