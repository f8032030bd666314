"""Pictures and the like: attached to a message, fetched by a worker, shown, forgotten. Every change to them is here.

A row begins `waiting`, with the sealed address at the provider; it ends `kept`, with the sealed content, or `refused`
or `lost`, with neither. Any number of workers may claim: whoever moves `not_before` forward has it, and a worker that
dies has only moved it. Locks are taken conversation first, then media.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from chatline import announce
from chatline.conversations import access, keys, kinds, metadata
from chatline.conversations.models import Conversation, Media, Message
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import MediaState
from chatline.errors import NotFound
from chatline.vault import Place, Sealer, VaultError

LEASE = timedelta(minutes=3)
"""Longer than a worker takes to fetch one (`sms.at_provider`)."""

PAUSES = (10, 60, 5 * 60, 15 * 60, 60 * 60)
"""Seconds until the next attempt, after the first, the second, ...; the last repeats."""
LOST_AFTER = timedelta(hours=24)
"""When to stop trying; inbound media of accounts with redaction are gone from the provider by then as well."""

MOST_ATTEMPTS = 60
"""More than come together in a day; a content that ends its worker each time must not do so for ever."""

_KIND = re.compile(r"(?:image|video|audio|text|application)/[a-z0-9.+-]{1,40}")


class Attachment(NamedTuple):
    """What came with a message: its content type and its address, both as the provider says."""

    kind: str
    address: str


# --- attached ---------------------------------------------------------------------------------------------


def attach(message: Message, sealer: Sealer, attachments: Sequence[Attachment], now: datetime) -> None:
    """Writes what came with a message of a locked conversation that has just been written, in the same transaction.

    The message's own count (`Message.media`) was written with it.
    """
    rows = []
    for place, one in enumerate(attachments):
        kind = one.kind if _KIND.fullmatch(one.kind) else "application/octet-stream"
        row = Media(message=message, place=place, kind=kind, not_before=now)
        row.address_sealed = sealer.seal(one.address, _place(row, "address"))
        rows.append(row)
    Media.objects.bulk_create(rows)


def _place(row: Media, column: str) -> Place:
    return Place(f"media:{row.id}", column, row.message.conversation_id, 0)


# --- fetched ----------------------------------------------------------------------------------------------


class Claimed(NamedTuple):
    """What a worker is to fetch now; this is its `attempt`, from 1."""

    id: UUID
    address: str
    attempt: int


def claim(now: datetime) -> Claimed | None:
    """The next that is to be fetched, or None. The claim is committed when this returns.

    One whose address does not open counts as an attempt that failed: an operator may put the key back.
    """
    due = (
        Media.objects.filter(state=MediaState.WAITING, not_before__lte=now)
        .order_by("not_before", "id")
        .select_related("message")
        .defer("data_sealed")[:20]
    )
    for row in due:
        with transaction.atomic():
            won = Media.objects.filter(id=row.id, state=MediaState.WAITING, not_before=row.not_before).update(
                not_before=now + LEASE, attempts=row.attempts + 1
            )
        if not won:
            continue
        if row.attempts >= MOST_ATTEMPTS:
            lose(row.id)
            continue
        try:
            sealer = keys.sealer(row.message.conversation_id)
            address = sealer.unseal(bytes(row.address_sealed or b""), _place(row, "address"))
        except (keys.Forgotten, VaultError):
            try_later(row.id, now)
            continue
        return Claimed(row.id, address, row.attempts + 1)
    return None


def take_in(media: UUID, content: bytes, now: datetime) -> str:
    """Keeps a content that was fetched, sealed, or refuses it for its kind; returns the state it has then.

    What was erased meanwhile stays lost.
    """
    kind = kinds.sniff(content)
    try:
        kept = metadata.strip(kind, content) if kind else None
    except ValueError:
        kept = None
    if kind is None or kept is None:
        return refuse(media)
    with transaction.atomic():
        row = _locked(media)
        if row is None:
            return MediaState.LOST
        conversation = row.message.conversation_id
        # Never one from memory: its key may have been destroyed.
        sealer = keys.sealers([conversation], erased=[conversation]).get(conversation)
        if sealer is None:
            return try_later(media, now)
        row.kind = kind
        row.data_sealed = sealer.seal_bytes(kept, _place(row, "data"))
        _settle(row, MediaState.KEPT)
        return row.state


def refuse(media: UUID) -> str:
    """Too large, or of a kind that is not taken."""
    return _end(media, MediaState.REFUSED)


def lose(media: UUID) -> str:
    """The provider has it no more."""
    return _end(media, MediaState.LOST)


def try_later(media: UUID, now: datetime) -> str:
    """It could not be fetched: again after a pause, and after a day no more."""
    with transaction.atomic():
        row = _locked(media)
        if row is None:
            return MediaState.LOST
        if row.created_at < now - LOST_AFTER:
            _settle(row, MediaState.LOST)
            return row.state
        pause = PAUSES[min(row.attempts, len(PAUSES)) - 1]
        Media.objects.filter(id=media).update(not_before=now + timedelta(seconds=pause))
        return row.state


def _end(media: UUID, state: MediaState) -> str:
    with transaction.atomic():
        row = _locked(media)
        if row is not None:
            _settle(row, state)
    return state


def _locked(media: UUID) -> Media | None:
    """Its row with its locked conversation, or None if another worker or an erasure was faster."""
    about = Media.objects.filter(id=media).values_list("message__conversation", flat=True).first()
    if about is None:
        return None
    conversation = lock([about])[about]
    row = Media.objects.select_for_update().filter(id=media, state=MediaState.WAITING).first()
    if row is not None:
        row.message.conversation = conversation
    return row


def _settle(row: Media, state: MediaState) -> None:
    row.state, row.address_sealed = state, None
    row.save(update_fields=["kind", "state", "address_sealed", "data_sealed"])
    conversation = row.message.conversation
    conversation.version += 1
    conversation.save(update_fields=["version"])
    Message.objects.filter(id=row.message_id).update(version=conversation.version)
    announce.after_commit(changed(conversation))


# --- shown ------------------------------------------------------------------------------------------------


class Content(NamedTuple):
    """A content, opened; `kind` is one of `kinds.SUFFIXES`."""

    kind: str
    data: bytes


def content(staff: UUID, media: UUID) -> Content:
    """What is kept, for who holds the conversation now, or supervises its line while it has an open flag.

    Raises NotFound: absent, not theirs, not kept and not to be opened are all the same.
    """
    row = (
        Media.objects.select_related("message__conversation")
        .defer("data_sealed")
        .filter(id=media, state=MediaState.KEPT, kind__in=kinds.SUFFIXES)
        .first()
    )
    if row is None or not access.may_read(staff, row.message.conversation):
        raise NotFound
    try:
        return Content(row.kind, _opened(row))
    except (keys.Forgotten, VaultError):
        raise NotFound from None


def _opened(row: Media) -> bytes:
    conversation: Conversation = row.message.conversation
    erased = [conversation.id] if conversation.erased_at else []
    sealer = keys.sealers([conversation.id], erased=erased).get(conversation.id)
    if sealer is None or row.data_sealed is None:
        raise keys.Forgotten
    return sealer.unseal_bytes(row.data_sealed, _place(row, "data"))


def contents(conversation: UUID, sealer: Sealer) -> list[Content]:
    """All that is kept of a conversation, in the order in which it came. Raises VaultError."""
    kept = Media.objects.filter(message__conversation=conversation, data_sealed__isnull=False)
    rows = kept.select_related("message").order_by("message__seq", "place")
    return [
        Content(row.kind, sealer.unseal_bytes(row.data_sealed or b"", _place(row, "data"))) for row in rows
    ]


# --- forgotten --------------------------------------------------------------------------------------------


def forget(conversation: UUID, *, keep_sealed: bool = False) -> None:
    """With the words of a locked conversation: its key is destroyed, and the space that its pictures took is free.

    `keep_sealed` leaves the contents, which a legal hold alone can open then.
    """
    rows = Media.objects.filter(message__conversation=conversation)
    rows.update(state=MediaState.LOST, address_sealed=None)
    if not keep_sealed:
        rows.update(data_sealed=None)
