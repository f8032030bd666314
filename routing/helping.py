"""A volunteer asks a supervisor: for advice, to take over, or gives an abusive contact up without a question.

A help stands until a supervisor has dealt with it, whoever asked no longer needs it, or no longer holds the
conversation. One that gives up for abuse is asked of a conversation that waits, for supervisors alone.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import access as conversation_access
from chatline.conversations import holding, keys
from chatline.conversations.models import Conversation
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import State
from chatline.errors import NotFound, Refused
from chatline.people import access
from chatline.people.actions import audit
from routing import queue
from routing.inbox import place_of_help
from routing.models import Help, HelpKind


def ask(staff: UUID, conversation: UUID, kind: str, note: str = "") -> None:
    """The holder asks for `kind`, a `HelpKind`. Raises NotFound, or Refused `help_asked_already`."""
    with transaction.atomic():
        row, now = conversation_access.held(staff, conversation), timezone.now()
        if kind == HelpKind.ABUSE:
            _give_up(row, now)
        elif row.help:
            raise Refused("A supervisor was asked already.", code="help_asked_already")
        if row.state != State.CLOSED:
            _ask(row, staff, HelpKind(kind), note, now)
        announce.after_commit(changed(row, staff), announce.BoardChanged())


def _give_up(row: Conversation, now: datetime) -> None:
    """The seat is free at once, and no volunteer is given them: a supervisor is."""
    row.reserved = True
    queue.give_back(row, "abuse", now, actor=row.volunteer_id)


def _ask(row: Conversation, staff: UUID, kind: HelpKind, note: str, now: datetime) -> None:
    asked = Help(conversation=row, kind=kind, asked_at=now, asked_by_id=staff)
    sealer = keys.sealers([row.id]).get(row.id)
    if sealer and note.strip():
        asked.note_sealed = sealer.seal(note, place_of_help(asked.id, row.id))
    asked.save(force_insert=True)
    row.help = kind
    _save(row)


def take_back(staff: UUID, conversation: UUID) -> None:
    """The holder needs no help any more; nothing happens where none was asked. Raises NotFound."""
    with transaction.atomic():
        row = conversation_access.held(staff, conversation)
        if row.help:
            _end(row, timezone.now())


# --- a supervisor answers ---------------------------------------------------------------------------------


def answer(staff: UUID, help_: UUID) -> None:
    """A supervisor says: I am coming. Raises NotFound, or Refused `already_answered` if somebody was faster."""
    with transaction.atomic():
        row = _supervised(staff, help_)
        won = Help.objects.filter(id=help_, answered_at=None, ended_at=None).update(
            answered_at=timezone.now(), answered_by=staff
        )
        if not won:
            raise Refused("Somebody has this already.", code="already_answered")
        audit(staff, "answer_help", help_)
        row.help_by = access.active_staff(staff).name
        _save(row)
        announce.after_commit(changed(row), announce.BoardChanged())


def settle(staff: UUID, help_: UUID) -> None:
    """A supervisor says: it is dealt with. Raises NotFound, or Refused `help_over` if it was already."""
    with transaction.atomic():
        row, now = _supervised(staff, help_), timezone.now()
        if not Help.objects.filter(id=help_, ended_at=None).exists():
            raise Refused("This is dealt with already.", code="help_over")
        Help.objects.filter(id=help_, answered_at=None).update(answered_at=now, answered_by=staff)
        audit(staff, "settle_help", help_)
        _end(row, now)


def _supervised(staff: UUID, help_: UUID) -> Conversation:
    """The conversation of this help, locked, for a supervisor of its line."""
    about = Help.objects.filter(id=help_).values_list("conversation", flat=True).first()
    if about is None:
        raise NotFound
    row = lock([about])[about]
    access.require(staff, row.line_id, access.SUPERVISES)
    return row


def _end(row: Conversation, now: datetime) -> None:
    holding.end_help(row, now)
    _save(row)
    announce.after_commit(changed(row), announce.BoardChanged())


def _save(row: Conversation) -> None:
    row.version += 1
    row.save(update_fields=["help", "help_by", "version"])
