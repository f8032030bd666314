"""What needs a supervisor: unresolved flags with the words that raised them, volunteers who ask, emergencies to sign.

Opened for supervisors alone, whole, never as deltas.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Message
from chatline.conversations.reads import words
from chatline.lines.models import Line
from chatline.people import access
from chatline.people.models import Alarm
from chatline.vault import Place, Sealer, VaultError
from routing import climbing, ladder
from routing.models import EmergencyAction, Flag, FlagState, Help, Outcome, Page, PageState

CONTEXT = 3
"""How many of the last things said are shown beside a flag."""

FALSE = 200
"""How many flags that were no risk are opened at once: the latest."""

STEPS = 12
"""How many of the last steps are looked at for who was called: more than a round, however long nobody answers."""


def place_of_note(flag: UUID, conversation: UUID, column: str) -> Place:
    return Place(f"flag:{flag}", column, conversation, 0)


def place_of_help(help_: UUID, conversation: UUID) -> Place:
    return Place(f"help:{help_}", "note", conversation, 0)


def place_of_emergency(emergency: UUID, conversation: UUID) -> Place:
    return Place(f"emergency:{emergency}", "details", conversation, 0)


@dataclass(frozen=True, slots=True)
class Quote:
    label: str
    quote: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """One of the latest things said; `sender_kind` is a `states.Sender`."""

    sender_kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """Who or what was called about a flag last by a channel: at which step, and what became of it."""

    name: str
    channel: str
    state: str
    step: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """An unresolved flag with the words that raised it, what its volunteer wrote, and what was said around it.

    `steps` is how many its line's ladder has, `calls` who was called since it opened, the first first.
    """

    flag: Flag
    quotes: list[Quote]
    note: str = ""
    context: list[Spoken] = field(default_factory=list)
    steps: int = 0
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """A volunteer asks a supervisor; `note` is what they wrote."""

    help: Help
    note: str


@dataclass(frozen=True, slots=True)
class ToSign:
    """An emergency action that no second person has signed; `details` as `emergencies.DETAILS` names them."""

    emergency: EmergencyAction
    details: dict[str, str]


def flags(lines: Iterable[UUID]) -> list[Flagged]:
    """Unresolved flags of these lines, worst and oldest first."""
    unresolved = Flag.objects.exclude(state=FlagState.RESOLVED).filter(conversation__line__in=list(lines))
    return _flagged(list(_with_their_people(unresolved).order_by("-level", "raised_at")))


def flag(staff: UUID, flag_id: UUID) -> Flagged | None:
    """One flag as a supervisor of its line sees it, resolved or not."""
    mine = Flag.objects.filter(id=flag_id, conversation__line__in=access.lines_of(staff, access.SUPERVISES))
    row = _with_their_people(mine).first()
    return _flagged([row])[0] if row else None


def false_flags(lines: Iterable[UUID], since: datetime) -> list[tuple[Flagged, str]]:
    """Flags of these lines that were raised since and resolved as no risk, the latest first, each with the reason that
    its supervisor gave: empty where the words were erased."""
    resolved = Flag.objects.filter(
        state=FlagState.RESOLVED,
        outcome=Outcome.FALSE_FLAG,
        conversation__line__in=list(lines),
        raised_at__gte=since,
    )
    rows = list(_with_their_people(resolved).order_by("-raised_at", "id")[:FALSE])
    sealers = _sealers([row.conversation for row in rows])

    def reason(row: Flag) -> str:
        place = place_of_note(row.id, row.conversation_id, "reason")
        return _opened(sealers.get(row.conversation_id), row.reason_sealed, place)

    return [(told, reason(told.flag)) for told in _flagged(rows)]


def _with_their_people(rows: QuerySet[Flag]) -> QuerySet[Flag]:
    return rows.select_related(
        "conversation__visitor", "conversation__line", "conversation__volunteer", "acknowledged_by"
    )


def helps(lines: Iterable[UUID]) -> list[Asked]:
    """Volunteers of these lines who ask and were not helped yet, the longest first."""
    rows = list(
        Help.objects.filter(ended_at=None, conversation__line__in=list(lines))
        .select_related("conversation__visitor", "conversation__line", "asked_by", "answered_by")
        .order_by("asked_at")
    )
    sealers = _sealers([row.conversation for row in rows])

    def note(row: Help) -> str:
        place = place_of_help(row.id, row.conversation_id)
        return _opened(sealers.get(row.conversation_id), row.note_sealed, place)

    return [Asked(row, note(row)) for row in rows]


def emergencies(lines: Iterable[UUID]) -> list[ToSign]:
    """Emergency actions of these lines that no second person has signed, the oldest first."""
    rows = list(
        EmergencyAction.objects.filter(signed_at=None, conversation__line__in=list(lines))
        .select_related("conversation__visitor", "by")
        .order_by("at")
    )
    sealers = _sealers([row.conversation for row in rows])

    def details(row: EmergencyAction) -> dict[str, str]:
        place = place_of_emergency(row.id, row.conversation_id)
        text = _opened(sealers.get(row.conversation_id), row.details_sealed, place)
        return dict(json.loads(text)) if text else {}

    return [ToSign(row, details(row)) for row in rows]


def alarms(lines: Collection[UUID]) -> list[str]:
    """Codes of what an operator has to mend, or is wrong on these lines; each once."""
    elsewhere = Line.objects.exclude(id__in=lines).values("slug")
    rows = Alarm.objects.filter(cleared_at=None).exclude(subject__in=elsewhere).order_by("first_at")
    return list(dict.fromkeys(rows.values_list("code", flat=True)))


# --- opening ----------------------------------------------------------------------------------------------


def _sealers(rows: Iterable[Conversation]) -> dict[UUID, Sealer]:
    by_id = {row.id: row for row in rows}
    return keys.sealers(by_id, erased=[one for one, row in by_id.items() if row.erased_at])


def _opened(sealer: Sealer | None, sealed: bytes | memoryview | None, place: Place) -> str:
    """Empty where nothing was written, or where the words it is about were erased."""
    if sealer is None or sealed is None:
        return ""
    try:
        return sealer.unseal(bytes(sealed), place)
    except VaultError:
        return ""


def _flagged(rows: list[Flag]) -> list[Flagged]:
    said, called, steps = _said_around(rows), _called(rows), _steps(rows)
    sealers = _sealers([row.conversation for row in rows])

    def opened(conversation: UUID, seq: int) -> str:
        return words(sealers.get(conversation), said[conversation, seq][1], conversation, seq)

    def quote(row: Flag, reason: Mapping[str, int]) -> str:
        one, seq = row.conversation_id, reason["seq"]
        return opened(one, seq)[reason["start"] : reason["end"]] if (one, seq) in said else ""

    def context(row: Flag) -> list[Spoken]:
        one = row.conversation_id
        seqs = [seq for seq in _around(row) if (one, seq) in said]
        return [Spoken(said[one, seq][0], opened(one, seq)) for seq in seqs]

    def note(row: Flag) -> str:
        place = place_of_note(row.id, row.conversation_id, "note")
        return _opened(sealers.get(row.conversation_id), row.note_sealed, place)

    return [
        Flagged(
            row,
            [Quote(reason["label"], quote(row, reason)) for reason in row.reasons],
            note(row),
            context(row),
            steps[row.conversation.line_id],
            called.get(row.id, []),
        )
        for row in rows
    ]


def _steps(rows: Iterable[Flag]) -> dict[UUID, int]:
    """By line: how many moments its ladder has."""
    lines = {row.conversation.line_id: row.conversation.line for row in rows}
    return {one: len(ladder.steps(climbing.rungs_of(line))) for one, line in lines.items()}


def _called(rows: Iterable[Flag]) -> dict[UUID, list[Call]]:
    """Of those that are open; whoever was called again stands there with the latest call."""
    latest: dict[UUID, dict[tuple[str, str], Call]] = {}
    pages = Page.objects.filter(
        flag__in=[row.id for row in rows if row.state == FlagState.OPEN],
        climb=F("flag__climb"),
        step__gt=F("flag__step") - STEPS,
    ).exclude(state=PageState.DROPPED)
    for flag, name, hook, target, channel, state, step in pages.order_by("step", "id").values_list(
        "flag", "staff__name", "hook__name", "target", "channel", "state", "step"
    ):
        call = Call(name or hook or target, channel, state, step)
        latest.setdefault(flag, {})[channel, target] = call
    return {flag: list(calls.values()) for flag, calls in latest.items()}


def _around(row: Flag) -> range:
    """The numbers of the last things said up to what raised the flag, or up to now where a person did."""
    last = max((reason["seq"] for reason in row.reasons), default=0) or row.conversation.last_seq
    return range(max(1, last - CONTEXT + 1), last + 1)


def _said_around(rows: Collection[Flag]) -> dict[tuple[UUID, int], tuple[str, bytes]]:
    """Who said it, and the sealed words, of everything that these flags quote or show around it."""
    wanted: dict[UUID, set[int]] = {}
    for row in rows:
        quoted = {reason["seq"] for reason in row.reasons}
        wanted.setdefault(row.conversation_id, set()).update(quoted, _around(row))
    if not wanted:
        return {}
    either = Q()
    for one, seqs in wanted.items():
        either |= Q(conversation=one, seq__in=seqs)
    found = Message.objects.filter(either).values_list("conversation", "seq", "sender_kind", "text_sealed")
    return {(one, seq): (kind, bytes(sealed)) for one, seq, kind, sealed in found}
