"""Whoever was paged takes the flag from their phone, by a text's code or by a key, and is told whether they have it.

A text that is nothing but a code of theirs is no visitor's, whoever else may text five digits: it opens no
conversation. The answer to it is a row, sent by the pager and at most once.
"""

import re
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from chatline.conversations import copies
from chatline.conversations.models import Receipt
from chatline.conversations.texts import automatic
from chatline.errors import NotFound, Refused, TryAgain
from chatline.lines.ladders import Channel
from chatline.lines.models import Line
from chatline.sms import gateway, outcomes, pace, spoken, summons
from chatline.sms.gateway import Accepted, NotSent
from chatline.sms.models import Answer
from routing import called
from routing.models import Flag, FlagState, Page
from routing.reaching import reach_of

TAKEN, HAD, OVER = "taken", "had", "over"

TAKES = "1"
"""The key that takes a flag."""

IN_TIME = timedelta(minutes=5)
"""After this an answer that could not be sent is worth nothing."""

_CODE = re.compile(r"\s*([0-9]{5})\s*")


def take(page: Page, via: Channel) -> str:
    """Takes the flag for the one who was called by this page; says how that went: TAKEN, HAD or OVER."""
    # Where they cannot, what stands now is what they are told.
    with suppress(NotFound, Refused):
        called.acknowledge_page(page.oid, via)
    flag = _flag_of(page)
    if flag.state != FlagState.ACKNOWLEDGED:
        return OVER
    return TAKEN if flag.acknowledged_by_id == page.staff_id else HAD


def words(purpose: str, page: Page, line: Line) -> str:
    flag = _flag_of(page)
    name = flag.acknowledged_by.name if flag.acknowledged_by else ""
    return automatic(line, f"staff/{purpose}", summons.LANGUAGE, name=name)


def _flag_of(page: Page) -> Flag:
    """As it stands now."""
    assert page.flag_id
    return Flag.objects.select_related("acknowledged_by").get(id=page.flag_id)


# --- by a key -----------------------------------------------------------------------------------------------


def pressed(oid: UUID, key: str) -> str:
    """What a call says when this key was pressed in it, as TwiML; any other key has it ask again."""
    about = Page.objects.select_related("flag__conversation__line", "staff")
    page = about.filter(oid=oid, channel=Channel.VOICE, flag__isnull=False, staff__isnull=False).first()
    line = summons.line_of(page) if page else None
    if page is None or line is None:
        return spoken.nothing()
    if key != TAKES:
        return spoken.question(summons.words(page, line), page.oid)
    return spoken.statement(words(take(page, Channel.VOICE), page, line))


# --- by a text ----------------------------------------------------------------------------------------------


def is_answer(sid: str, sender: str, to: str, text: str) -> bool:
    """Whether this text answers a page, and is done with: taken, answered, and its receipt signed, all at once.

    `sid` is the provider's id for it, `sender` the phone that sent it, `to` the number of ours that it came to. Raises
    TryAgain, or a database error, when it could not be stored.
    """
    code = _CODE.fullmatch(text)
    page = called.texted_with(sender, code[1]) if code else None
    if page is None:
        return False
    if Receipt.objects.filter(provider_id=sid).exists():
        return True
    try:
        with transaction.atomic():
            now = timezone.now()
            # First, so that of the same text twice at once one stops here.
            Receipt.objects.create(provider_id=sid, at=now)
            purpose = take(page, Channel.TEXT)
            Answer.objects.create(page=page, sender=to, purpose=purpose, not_before=now, at=now)
            copies.left([sid], now)
    except IntegrityError:
        raise TryAgain from None
    return True


def send_next() -> bool:
    """Sends the next answer, false when there is none. A process that dies in it may lose it, and never doubles it."""
    now = timezone.now()
    about = Answer.objects.select_related("page__flag__conversation__line", "page__staff")
    answer = about.filter(not_before__lte=now).order_by("not_before", "id").first()
    if answer is None:
        return False
    with transaction.atomic():
        mine, _ = Answer.objects.filter(id=answer.id).delete()
    if mine and now - answer.at < IN_TIME:
        _send(answer)
    return True


def _send(answer: Answer) -> None:
    page = answer.page
    line = summons.line_of(page)
    assert page.staff_id
    number = reach_of(page.staff_id).phone
    if line is None or not number:
        return
    now = timezone.now()
    if not pace.ahead(answer.sender, 1, now):
        _put_back(answer, 1.0)
        return
    outcome = gateway.tell(number, answer.sender, words(answer.purpose, page, line))
    if isinstance(outcome, NotSent):
        _put_back(answer, outcomes.pause(1))
    elif isinstance(outcome, Accepted):
        _leave(outcome.sid)


def _put_back(answer: Answer, seconds: float) -> None:
    """It certainly did not leave."""
    answer.pk = None
    answer.not_before = timezone.now() + timedelta(seconds=seconds)
    with transaction.atomic():
        answer.save(force_insert=True)


def _leave(sid: str) -> None:
    """Nobody needs it at the provider any more."""
    with transaction.atomic():
        copies.left([sid], timezone.now())
