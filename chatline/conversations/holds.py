"""Legal holds: a copy of a conversation's key, locked away while the law makes the organisation keep the words.

A hold changes nothing about forgetting: the conversation's own key dies when it was promised, and no screen reads the
words any more. What is left is its copy, under a key of the hold's own. That key goes when the hold ends, and with it
everything that is overdue. Two people are needed to begin one, and one to end it.
"""

import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chatline.conversations import guide, keys, kinds, media
from chatline.conversations.models import Conversation, Hold, Key, Message, Plan, RiskAnswer
from chatline.conversations.saying import lock, place_of_text
from chatline.conversations.states import HoldReason, State
from chatline.errors import BadInput, NotFound, Refused, TryAgain
from chatline.people import access
from chatline.people.actions import audit
from chatline.vault import Place, Sealer, VaultError, Wrapper

LONGEST = timedelta(days=366)
"""Ours: a hold that is still needed after a year is asked for again, by two people."""

BATCH = 200

_REFERENCE = re.compile(r"[\w ./:-]{1,40}")
_USE = "hold"
"""Of the key that wraps a copy: what it wraps is opened by no other kind of key."""


def ask(by: UUID, conversation: UUID, reason: str, reference: str, until: datetime) -> UUID:
    """One manager of the line asks; nothing is kept until another confirms. Returns the hold's id.

    `reference` is the order's own number. Raises NotFound, BadInput (`bad_reason`, `bad_reference`, `bad_end`) or
    Refused (`still_open`, `forgotten`, `held`).
    """
    _check(reason, reference, until)
    with transaction.atomic():
        row = _managed(by, conversation)
        if row.state != State.CLOSED:
            raise Refused("This conversation is not over yet.", code="still_open")
        if not Key.objects.filter(owner=row.id).exists():
            raise Refused("This was forgotten already. There is nothing to keep.", code="forgotten")
        if Hold.objects.filter(conversation=row, ended_at=None).exists():
            raise Refused("Somebody has asked for this one already.", code="held")
        hold = Hold.objects.create(
            conversation=row,
            reason=reason,
            reference=reference,
            asked_by=by,
            asked_at=timezone.now(),
            ends_at=until,
        )
        audit(by, "ask_hold", row.id, hold=str(hold.id), reason=reason, until=until.isoformat())
        return hold.id


def _check(reason: str, reference: str, until: datetime) -> None:
    if reason not in [str(one) for one in HoldReason]:
        raise BadInput("Choose one of the reasons.", code="bad_reason")
    if not _REFERENCE.fullmatch(reference):
        raise BadInput("1 to 40 letters, digits, spaces or . / : - _", code="bad_reference")
    if not timezone.now() < until <= timezone.now() + LONGEST:
        raise BadInput("A day to come, at most a year away.", code="bad_end")


def confirm(by: UUID, hold: UUID) -> None:
    """Another manager confirms, and the copy is made. Confirming twice changes nothing.

    Raises NotFound, Refused (`same_person`, `ended`, `forgotten`) or, where the key does not open, TryAgain.
    """
    with transaction.atomic():
        row = _locked(by, hold)
        if row.ended_at:
            raise Refused("This hold has ended.", code="ended")
        if row.asked_by == by:
            raise Refused("Somebody else has to confirm what you asked for.", code="same_person")
        if row.confirmed_at:
            return
        _keep(row)
        row.confirmed_by, row.confirmed_at = by, timezone.now()
        row.save()
        audit(by, "confirm_hold", row.conversation_id, hold=str(row.id), reason=row.reason)


def _keep(row: Hold) -> None:
    """Copies the key of a locked conversation, never from memory: it may have been destroyed a moment ago."""
    stored = Key.objects.select_related("epoch").filter(owner=row.conversation_id).first()
    if stored is None:
        raise Refused("This was forgotten meanwhile. There is nothing to keep.", code="forgotten")
    try:
        key = keys.unwrapped(stored)
        keys.make(row.id)
        row.key_wrapped = _wrapper(row).wrap(key, row.conversation_id)
    except VaultError:
        raise TryAgain from None
    row.beside_sealed = Sealer(key).seal(_beside(row.conversation_id), _place(row))


def _wrapper(row: Hold) -> Wrapper:
    """Raises Forgotten once the hold has ended, or VaultError."""
    stored = Key.objects.select_related("epoch").filter(owner=row.id).first()
    if stored is None:
        raise keys.Forgotten
    return Wrapper(keys.unwrapped(stored), _USE)


def _place(row: Hold) -> Place:
    return Place(f"hold:{row.id}", "beside", row.conversation_id, 0)


def _beside(conversation: UUID) -> str:
    """What is removed and not only sealed when the words are forgotten (`guide.forget`), as JSON."""
    answers = RiskAnswer.objects.filter(conversation=conversation).order_by("id")
    plan = Plan.objects.filter(conversation=conversation).first()
    sealer = keys.sealers([conversation]).get(conversation)
    parts = (
        sealer.unseal(bytes(plan.parts_sealed), guide.place_of_plan(conversation))
        if plan and sealer
        else "{}"
    )
    told = [[one.question, one.answer, one.name, one.at.isoformat()] for one in answers]
    return json.dumps({"answers": told, "plan": json.loads(parts)})


