"""What the restore drill runs inside the line's own processes, on whichever database they are given.

Run as `chatline shell -c "from tests.security import drill; drill.tell()"`; each prints one line of JSON.
"""

import hashlib
import json
from typing import Any

from django.db import connection

from chatline.conversations import keys, leaving, reads
from chatline.conversations.key_backups import TABLES
from chatline.conversations.models import Conversation, Delivery, Message
from chatline.conversations.states import Medium
from tests.cast import make_cast

KEPT, SHREDDED = "the walrus stays", "the umbrella goes"
MANY = 60
AWKWARD = "O'Brien;\n-- not a statement;\nEND;"


def happen() -> None:
    """Words that stay, words that are erased after the backup, a text that waits, and a name that looks like SQL."""
    cast = make_cast()
    for n in range(MANY):
        cast.visits(KEPT, who=f"visitor {n}")
    cast.visits(SHREDDED, who="who leaves")
    cast.talks(medium=Medium.SMS)
    cast.line.name = AWKWARD
    cast.line.save()
    _print([])


def shred() -> None:
    """Whoever said it asks for it to be forgotten."""
    for row in Conversation.objects.all():
        if SHREDDED in _said(row):
            _print(leaving.erase(row.visitor_id))


def tell() -> None:
    """How many rows each table holds and a hash of all they say; the keys' own tables left out."""
    with connection.cursor() as cursor:
        names = sorted(
            set(connection.introspection.table_names(cursor)) - set(TABLES) - {Delivery._meta.db_table}
        )
        _print({name: _table(cursor, name) for name in names})


def read() -> None:
    """What everybody said, and what became of the texts that waited."""
    _print(
        {
            "said": [one for row in Conversation.objects.order_by("opened_at") for one in _said(row)],
            "texts": sorted(Delivery.objects.values_list("state", flat=True)),
        }
    )


def _table(cursor: Any, name: str) -> tuple[int, str]:
    cursor.execute(f'SELECT * FROM "{name}"')
    rows = sorted(repr([_plain(value) for value in row]) for row in cursor.fetchall())
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _said(row: Conversation) -> list[str]:
    sealer = keys.sealers([row.id]).get(row.id)
    messages = Message.objects.filter(conversation=row, sender_kind="visitor").order_by("seq")
    return [reads.words(sealer, bytes(one.text_sealed), row.id, one.seq) for one in messages]


def _print(found: object) -> None:
    print(json.dumps(found))
