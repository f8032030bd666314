"""The one entry for anything a visitor says, by any medium.

`receive` stores it, screens it, raises a flag and puts a new conversation into the queue: all in one transaction, so
that what is acknowledged is durable, screened and in its place. The edges (`sms/webhook.py`, `consumers/visitor.py`)
only parse, make one call, and answer. After the commit, hints go out and every screen reads on by itself.

What must stay so: known ids are looked up before anything else (a retry gets the same answer, even after an erasure);
locks are taken visitor first, then conversation; a screen that fails raises the risk, never lowers it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, copies, keys, media, visitors
from chatline.conversations.media import Attachment
from chatline.conversations.models import Conversation, Message, Receipt, Step, Visitor
from chatline.conversations.saying import Stored, append, changed, check_text, lock, stored_before, write
from chatline.conversations.states import Medium, Sender, State
from chatline.errors import ChatlineError, Refused, TryAgain
from chatline.vault import Sealer
from routing import asked, carrier_words, escalation, matching, phrasing, reception, trying
from routing.carrier_words import Keyword
from routing.language import language_of
from routing.ranking import rank_at, tier_of
from routing.risk import Assessment, Earlier, Evidence, Level, after, assess, may_answer

log = logging.getLogger(__name__)

MAX_TEXTED = 1_600 * 4
"""Characters in one text; the provider's limit is 1,600, and a text that did arrive is never refused for its length."""

