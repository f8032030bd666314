"""Texts that the provider has and we have not, because no webhook of ours was reached: listed there, taken in here.

They are received by the same unique ids as the webhooks, so nothing is taken twice, nor what was erased here since.
Where the provider keeps no words or hides numbers (Message Redaction) nothing can be recovered: such texts are
counted only.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from django.utils import timezone
from twilio.base.exceptions import TwilioException
from twilio.http.response import Response

from chatline.conversations.models import Receipt
from chatline.errors import BadInput, TryAgain
from chatline.lines.models import Number
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import gateway, strays
from chatline.sms.inbound import Text

log = logging.getLogger(__name__)

ALARM = "texts_missed"
"""Raised when the last look by itself had to take in texts, cleared when it had not."""

LATEST = timedelta(hours=24)

ON_THEIR_WAY = timedelta(minutes=2)
"""Younger texts may still come by webhook: the provider tries for 15 s at each address, then the spool is drained."""

PAGE = 500
"""Texts listed by one request; the provider gives 1,000 at most."""

FAILURES = (TwilioException, requests.RequestException, ValueError)
"""What the provider's client raises when the provider cannot be asked, or answers with something else than JSON."""


@dataclass(slots=True)
class Counts:
    """Inbound texts to our numbers: `listed` at the provider, of these `taken` in now, and those that cannot be.

    `redacted` have no words or no number at the provider any more; `refused` are no texts that we could keep; `later`
    could not be stored just now.
    """

    listed: int = 0
    taken: int = 0
    redacted: int = 0
    refused: int = 0
    later: int = 0


def recover(since: datetime) -> Counts:
    """Takes in whatever came since then and is not known here, in the order in which it came.

    Texts from before a number was added here are left alone. Raises what the provider's client raises (`FAILURES`)
    or a database error; then, or if any are left for `later`, it may be called again.
    """
    counts = Counts()
    missed = []
    for number in Number.objects.order_by("id"):
        listed = list(_listed(number, since))
        counts.listed += len(listed)
        missed += _unknown(listed)
    for record in sorted(missed, key=lambda one: one.date_created):  # seconds; ties stay as they were listed
        _take(record, counts)
    return counts


def recover_latest() -> bool:
    """The same for the last day, as a worker's step: it says what happened in the log and by an alarm."""
    try:
        counts = recover(timezone.now() - LATEST)
    except FAILURES as failure:
        log.warning("recovery_failed error=%s", type(failure).__name__)
        return False
    if counts.taken:
        log.error("texts_recovered taken=%d", counts.taken)
        raise_alarm(ALARM)
    else:
        clear_alarm(ALARM)
    return False


def _listed(number: Number, since: datetime) -> Iterator[Any]:
    """Inbound texts to this number, oldest first."""
    earliest, latest = max(since, number.created_at), timezone.now() - ON_THEIR_WAY
    messages = gateway.client().messages.stream(to=number.number, date_sent_after=earliest, page_size=PAGE)
    # The provider lists the newest first, and only by whole days.
    for record in reversed(list(messages)):
        if (
            record.direction == "inbound"
            and record.date_created
            and earliest <= record.date_created <= latest
        ):
            yield record


def _unknown(records: list[Any]) -> list[Any]:
    known: set[str] = set()
    for start in range(0, len(records), PAGE):
        some = [record.sid for record in records[start : start + PAGE]]
        known.update(Receipt.objects.filter(provider_id__in=some).values_list("provider_id", flat=True))
    return [record for record in records if record.sid not in known]


def _take(record: Any, counts: Counts) -> None:
    if _is_redacted(record):
        counts.redacted += 1
        return
    try:
        strays.receive(Text.of(form_of(record)), record.date_created)
    except BadInput as refusal:
        log.error("recovery_refused code=%s", refusal.code)
        counts.refused += 1
    except TryAgain:
        counts.later += 1
    else:
        counts.taken += 1


def _is_redacted(record: Any) -> bool:
    """Without words, or without the number to answer: https://www.twilio.com/docs/messaging/features/message-redaction

    A person may send nothing at all, but what is kept of that is the same as of redacted words.
    """
    return "XXXX" in (record.from_ or "").upper() or not (record.body or _media_count(record))


def _media_count(record: Any) -> int:
    return int(record.num_media or 0)


def form_of(record: Any) -> dict[str, str]:
    """The record as the webhook would have told it, so that one place reads texts."""
    form = {
        "MessageSid": record.sid or "",
        "From": record.from_ or "",
        "To": record.to or "",
        "Body": record.body or "",
        "NumMedia": str(_media_count(record)),
    }
    if _media_count(record):
        for index, media in enumerate(_media(record.sid)):
            form[f"MediaContentType{index}"] = media.content_type or ""
            form[f"MediaUrl{index}"] = f"https://api.twilio.com{(media.uri or '').removesuffix('.json')}"
    return form


def _media(sid: str) -> list[Any]:
    """What came with it; nothing if the provider has it no more.

    Not being able to ask is another thing: a text that is stored without its picture is deleted there, picture and all.
    """
    try:
        return list(gateway.client().messages(sid).media.list())
    except TwilioException as failure:
        if not _is_gone(failure):
            raise
        log.warning("recovery_without_media")
        return []


def _is_gone(failure: TwilioException) -> bool:
    # A list that is refused raises the bare exception, with the answer in it.
    answer = next((one for one in failure.args if isinstance(one, Response)), None)
    return answer is not None and answer.status_code == 404
