"""What a grant shows, to whoever it was given to, and never before the audit log has it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline.conversations import keys, visitors
from chatline.conversations.models import Grant, Message
from chatline.conversations.reads import ERASED, words
from chatline.conversations.states import GrantState, Thing
from chatline.errors import NotFound, Refused
from chatline.people import access
from chatline.people.actions import audit


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said. `sender_kind` is a `states.Sender`, `name` empty for the visitor; erased words are empty."""

    sender_kind: str
    name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revealed:
    """A number, or what was said in order; the other one is empty. `until` is when it may not be looked at any more."""

    until: datetime
    number: str = ""
    said: tuple[Said, ...] = ()


def reveal(staff: UUID, grant: UUID) -> Revealed:
    """Shows it to the one person who asked, as long as they supervise the line. Every look is an entry of its own.

    Must not run inside a transaction: the entry is committed before anything is opened. Raises NotFound, Refused
    `grant_over`, or `keys.Forgotten`; or whatever kept the entry from being written.
    """
    with transaction.atomic(durable=True):
        now = timezone.now()
        row = Grant.objects.select_for_update().filter(id=grant, asked_by=staff).first()
        if row is None:
            raise NotFound
        access.require(staff, row.line_id, access.SUPERVISES)
        if not is_open(row, now):
            raise Refused("This may not be looked at any more.", code="grant_over")
        about = {"conversation": str(row.conversation_id), "thing": row.thing, "reason": row.reason}
        audit(staff, "reveal", row.id, **about)
        row.shown_at = row.shown_at or now
        row.save(update_fields=["shown_at"])
    return _number(row) if row.thing == Thing.NUMBER else _words(row)


def is_open(grant: Grant, now: datetime) -> bool:
    """Whether it may be looked at now. Pure."""
    return grant.state == GrantState.GRANTED and grant.expires_at is not None and now < grant.expires_at


def _number(row: Grant) -> Revealed:
    assert row.expires_at
    return Revealed(row.expires_at, number=visitors.number_of(row.conversation.visitor))


def _words(row: Grant) -> Revealed:
    """Raises Forgotten where nothing is left, rather than showing a list of nothing."""
    assert row.expires_at
    talk = row.conversation
    sealer = keys.sealers([talk.id], erased=[talk.id] if talk.erased_at else ()).get(talk.id)
    said = tuple(
        Said(one.sender_kind, one.name, words(sealer, bytes(one.text_sealed), talk.id, one.seq), one.at)
        for one in Message.objects.filter(conversation=talk).order_by("seq")
    )
    if all(one.text == ERASED for one in said):
        raise keys.Forgotten
    return Revealed(row.expires_at, said=said)