RACES = 4
"""How often a first message is tried again when another process opened the same conversation at the same time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that a visitor said.

    `key` is the sender's own id for it (the provider's message id, for a text). A web visitor is known by `token`, a
    texter by `fingerprint` (while keys of these rotate, also by those of `earlier` ones), with the `number` to answer
    and `to`, the number of ours they texted; `media` came with their text. A whole text may be a `keyword`, in
    `keyword_language` if it is a word of one, and may have been `answered` by the provider; `came_at` is given where it
    has waited somewhere since. A socket that knows its `visitor` and `conversation` gives them, so that many such can
    be stored as one list.
    """

    line: UUID
    medium: Medium
    key: str
    text: str
    language: str = "en"
    token: str = ""
    site: int | None = None
    fingerprint: bytes = b""
    earlier: tuple[bytes, ...] = ()
    number: str = ""
    to: str = ""
    keyword: Keyword | None = None
    media: tuple[Attachment, ...] = ()
    keyword_language: str | None = None
    answered: bool = False
    came_at: datetime | None = None
    visitor: UUID | None = None
    conversation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The answer: where it was stored, or None for a keyword that is no message (`carrier_words.obey`)."""

    visitor: UUID
    stored: Stored | None


def receive(heard: Heard) -> Received:
    """Stores one thing said, opening a conversation if there is none.

    Raises BadInput (`empty`, `too_long`), Refused `token_dead`, or TryAgain when it could not be stored.
    """
    for _ in range(RACES):
        try:
            with transaction.atomic():
                return _receive_alone(heard, timezone.now())
        except IntegrityError:
            # Another process met the same visitor or opened their conversation first; now it is there to be found.
            continue
    raise TryAgain


# --- a list: visitors in open conversations ---------------------------------------------------------------


def receive_list(list_: Sequence[Heard]) -> list[Received | ChatlineError]:
    """The same for many sockets at once, in order; each must give its `visitor` and `conversation`.

    A refusal is the answer of its one item. One whose conversation is closed by now is answered with Refused
    `needs_alone`: it opens a new one through `receive`.
    """
    with transaction.atomic():
        now = timezone.now()
        rows = lock(heard.conversation for heard in list_ if heard.conversation)
        before = stored_before((heard.visitor, heard.key) for heard in list_ if heard.visitor)
        sealers = keys.sealers(rows)
        answering = {
            rows[heard.conversation]
            for heard in list_
            if heard.conversation in rows and _may_answer(rows[heard.conversation], heard.text)
        }
        questions = asked.since_their_words(answering, sealers)
        said: list[Message] = []
        answers: list[Received | ChatlineError] = []
        words: dict[tuple[UUID, str], str] = {}
        for heard in list_:
            assert heard.visitor
            assert heard.conversation
            try:
                if known := before.get((heard.visitor, heard.key)):
                    answers.append(Received(heard.visitor, known))
                    continue
                row = rows.get(heard.conversation)
                check_text(heard.text)
                if row is None or not _talking(row, heard.visitor) or row.id not in sealers:
                    raise Refused(code="needs_alone")
            except ChatlineError as refusal:
                answers.append(refusal)
                continue
            message, alone = _say(row, sealers[row.id], heard, now, questions.pop(row.id, None))
            said.append(message)
            if alone:
                words[heard.visitor, heard.key] = heard.text
            stored = Stored(row.id, message.seq, now, message.version)
            before[heard.visitor, heard.key] = stored
            answers.append(Received(heard.visitor, stored))
        write(said, list({message.conversation_id: message.conversation for message in said}.values()))
        announce.after_commit(*actions.hints_of(said, words))
        if len(words) < len(said):
            announce.after_commit(announce.BoardChanged())
        return answers


def _talking(row: Conversation, visitor: UUID) -> bool:
    return row.visitor_id == visitor and row.state != State.CLOSED and row.visitor_left_at is None


def _may_answer(row: Conversation, text: str) -> bool:
    """Whether it is worth knowing what staff asked this person last."""
    return asked.staff_spoke_last(row) and may_answer(text)


def _say(
    row: Conversation, sealer: Sealer, heard: Heard, now: datetime, question: str | None
) -> tuple[Message, bool]:
    """Appends and screens one message of a locked conversation, which may answer the `question`; both are written by
    the caller.

    The second value is true if the message is all that changed of what others see.
    """
    message = append(row, sealer, heard.text, now, kind=Sender.VISITOR, sender=row.visitor_id, key=heard.key)
    message.media = len(heard.media)
    row.last_visitor_at = now
    row.asked_at = None
    kept_open = row.closing_at is not None
    row.closing_at, row.closing_reason = None, ""
    assessment = _assess(row, message.seq, heard.text, question, now)
    message.level = int(assessment.level)
    message.screen = assessment.version
    message.probability = assessment.probability
    message.reasons = [
        [reason.template, reason.start, reason.end, int(reason.level), reason.category, reason.subject]
        for reason in assessment.reasons
    ]
    at_risk = escalation.screened(row, message.seq, assessment, now)
    return message, not (kept_open or at_risk)


def _assess(row: Conversation, seq: int, text: str, question: str | None, now: datetime) -> Assessment:
    """The screen's verdict after all that was said in this conversation; if the screen breaks, one that says so."""
    verdict = Assessment.failed()
    try:
        verdict = assess(text, Earlier(question, bool(row.evidence)), phrasing.additions_of(row.line_id))
        if verdict.reasons or verdict.parts:
            evidence, verdict = after(Evidence.from_json(row.evidence), verdict, seq, now)
            row.evidence = evidence.to_json()
    except Exception:  # noqa: BLE001
        # Whatever is wrong with the screen, the words must be stored and somebody must look at them.
        log.error("screen_crashed")
        return replace(verdict, unscreened=True)
    return verdict


# --- alone: first messages, texts, keywords ---------------------------------------------------------------


def _receive_alone(heard: Heard, now: datetime) -> Received:
    return _receive_text(heard, now) if heard.medium == Medium.SMS else _receive_chat(heard, now)


def _receive_chat(heard: Heard, now: datetime) -> Received:
    visitor = visitors.meet_by_token(heard.line, heard.token, heard.language)
    if before := stored_before([(visitor.id, heard.key)]):
        return Received(visitor.id, before[visitor.id, heard.key])
    check_text(heard.text)
    if visitor.token_dead_at:
        raise Refused("This chat has ended on this device.", code="token_dead")
    return Received(visitor.id, _store(heard, visitor, now))


