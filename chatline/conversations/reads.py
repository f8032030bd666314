"""Reading on: the rows that changed since a cursor, for many readers at once. Never inside a write transaction.

Live, reconnect and lost hint all come through `read_on`. A conversation's row is read first and messages only up to
its version: both were committed together, so what a cursor has passed has truly been delivered.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from chatline.conversations import guide, keys, watching
from chatline.conversations.guide import GuideRow, NoteRow
from chatline.conversations.models import Conversation, Media, Message
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import State
from chatline.vault import KeyUnknown, Sealer, VaultError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """One reader: a visitor, or a member of staff; `cursors` is the last version they have of each conversation."""

    visitor: UUID | None = None
    staff: UUID | None = None
    cursors: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture or the like of a message; its content is fetched apart, and only when asked for."""

    id: UUID
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One message, opened. `level`, `delivery`, `fault`, `resend` and `media` are for staff."""

    conversation: UUID
    seq: int
    version: int
    sender_kind: str
    sender: UUID | None
    name: str
    text: str
    at: datetime
    key: str | None
    level: int
    delivery: str
    purpose: str = ""
    fault: str = ""
    resend: bool = False
    media: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """One conversation as it stands, and what changed in it since the reader's cursor, in order of `seq`.

    `noted` and `guide` are for staff alone; `guide` is None where it did not change.
    """

    conversation: Conversation
    said: list[SaidRow]
    noted: list[NoteRow] = field(default_factory=list)
    guide: GuideRow | None = None


ERASED = ""
"""What is read in place of words whose key was destroyed."""


def read_on(asks: Sequence[Ask]) -> list[list[Stretch]]:
    """For each reader the conversations that are theirs, each with what changed since their cursor.

    A visitor has their latest conversation, and before it an earlier one of which they have not seen the end; staff
    have those that they hold, and those that they watch.
    """
    theirs = _conversations(asks)
    floors: dict[UUID, int] = {}
    for ask, rows in zip(asks, theirs, strict=True):
        for row in rows:
            after = ask.cursors.get(row.id, 0)
            if after < row.version:
                floors[row.id] = min(floors.get(row.id, after), after)
    by_id = {row.id: row for rows in theirs for row in rows}
    sealers = keys.sealers(floors, erased=[one for one in floors if by_id[one].erased_at])
    said = _said(floors, by_id, sealers)
    staffs = {row.id for ask, rows in zip(asks, theirs, strict=True) if ask.staff for row in rows}
    beside = _beside({one: floor for one, floor in floors.items() if one in staffs}, by_id, sealers)

    def stretch(ask: Ask, row: Conversation) -> Stretch:
        after = ask.cursors.get(row.id, 0)
        new = [one for one in said[row.id] if one.version > after]
        if not ask.staff or after >= row.guide_version:
            return Stretch(row, new)
        noted, whole = beside
        return Stretch(row, new, [one for one in noted[row.id] if one.version > after], whole.get(row.id))

    return [[stretch(ask, row) for row in rows] for ask, rows in zip(asks, theirs, strict=True)]


def _beside(
    floors: Mapping[UUID, int], rows: Mapping[UUID, Conversation], sealers: Mapping[UUID, Sealer]
) -> tuple[dict[UUID, list[NoteRow]], dict[UUID, GuideRow]]:
    """What staff noted since these floors; no query where nothing was."""
    behind = {one: floor for one, floor in floors.items() if floor < rows[one].guide_version}
    return guide.notes_since(behind, rows, sealers), guide.guides(behind, rows, sealers)


def _conversations(asks: Sequence[Ask]) -> list[list[Conversation]]:
    visitors = {ask.visitor for ask in asks if ask.visitor}
    staff = {ask.staff for ask in asks if ask.staff}
    by_visitor: dict[UUID, list[Conversation]] = defaultdict(list)
    by_staff: dict[UUID, list[Conversation]] = defaultdict(list)
    rows = Conversation.objects.select_related("volunteer", "visitor__presence", "line")
    if visitors:
        for row in rows.filter(visitor__in=visitors).order_by("opened_at"):
            by_visitor[row.visitor_id].append(row)
    if staff:
        watchers = _watchers(staff)
        mine = Q(volunteer__in=staff, state=State.ACTIVE)
        mine = mine | Q(id__in=list(watchers)) if watchers else mine
        for row in rows.filter(mine).order_by("waiting_since"):
            readers = set(watchers.get(row.id, ()))
            if row.volunteer_id in staff and row.state == State.ACTIVE:
                readers.add(row.volunteer_id)
            for one in readers:
                by_staff[one].append(row)

    def theirs(ask: Ask) -> list[Conversation]:
        if ask.staff:
            return by_staff[ask.staff]
        rows = by_visitor[ask.visitor] if ask.visitor else []
        unseen = [row for row in rows[:-1] if ask.cursors.get(row.id, row.version) != row.version]
        return unseen + rows[-1:]

    return [theirs(ask) for ask in asks]


def _watchers(staff: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """By conversation: who of these watches it."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for one, conversation in watching.standing(staff).values_list("staff", "conversation"):
        found[conversation].append(one)
    return found