def end(by: UUID, hold: UUID) -> None:
    """Any manager of the line ends or withdraws it, and its copy is gone at once. Raises NotFound."""
    with transaction.atomic():
        _end(_locked(by, hold), timezone.now(), by)


def end_due(now: datetime) -> bool:
    """Ends the holds whose day has come, asked or confirmed; true if there were any."""
    due = list(Hold.objects.filter(ended_at=None, ends_at__lte=now).values("id", "conversation")[:BATCH])
    for one in due:
        with transaction.atomic():
            lock([one["conversation"]])
            _end(Hold.objects.select_for_update().get(id=one["id"]), now, None)
    return bool(due)


def _end(row: Hold, now: datetime, by: UUID | None) -> None:
    if row.ended_at:
        return
    row.ended_at, row.ended_by = now, by
    row.key_wrapped = row.beside_sealed = None
    row.save()
    keys.destroy([row.id])
    if row.conversation.erased_at:
        media.forget(row.conversation_id)
    audit(by, "end_hold", row.conversation_id, hold=str(row.id))


def _managed(by: UUID, conversation: UUID) -> Conversation:
    row = lock([conversation]).get(conversation)
    if row is None:
        raise NotFound
    access.require(by, row.line_id, access.MANAGES)
    return row


def _locked(by: UUID, hold: UUID) -> Hold:
    """Its row, behind its locked conversation."""
    about = Hold.objects.filter(id=hold).values_list("conversation", flat=True).first()
    if about is None:
        raise NotFound
    _managed(by, about)
    return Hold.objects.select_for_update().get(id=hold)


# --- read -------------------------------------------------------------------------------------------------


def holdable(line: UUID, handle: str) -> list[Conversation]:
    """The closed conversations of this line with somebody of that handle that can still be opened, newest first."""
    theirs = Conversation.objects.filter(
        line=line, visitor__handle__iexact=handle.strip(), state=State.CLOSED
    )
    return list(theirs.filter(id__in=Key.objects.values("owner")).order_by("-closed_at")[:50])


def standing() -> QuerySet[Hold]:
    """Those of which a copy is kept."""
    return Hold.objects.filter(confirmed_at__isnull=False, ended_at=None)


def is_held(conversation: UUID) -> bool:
    return standing().filter(conversation=conversation).exists()


def holds_words_of(visitor: UUID) -> bool:
    """Whether this person, who wants what they said erased, has to be told that a copy is kept."""
    return standing().filter(conversation__visitor=visitor).exists()


def outlived(before: datetime) -> QuerySet[Hold]:
    """Whose key is there although they ended, or should have, before then: what the proof of forgetting looks for."""
    over = Q(ended_at__isnull=False) | Q(ends_at__lt=before)
    return Hold.objects.filter(over, Exists(Key.objects.filter(owner=OuterRef("pk"))))


def counted(line: UUID) -> dict[str, int]:
    """How often the law reached in, since the beginning: how many were `asked`, `confirmed`, and are `standing`."""
    of_line = Hold.objects.filter(conversation__line=line)
    return of_line.aggregate(
        asked=Count("id"),
        confirmed=Count("id", filter=Q(confirmed_at__isnull=False)),
        standing=Count("id", filter=Q(confirmed_at__isnull=False, ended_at=None)),
    )


class HeldWords(NamedTuple):
    """One message of a held conversation. `sender` is a `states.Sender`."""

    seq: int
    at: datetime
    sender: str
    text: str


class HeldCopy(NamedTuple):
    """What a hold keeps; `beside` are the answers about risk and the plan."""

    words: list[HeldWords]
    contents: list[media.Content]
    beside: dict[str, object]


def hand_over(hold: UUID) -> HeldCopy:
    """The copy, for the operator, who alone can hand it over; the audit log has it before anything is opened.

    Raises NotFound, Forgotten (not confirmed, or ended) or VaultError.
    """
    row = Hold.objects.filter(id=hold).first()
    if row is None:
        raise NotFound
    if row.key_wrapped is None or row.beside_sealed is None:
        raise keys.Forgotten
    audit(None, "hand_over_hold", row.conversation_id, hold=str(row.id))
    sealer = Sealer(_wrapper(row).unwrap(row.key_wrapped, row.conversation_id))
    messages = Message.objects.filter(conversation=row.conversation_id).order_by("seq")
    return HeldCopy(
        [_opened(one, sealer) for one in messages],
        media.contents(row.conversation_id, sealer),
        json.loads(sealer.unseal(bytes(row.beside_sealed), _place(row))),
    )


def _opened(one: Message, sealer: Sealer) -> HeldWords:
    text = sealer.unseal(bytes(one.text_sealed), place_of_text(one.conversation_id, one.seq))
    return HeldWords(one.seq, one.at, one.sender_kind, text)


def write(copy: HeldCopy, folder: Path) -> None:
    """Writes it in clear: `words.txt`, `beside.json` and one file for each content, for their owner alone."""
    lines = [f"{one.seq}\t{one.at.isoformat()}\t{one.sender}\t{one.text}\n" for one in copy.words]
    _write(folder / "words.txt", "".join(lines).encode())
    _write(folder / "beside.json", json.dumps(copy.beside, ensure_ascii=False, indent=1).encode())
    for number, content in enumerate(copy.contents, 1):
        _write(folder / f"content-{number}.{kinds.SUFFIXES[content.kind]}", content.data)


def _write(file: Path, data: bytes) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
        writing.write(data)
