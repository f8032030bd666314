"""Every change to a conversation that is not a decision of routing: said, left, closed, erased.

Each public verb is one transaction and announces after its commit. What a visitor says does not enter here but by
`routing.intake`, because only their words can change where a conversation goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import access, deliveries, holding, keys, watching
from chatline.conversations.models import Conversation, Delivery, Message, Step, Visitor
from chatline.conversations.reads import SaidRow
from chatline.conversations.saying import (
    Stored,
    append,
    changed,
    check_text,
    lock,
    stored_before,
    write,
)
from chatline.conversations.states import Medium, Sender, State, check_step
from chatline.conversations.texts import automatic
from chatline.errors import ChatlineError, NotFound, Refused
from chatline.people.models import Staff

# --- staff say something ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saying:
    """What a member of staff says in a conversation they hold or have joined; `key` is their own unique id for it.

    `purpose` is what it is said for, where it is more than talk (`planning.PURPOSE`).
    """

    staff: UUID
    conversation: UUID
    key: str
    text: str
    purpose: str = ""


def say(saying: Saying) -> Stored:
    """Stores it once, and a delivery beside it if the visitor texts.

    Raises NotFound, BadInput (`empty`, `too_long`) or Refused (`unreachable`, `visitor_left`, `forgotten`).
    """
    answer = say_list([saying])[0]
    if isinstance(answer, ChatlineError):
        raise answer
    return answer


def say_list(sayings: Sequence[Saying]) -> list[Stored | ChatlineError]:
    """The same for many at once, in order; a refusal is the answer of its one item."""
    with transaction.atomic():
        now = timezone.now()
        rows = lock(saying.conversation for saying in sayings)
        before = stored_before((saying.staff, saying.key) for saying in sayings)
        speakers = access.speakers(rows, ((one.staff, one.conversation) for one in sayings))
        names = dict(Staff.objects.filter(id__in={one.staff for one in sayings}).values_list("id", "name"))
        visitors = Visitor.objects.in_bulk({row.visitor_id for row in rows.values()})
        sealers = keys.sealers(rows, erased=[one for one, row in rows.items() if row.erased_at])
        answers: list[Stored | ChatlineError] = []
        said: list[Message] = []
        for one in sayings:
            if known := before.get((one.staff, one.key)):
                answers.append(known)
                continue
            try:
                row = _checked(one, rows, speakers, visitors)
                if row.id not in sealers:
                    raise keys.Forgotten
            except ChatlineError as refusal:
                answers.append(refusal)
                continue
            message = append(
                row,
                sealers[row.id],
                one.text,
                now,
                kind=speakers[one.staff, one.conversation],
                sender=one.staff,
                name=names[one.staff],
                key=one.key,
                purpose=one.purpose,
            )
            row.last_answer_at = now
            row.first_answer_at = row.first_answer_at or now
            before[one.staff, one.key] = Stored(row.id, message.seq, now, message.version)
            answers.append(before[one.staff, one.key])
            said.append(message)
        _send(said, rows, visitors, now, {(one.staff, one.key): one.text for one in sayings})
        return answers


def _checked(
    saying: Saying,
    rows: dict[UUID, Conversation],
    speakers: Mapping[tuple[UUID, UUID], Sender],
    visitors: dict[UUID, Visitor],
) -> Conversation:
    if (saying.staff, saying.conversation) not in speakers:
        raise NotFound
    check_text(saying.text)
    row = rows[saying.conversation]
    if row.visitor_left_at:
        raise Refused("They have left this chat and cannot read an answer.", code="visitor_left")
    if row.medium == Medium.SMS and visitors[row.visitor_id].stopped_at:
        raise Refused("They sent STOP. They cannot be reached by text any more.", code="unreachable")
    return row


def _send(
    said: list[Message],
    rows: dict[UUID, Conversation],
    visitors: dict[UUID, Visitor],
    now: datetime,
    words: dict[tuple[UUID, str], str],
) -> None:
    """Writes the messages, their deliveries and the hints."""
    touched = {message.conversation_id for message in said}
    outgoing = [
        delivery
        for message in said
        if rows[message.conversation_id].medium == Medium.SMS
        for delivery in deliveries.of_reply(
            visitors[rows[message.conversation_id].visitor_id], now, message, _words_of(message, words)
        )
    ]
    write(said, [rows[one] for one in touched])
    Delivery.objects.bulk_create(outgoing)
    announce.after_commit(*hints_of(said, words))


def _words_of(message: Message, words: dict[tuple[UUID, str], str]) -> str:
    assert message.sender
    assert message.key
    return words[message.sender, message.key]


def hints_of(said: Sequence[Message], words: dict[tuple[UUID, str], str]) -> list[announce.Changed]:
    """One hint a message, with the opened row for those in this process who are exactly one version behind."""
    hints = []
    for message in said:
        text = words.get((message.sender, message.key)) if message.sender and message.key else None
        row = None
        if text is not None:
            row = SaidRow(
                message.conversation_id,
                message.seq,
                message.version,
                message.sender_kind,
                message.sender,
                message.name,
                text,
                message.at,
                message.key,
                message.level,
                message.delivery,
                message.purpose,
            )
        hint = changed(message.conversation, said=row)
        hints.append(announce.Changed(hint.conversation, message.version, hint.visitor, hint.staff, row))
    return hints


def resend(staff: UUID, conversation: UUID, seq: int) -> None:
    """Sends once more what did not arrive, or may not have: the parts of this message that nobody saw arrive.

    Raises NotFound, or Refused (`cannot_resend`, `unreachable`).
    """
    with transaction.atomic():
        row, now = access.held(staff, conversation), timezone.now()
        message = Message.objects.filter(conversation=row, seq=seq).first()
        if message is None or not message.resend:
            raise Refused("This was sent again already, or has arrived.", code="cannot_resend")
        if row.visitor.stopped_at:
            raise Refused("They sent STOP. They cannot be reached by text any more.", code="unreachable")
        deliveries.send_again(row, message, now)


# --- the line says something ------------------------------------------------------------------------------

BETWEEN = timedelta(minutes=2)
"""The line says at most one thing by itself in this time, to one person; answers to keywords are apart."""


BY_WEB_TOO = frozenset({"still_there", "quiet_close", "joined", "volunteer_gone", "passed_line"})
"""What is said by web as well; everything else a visitor's page says by itself, in its own words."""


