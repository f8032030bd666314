"""Deletes at the provider what is stored here or final: claim, commit, delete, record. Several may run it at once.

No transaction is held across HTTP. Two workers with the same one do no harm: it can only be gone.
"""

import logging

from django.utils import timezone

from chatline.conversations import copies
from chatline.conversations.models import Copy
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import at_provider
from chatline.sms.at_provider import Gone, NotYet, Unavailable

log = logging.getLogger(__name__)

ALARM = "copies_left"
"""Something is at the provider after the two weeks within which it promises to let everything be deleted."""


def delete_next() -> bool:
    """Deletes the next that is due. False when there is none, or the provider cannot be asked: wait a little then."""
    copy = copies.claim(timezone.now())
    if copy is None:
        return False
    outcome = at_provider.delete(copy.provider_id)
    match outcome:
        case Gone():
            _gone(copy)
        case NotYet():
            copies.again(copy, timezone.now())
            if copies.is_late(copy, timezone.now()):
                raise_alarm(ALARM)
        case Unavailable():
            copies.put_off(copy, timezone.now())
    log.info("copy id=%s outcome=%s attempts=%s", copy.id, type(outcome).__name__, copy.attempts)
    return not isinstance(outcome, Unavailable)


def _gone(copy: Copy) -> None:
    now = timezone.now()
    copies.gone(copy)
    if copies.is_late(copy, now) and not copies.any_late(now):
        clear_alarm(ALARM)
