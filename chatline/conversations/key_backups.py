"""Backups of the keys, apart from all others: whatever was forgotten is in none of them after two days.

A file holds the keys as they lie in the table, wrapped under root keys that are in no backup. Ordinary backups leave
that table out, so neither of the two opens anything by itself.
"""

import base64
import json
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from chatline.conversations.models import Key
from chatline.errors import BadInput

KEPT = 2
"""Of daily files: a key that was destroyed is in none of them after 48 hours (DESIGN, Keys)."""

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
        for owner, wrapped in Key.objects.order_by("owner").values_list("owner", "wrapped").iterator(BATCH):
            writing.write(json.dumps([str(owner), base64.b64encode(bytes(wrapped)).decode()]) + "\n")
        writing.flush()
        os.fsync(writing.fileno())
    part.rename(file)
    for old in kept(folder)[:-KEPT]:
        old.unlink()
    return file


def kept(folder: Path) -> list[Path]:
    """The files that are there, the oldest first."""
    return sorted(folder.glob("keys-*.jsonl"))


def restore(file: Path) -> int:
    """Puts the keys of a file into a database that was restored without them. Returns how many were missing.

    Keys that are there stay as they are. Raises BadInput `not_a_key_backup`, and has changed nothing then.
    """
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
        rows = [Key(owner=UUID(owner), wrapped=base64.b64decode(wrapped)) for owner, wrapped in lines]
    except (ValueError, TypeError) as fault:
        raise BadInput(f"{file} is no backup of keys.", code="not_a_key_backup") from fault
    with transaction.atomic():
        before = Key.objects.count()
        Key.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
        return Key.objects.count() - before