def may_be_told(row: Conversation, purpose: str = "") -> bool:
    """Whether the line may say something by itself: never to somebody who is blocked, stopped or to be erased.

    Nor where the key does not open: that is an operator's to mend, and must not hold up anything else.
    """
    return (
        (row.medium == Medium.SMS or purpose in BY_WEB_TOO)
        and not (row.blocked or row.visitor.stopped_at or row.visitor_left_at or row.erase_asked_at)
        and row.id in keys.sealers([row.id])
    )


def may_tell(row: Conversation, now: datetime, purpose: str = "") -> bool:
    """Whether it may do so now, and not only some time later."""
    return (row.told_at is None or row.told_at <= now - BETWEEN) and may_be_told(row, purpose)


def say_automatically(row: Conversation, text: str, purpose: str, now: datetime) -> Message:
    """A text of the line itself in a locked conversation, with its delivery if the visitor texts. Not announced."""
    row.told_at = now
    message = append(row, keys.sealer(row.id), text, now, kind=Sender.LINE, purpose=purpose)
    outgoing = deliveries.new(row.visitor, now, purpose, message) if row.medium == Medium.SMS else None
    write([message], [row])
    if outgoing:
        outgoing.save()
    return message


# --- steps ------------------------------------------------------------------------------------------------


def step(row: Conversation, after: State, why: str, now: datetime, *, actor: UUID | None = None) -> None:
    """Moves a locked conversation along the table of allowed steps, and logs it. The caller saves the row.

    What its holder offered and asked is over with it.

    Raises Refused `illegal_step`, or `open_flag` when it would close beside an open flag.
    """
    check_step(row.state, after)
    if after == State.CLOSED:
        refuse_open_flag(row)
        row.closed_at, row.close_reason, row.closing_at = now, why, None
        watching.end_all(row)
    Step.objects.create(conversation=row, at=now, before=row.state, after=after, actor=actor, why=why)
    holding.let_go(row, now)
    row.state = after
    row.version += 1


def refuse_open_flag(row: Conversation) -> None:
    if row.open_flags:
        raise Refused("A supervisor has to resolve the open flag first.", code="open_flag")


# --- closing ----------------------------------------------------------------------------------------------


def close_due(row_id: UUID, now: datetime) -> bool:
    """Carries out a close whose ten seconds are over, unless it was undone, answered or flagged meanwhile."""
    with transaction.atomic():
        row = lock([row_id]).get(row_id)
        if row is None or row.state == State.CLOSED or row.closing_at is None or row.closing_at > now:
            return False
        if row.open_flags:
            row.closing_at, row.closing_reason = None, ""
            row.version += 1
        else:
            _close_with_a_word(row, row.closing_reason or "done", now)
        row.save()
        hints: list[announce.Hint] = [changed(row), announce.BoardChanged()]
        if row.volunteer_id:
            hints.append(announce.DeskChanged(row.volunteer_id))
        announce.after_commit(*hints)
        return True


QUIET = "quiet"
"""Why a conversation is closed in which the person did not answer any more."""


def _close_with_a_word(row: Conversation, why: str, now: datetime) -> None:
    """Closes a locked conversation and says goodbye."""
    say_goodbye(row, now, "quiet_close" if why == QUIET else "closing")
    step(row, State.CLOSED, why, now, actor=None if why == QUIET else row.volunteer_id)


def say_goodbye(row: Conversation, now: datetime, purpose: str = "closing") -> None:
    """To a locked conversation that closes now, if anything may be said: afterwards nobody would expect it."""
    if may_tell(row, now):
        say_automatically(row, automatic(row.line, purpose, row.visitor.language), purpose, now)
