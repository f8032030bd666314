"""What staff write beside the talk: notes of every kind, sealed, and never shown to the visitor.

Whoever holds the conversation may write, and a supervisor who has joined it.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import access, guide, keys
from chatline.conversations.models import Conversation, Note
from chatline.conversations.saying import changed, check_text
from chatline.conversations.states import NoteKind
from chatline.people.access import active_staff
from chatline.people.models import Staff
from chatline.vault import Sealer


def write_note(staff: UUID, conversation: UUID, text: str) -> None:
    """A private note. Raises NotFound, BadInput (`empty`, `too_long`) or Forgotten where the words were erased."""
    check_text(text)
    with transaction.atomic():
        row = access.taking_part(staff, conversation)
        note(row, NoteKind.NOTE, text, active_staff(staff), timezone.now())
        row.save(update_fields=["version", "guide_version"])
        announce.after_commit(changed(row))


def note(row: Conversation, kind: NoteKind, text: str, by: Staff, now: datetime) -> Note:
    """Writes one note of a locked conversation; the caller saves the row and announces.

    Raises Forgotten where there is no key to seal it with.
    """
    sealer = sealer_beside(row)
    beside(row)
    return Note.objects.create(
        conversation=row,
        version=row.version,
        author=by.id,
        name=by.name,
        kind=kind,
        text_sealed=sealer.seal(text.strip(), guide.place_of_note(row.id, row.version)),
        at=now,
    )


def beside(row: Conversation) -> None:
    """Something beside the talk of a locked conversation changes. The caller saves the row."""
    row.version += 1
    row.guide_version = row.version


def sealer_beside(row: Conversation) -> Sealer:
    """Raises Forgotten: beside words that were erased nothing more is written."""
    found = keys.sealers([row.id], erased=[row.id] if row.erased_at else ())
    if row.id not in found:
        raise keys.Forgotten
    return found[row.id]
