"""Texts to a number that no line has yet: kept sealed, shown to the operator, received when the number is added."""

import json
import logging
from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chatline.conversations import keys
from chatline.conversations.models import Receipt
from chatline.lines.models import Number
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms.inbound import Text, take_in
from chatline.sms.models import Stray
from chatline.vault import Place

log = logging.getLogger(__name__)

ALARM = "unknown_number"
"""Its subject is the number of ours that was texted, so that the operator knows which to add."""


def receive(text: Text, came_at: datetime | None = None) -> None:
    """Stores a text for good: with the line whose number it came to, or here until a line has that number.

    `came_at` is for one that has waited since. The same one again stores nothing. Raises TryAgain, or a database error,
    when it could not be stored.
    """
    if not take_in(text, came_at):
        keep(text, came_at)


def keep(text: Text, came_at: datetime | None = None) -> None:
    """Keeps a text until its number is known; the same one again stores nothing."""
    try:
        with transaction.atomic():
            if Receipt.objects.filter(provider_id=text.sid).exists():
                return
            stray = Stray(provider_id=text.sid, to=_known_as(text.to), at=came_at or timezone.now())
            stray.sealed = keys.make(stray.id).seal(json.dumps(asdict(text)), _place(stray))
            stray.save(force_insert=True)
            raise_alarm(ALARM, stray.to)
    except IntegrityError:
        # The provider sent it twice at once, and the other one is kept.
        return


def receive_known() -> bool:
    """Receives the oldest stray whose number is known by now. False when there is none: call it until then."""
    known = Number.objects.filter(number=OuterRef("to"))
    stray = Stray.objects.filter(Exists(known)).order_by("at", "id").first()
    if stray is None:
        return False
    try:
        take_in(_opened(stray), stray.at)
    except keys.Forgotten:
        # Without its key nobody can read it, and it must not hold up the others.
        log.error("stray_unreadable id=%s", stray.id)
    # Should this process die here, the text is received once more, which its receipt makes nothing of.
    _forget(stray)
    return True


def _opened(stray: Stray) -> Text:
    words = keys.sealer(stray.id).unseal(bytes(stray.sealed), _place(stray))
    return Text(**json.loads(words))


def _forget(stray: Stray) -> None:
    with transaction.atomic():
        keys.destroy([stray.id])
        stray.delete()
        if not Stray.objects.filter(to=stray.to).exists():
            clear_alarm(ALARM, stray.to)


def _place(stray: Stray) -> Place:
    return Place("stray", "sealed", stray.id, 0)


def _known_as(to: str) -> str:
    """No line can have a longer number than the column holds, and what came to one is kept all the same."""
    return to[: Stray._meta.get_field("to").max_length]
