"""Every change to a visitor: met, recognised, opted out and back."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from chatline.conversations import deliveries, handles, keys, tokens
from chatline.conversations.models import Block, Conversation, Delivery, OptOut, Visitor
from chatline.conversations.states import Medium, State
from chatline.errors import Refused
from chatline.vault import Place

HANDLE_TRIES = 20


def token_hash(token: str) -> bytes:
    """A token is 256 random bits, so a plain hash keeps it safe in the table."""
    return hashlib.sha256(token.encode()).digest()


def place_of_number(visitor: UUID) -> Place:
    return Place("visitor", "number", visitor, 0)


def by_token(token: str) -> Visitor | None:
    return Visitor.objects.filter(token_hash=token_hash(token)).first()


def meet_by_token(line: UUID, token: str, language: str) -> Visitor:
    """The visitor of this tab, locked; made at their first words.

    Raises Refused `stale_page` if what their page was given to start with has started somebody already.
    """
    hashed, start = token_hash(token), token_hash(tokens.start_of(token))
    if found := Visitor.objects.select_for_update(no_key=True).filter(token_hash=hashed).first():
        return found
    # Not by this very tab, whose first words may just have come on another connection: `create` then finds that out.
    if Visitor.objects.filter(start_hash=start).exclude(token_hash=hashed).exists():
        raise Refused("Please open this page again.", code="stale_page")
    return Visitor.objects.create(
        line_id=line,
        medium=Medium.WEB,
        token_hash=hashed,
        start_hash=start,
        handle=_free_handle(line),
        language=language,
    )


def meet_by_number(line: UUID, number: str, fingerprint: bytes, to: str, language: str) -> Visitor:
    """The texter with this fingerprint, locked; made at their first text, their number sealed under a key of their own.

    A number that was forgotten meanwhile is sealed anew, because they want an answer now.
    """
    # No key: an answer to them, which names their row while it holds their conversation's lock, must not wait for this.
    known = Visitor.objects.select_for_update(no_key=True, of=("self",)).select_related("line")
    visitor = known.filter(line=line, fingerprint=fingerprint).first()
    if visitor is None:
        visitor = _new_texter(line, fingerprint, language)
    elif visitor.number_sealed is not None and visitor.reached_from == to:
        return visitor
    if visitor.number_sealed is None:
        visitor.number_sealed = keys.make(visitor.id).seal(number, place_of_number(visitor.id))
    visitor.reached_from = to
    visitor.save()
    return visitor


def recognise(line: UUID, fingerprint: bytes, earlier: Sequence[bytes]) -> None:
    """While keys of fingerprints rotate: who texts again is known by the first key's from here on.

    With them goes what stands under an `earlier` fingerprint of theirs, their opt-out and blocks.
    """
    before = Q(line=line, fingerprint__in=earlier)
    if not Visitor.objects.filter(line=line, fingerprint=fingerprint).exists():
        latest = Visitor.objects.filter(before).order_by("-created_at").values_list("id", flat=True)[:1]
        Visitor.objects.filter(id__in=list(latest)).update(fingerprint=fingerprint)
    _move_opt_outs(line, fingerprint, before)
    Block.objects.filter(before).update(fingerprint=fingerprint)


def _move_opt_outs(line: UUID, fingerprint: bytes, before: Q) -> None:
    of_theirs = OptOut.objects.filter(before | Q(line=line, fingerprint=fingerprint), lifted_at=None)
    standing = list(of_theirs.order_by("since"))
    for double in standing[1:]:
        double.delete()
    if OptOut.objects.filter(before).update(fingerprint=fingerprint) and standing:
        # They may have met a process meanwhile that knew neither the old key nor their STOP.
        met = Visitor.objects.filter(line=line, fingerprint=fingerprint, stopped_at=None)
        met.update(stopped_at=standing[0].since)


def _new_texter(line: UUID, fingerprint: bytes, language: str) -> Visitor:
    standing = OptOut.objects.filter(line=line, fingerprint=fingerprint, lifted_at=None).first()
    return Visitor(
        line_id=line,
        medium=Medium.SMS,
        fingerprint=fingerprint,
        handle=_free_handle(line),
        language=language,
        stopped_at=standing.since if standing else None,
    )


def number_of(visitor: Visitor) -> str:
    """For the courier alone. Raises `keys.Forgotten` when the number was destroyed."""
    if visitor.number_sealed is None:
        raise keys.Forgotten
    return keys.sealer(visitor.id).unseal(bytes(visitor.number_sealed), place_of_number(visitor.id))


def _free_handle(line: UUID) -> str:
    """A handle that nobody in an open conversation of this line has; after some tries a double is harmless."""
    for _ in range(HANDLE_TRIES):
        handle = handles.new_handle()
        taken = Conversation.objects.filter(line=line, visitor__handle=handle).exclude(state=State.CLOSED)
        if not taken.exists():
            break
    return handle


def is_blocked(visitor: Visitor, now: datetime) -> bool:
    return blocks(visitor, now).exists()


def blocks(visitor: Visitor, now: datetime) -> QuerySet[Block]:
    """What stands against them at the line by whose door they come."""
    standing = Block.objects.filter(line=visitor.line_id, lifted_at=None, expires_at__gt=now)
    if visitor.fingerprint is not None:
        return standing.filter(fingerprint=visitor.fingerprint)
    return standing.filter(visitor=visitor)


def stop(visitor: Visitor, now: datetime) -> bool:
    """STOP of a locked visitor: nothing more goes out but one confirmation. False if they had stopped before."""
    if visitor.stopped_at:
        return False
    visitor.stopped_at = now
    visitor.save(update_fields=["stopped_at"])
    OptOut.objects.get_or_create(
        line_id=visitor.line_id,
        fingerprint=visitor.fingerprint,
        lifted_at=None,
        defaults={"since": now},
    )
    deliveries.drop_unsent(visitor)
    return True


def start(visitor: Visitor, now: datetime) -> bool:
    """START of a locked visitor: they can be reached again. False if they had not stopped."""
    if not visitor.stopped_at:
        return False
    visitor.stopped_at = None
    visitor.save(update_fields=["stopped_at"])
    OptOut.objects.filter(line=visitor.line_id, fingerprint=visitor.fingerprint, lifted_at=None).update(
        lifted_at=now
    )
    return True


def speaks(visitor: Visitor, language: str) -> None:
    """What a locked visitor is written in from now on."""
    if visitor.language != language:
        visitor.language = language
        visitor.save(update_fields=["language"])


def answer_keyword(visitor: Visitor, purpose: str, now: datetime) -> None:
    """Queues the answer to STOP, START, HELP or DELETE; its words are rendered when it is sent."""
    Delivery.objects.bulk_create([deliveries.new(visitor, now, purpose)])