def _receive_text(heard: Heard, now: datetime) -> Received:
    # The same text twice at once: the second finds no receipt yet, is refused by the index, and is tried again.
    if known := _receipt(heard):
        return known
    if heard.earlier:
        visitors.recognise(heard.line, heard.fingerprint, heard.earlier)
    visitor = visitors.meet_by_number(heard.line, heard.number, heard.fingerprint, heard.to, heard.language)
    _learn_language(heard, visitor)
    is_message = heard.keyword is None or carrier_words.obey(
        visitor, heard.keyword, now, answered=heard.answered, came_at=heard.came_at
    )
    stored = _store(heard, visitor, now) if is_message else None
    _sign_receipt(heard, stored, now)
    return Received(visitor.id, stored)


def _receipt(heard: Heard) -> Received | None:
    """What this provider id stored before; it survives an erasure, when the message itself cannot be read."""
    receipt = Receipt.objects.filter(provider_id=heard.key).first()
    if receipt is None:
        return None
    stored = None
    if receipt.conversation and receipt.seq:
        stored = Stored(receipt.conversation, receipt.seq, receipt.at)
    return Received(UUID(int=0), stored)


def _sign_receipt(heard: Heard, stored: Stored | None, now: datetime) -> None:
    Receipt.objects.create(
        provider_id=heard.key,
        conversation=stored.conversation if stored else None,
        seq=stored.seq if stored else None,
        at=now,
    )
    copies.left([heard.key], now)


def _learn_language(heard: Heard, visitor: Visitor) -> None:
    """Whoever plainly writes in a language of the line is answered in it."""
    if told := heard.keyword_language or language_of(heard.text, visitor.line.languages):
        visitors.speaks(visitor, told)


def _store(heard: Heard, visitor: Visitor, now: datetime) -> Stored:
    row = Conversation.objects.select_for_update().filter(visitor=visitor).exclude(state=State.CLOSED).first()
    is_new = row is None
    if row is None:
        row = _open(heard, visitor, now)
    row.visitor = visitor
    trying.may_begin(row, visitor.line, heard.text)
    sealer = keys.sealer_for_words(row.id, erased=row.erased_at is not None)
    questions = asked.since_their_words([row] if _may_answer(row, heard.text) else [], {row.id: sealer})
    message, alone = _say(row, sealer, heard, now, questions.get(row.id))
    write([message], [row])
    media.attach(message, sealer, heard.media, now)
    if is_new:
        matching.offer_to_previous(row, now)
    elif row.language != visitor.language:
        row.language = visitor.language
        row.save(update_fields=["language"])
    reception.answer_at_once(row, now)
    # More than one message may have changed, so everybody reads it from the rows.
    hints: list[announce.Hint] = [changed(row)]
    if is_new or not alone:
        hints.append(announce.BoardChanged())
    announce.after_commit(*hints)
    return Stored(row.id, message.seq, now, message.version)


def _open(heard: Heard, visitor: Visitor, now: datetime) -> Conversation:
    """A new conversation in the queue, with its own key; locked because nobody else can see it yet."""
    previous = Conversation.objects.filter(visitor=visitor).order_by("-opened_at").first()
    row = Conversation(
        line_id=heard.line,
        visitor=visitor,
        medium=visitor.medium,
        language=visitor.language,
        site_id=heard.site,
        previous=previous,
        kind=trying.kind_of(visitor.line, heard.text, previous),
        avoids_id=previous.avoids_id if previous else None,
        blocked=visitors.is_blocked(visitor, now),
        # Whoever takes them reads what was agreed last time.
        guide_version=1 if previous else 0,
        opened_at=now,
        waiting_since=now,
        tier=tier_of(Level.NONE, 0),
        rank_at=rank_at(now, Level.NONE),
    )
    row.save(force_insert=True)
    keys.make(row.id)
    Step.objects.create(conversation=row, at=now, after=State.WAITING, actor=visitor.id, why="opened")
    return row
