"""A drill: a flag about nobody, marked PRACTICE wherever it is told, that climbs its line's ladder like any other.

Its conversation is of kind drill, so that it is counted nowhere, and for supervisors alone, so that it takes no
volunteer from a person. The operator who begins one ends it; one that was forgotten ends by itself.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, tokens
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import Kind, Medium, State
from chatline.errors import NotFound
from chatline.people.actions import audit
from routing import climbing, escalation, intake
from routing.intake import Heard
from routing.models import Flag, FlagState

WORDS = "PRACTICE. This is a drill of the line's own: nobody is here. Please acknowledge the flag."

LONGEST = timedelta(minutes=20)
"""After this nobody follows it any more: the process that began it has died."""


def begin(line: UUID) -> Flag:
    """Somebody who is nobody comes to this line, with a practice flag of level high."""
    with transaction.atomic():
        heard = Heard(line, Medium.WEB, key=uuid4().hex, text=WORDS, token=tokens.new_token())
        stored = intake.receive(heard).stored
        assert stored
        row = lock([stored.conversation])[stored.conversation]
        row.kind, row.reserved = Kind.DRILL, True
        row.version += 1
        flag = escalation.raise_practice(row, timezone.now())
        row.save()
        audit(None, "begin_drill", flag.id, line=str(line))
        announce.after_commit(changed(row), announce.BoardChanged())
        return flag


def acknowledge(flag: UUID) -> None:
    """Whoever drills takes it themselves. Raises NotFound, or Refused `already_acknowledged`."""
    with transaction.atomic():
        _conversation_of(flag)
        escalation.acknowledged(flag, None, "drill")


def end(flag: UUID) -> None:
    """It is resolved, and its conversation closed unless it holds another flag. Raises NotFound for a real one."""
    with transaction.atomic():
        now, conversation = timezone.now(), _conversation_of(flag)
        row = lock([conversation])[conversation]
        flag_row = Flag.objects.select_for_update().get(id=flag)
        if flag_row.state != FlagState.RESOLVED:
            flag_row.state, flag_row.resolved_at = FlagState.RESOLVED, now
            climbing.end(flag_row)
            flag_row.save()
            row.open_flags -= 1
        hints: list[announce.Hint] = [announce.BoardChanged()]
        if row.volunteer_id:
            hints.append(announce.DeskChanged(row.volunteer_id))
        if row.state != State.CLOSED and not row.open_flags:
            actions.step(row, State.CLOSED, "drill", now)
        row.save()
        audit(None, "end_drill", flag)
        announce.after_commit(changed(row), *hints)


def _conversation_of(flag: UUID) -> UUID:
    found = Flag.objects.filter(id=flag, kind=escalation.DRILL).values_list("conversation", flat=True).first()
    if found is None:
        raise NotFound
    return found


def end_forgotten(now: datetime) -> bool:
    """Ends what nobody follows any more; true if there was any."""
    old = Flag.objects.filter(kind=escalation.DRILL, raised_at__lte=now - LONGEST)
    left = list(old.exclude(conversation__state=State.CLOSED).values_list("id", flat=True))
    for flag in left:
        end(flag)
    return bool(left)
