"""Fetches what came with texts: claim, commit, fetch, record. Several threads or processes may run it at once.

No transaction is held across HTTP; a worker that dies has only moved its claim into the future.
"""

import logging

from django.utils import timezone

from chatline.conversations import media
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import at_provider
from chatline.sms.at_provider import Fetched, Gone, TooLarge

log = logging.getLogger(__name__)

ALARM = "media_unreachable"
ALARM_AFTER = 3
"""Attempts for one picture after which an operator must know: a firewall may hold back what texts do not need."""

GONE_AFTER = 3
"""How often the provider must say that it has it not: just after a text arrived, it is sometimes not there yet."""


def fetch_next() -> bool:
    """Fetches the next that is due. False when there is none: call it until then."""
    claimed = media.claim(timezone.now())
    if claimed is None:
        return False
    outcome = at_provider.fetch(claimed.address)
    match outcome:
        case Fetched(content):
            state = media.take_in(claimed.id, content, timezone.now())
            clear_alarm(ALARM)
        case TooLarge():
            state = media.refuse(claimed.id)
        case Gone() if claimed.attempt >= GONE_AFTER:
            state = media.lose(claimed.id)
        case _:
            state = media.try_later(claimed.id, timezone.now())
            if claimed.attempt == ALARM_AFTER:
                raise_alarm(ALARM)
    log.info("media id=%s outcome=%s state=%s", claimed.id, type(outcome).__name__, state)
    return True