def _said(
    floors: Mapping[UUID, int], rows: Mapping[UUID, Conversation], sealers: Mapping[UUID, Sealer]
) -> dict[UUID, list[SaidRow]]:
    """Messages above each conversation's floor, and not above the version at which its row was read."""
    said: dict[UUID, list[SaidRow]] = defaultdict(list)
    if not floors:
        return said
    since = reduce(or_, (Q(conversation=one, version__gt=floor) for one, floor in floors.items()))
    messages = [
        row
        for row in Message.objects.filter(since).order_by("conversation", "seq")
        if row.version <= rows[row.conversation_id].version
    ]
    attached = _attached([row.id for row in messages if row.media])
    for row in messages:
        one = _opened(row, sealers.get(row.conversation_id), attached.get(row.id, ()))
        said[row.conversation_id].append(one)
    return said


def _attached(messages: Sequence[int]) -> dict[int, tuple[Attached, ...]]:
    """What came with these messages, in its order; no query where nothing did."""
    found: dict[int, tuple[Attached, ...]] = {}
    if messages:
        rows = Media.objects.filter(message__in=messages).order_by("place")
        for message, one, kind, state in rows.values_list("message", "id", "kind", "state"):
            found[message] = (*found.get(message, ()), Attached(one, kind, state))
    return found


def words(sealer: Sealer | None, sealed: bytes, conversation: UUID, seq: int) -> str:
    """What was said, or `ERASED`; also for an envelope that does not open, because one must not hide all others."""
    if sealer is None:
        return ERASED
    try:
        return sealer.unseal(sealed, place_of_text(conversation, seq))
    except KeyUnknown:
        return ERASED  # sealed under a key that was destroyed
    except VaultError:
        log.error("words_unopened conversation=%s seq=%s", conversation, seq)
        return ERASED


def _opened(row: Message, sealer: Sealer | None, attached: tuple[Attached, ...]) -> SaidRow:
    text = words(sealer, bytes(row.text_sealed), row.conversation_id, row.seq)
    return SaidRow(
        row.conversation_id,
        row.seq,
        row.version,
        row.sender_kind,
        row.sender,
        row.name,
        text,
        row.at,
        row.key,
        row.level,
        row.delivery,
        row.purpose,
        row.fault,
        row.resend,
        attached,
    )


def heads(visitors: Iterable[UUID], staff: Iterable[UUID]) -> dict[UUID, dict[UUID, int]]:
    """For each visitor and member of staff: the version of each conversation that is theirs. Few queries for all."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    rows = Conversation.objects.values_list("id", "version")
    for reader, conversation, version in (
        rows.filter(visitor__in=list(visitors)).order_by("opened_at").values_list("visitor", "id", "version")
    ):
        found[reader] = {conversation: version}
    staff = list(staff)
    held = rows.filter(volunteer__in=staff, state=State.ACTIVE).values_list("volunteer", "id", "version")
    watched = watching.standing(staff).values_list("staff", "conversation", "conversation__version")
    theirs = watched if staff else []
    for reader, conversation, version in [*held, *theirs]:
        if reader:
            found[reader][conversation] = version
    return found


RECENT_WAITS = 20
"""How many of the latest waits the range shown to a visitor is made from (the middle half of them)."""


def recent_wait(line: UUID) -> tuple[int, int] | None:
    """The range of minutes that people lately waited on this line, or None when too few did to say so honestly."""
    latest = (
        Conversation.objects.filter(line=line, first_taken_at__isnull=False, kind="real")
        .order_by("-first_taken_at")
        .values_list("opened_at", "first_taken_at")[:RECENT_WAITS]
    )
    minutes = sorted((taken - opened).total_seconds() / 60 for opened, taken in latest if taken)
    if len(minutes) < 3:
        return None
    low, high = minutes[len(minutes) // 4], minutes[(len(minutes) * 3) // 4]
    return int(low), max(1, int(high) + 1)
