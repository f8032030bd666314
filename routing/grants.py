"""Breaking glass: a supervisor sees one number, or one closed conversation, because a second person agrees.

In imminent danger nobody is waited for: whoever asks approves it themselves, all managers of the line are told at once,
and an alarm stands until another person has looked at it. What was asked for is shown by `revealing.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import keys
from chatline.conversations.models import Conversation, Grant, Visitor
from chatline.conversations.saying import lock
from chatline.conversations.states import GrantKind, GrantState, State, Thing
from chatline.errors import BadInput, NotFound, Refused
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Line
from chatline.people import access
from chatline.people.actions import audit, clear_alarm, raise_alarm
from chatline.people.models import Alarm, Role
from chatline.vault import Place
from routing import climbing
from routing.models import Page

OVERSEES = access.SUPERVISES | access.MANAGES
"""Who may be the second person."""

REASONS = ("danger", "child", "authority", "complaint")
"""A life in danger, a child to be protected, an order by law, a complaint about what was said."""

DANGER = "danger"

LASTS = timedelta(minutes=15)
"""How long what was granted may be looked at."""

LAPSES = timedelta(hours=1)
"""How long a second person may think about it; then whoever still needs it asks again."""

MOST_WHY = 500

ALONE = "glass_alone"
"""The alarm of a line where somebody approved it themselves."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see: `reason` is one of `REASONS`, `why` the words to it. `alone` in imminent danger."""

    conversation: UUID
    thing: Thing
    reason: str
    why: str
    alone: bool = False


# --- asked ------------------------------------------------------------------------------------------------


def ask(staff: UUID, wish: Wish) -> Grant:
    """A supervisor of the line asks; alone, they may look at once.

    Raises NotFound, BadInput (`unknown_reason`, `why_missing`, `why_too_long`), or Refused (`not_closed` for words that
    can be watched, `nothing_kept`, `only_in_danger`, `asked_already`).
    """
    _check(wish)
    with transaction.atomic():
        row, now = _supervised(staff, wish.conversation), timezone.now()
        _refuse_nothing(row, wish.thing)
        _refuse_second(staff, wish, now)
        grant = Grant(
            id=uuid4(),
            line_id=row.line_id,
            conversation=row,
            kind=GrantKind.GLASS,
            thing=wish.thing,
            reason=wish.reason,
            asked_by_id=staff,
            asked_at=now,
            lapses_at=now + LAPSES,
            alone=wish.alone,
        )
        grant.why_sealed = keys.sealer(row.id).seal(wish.why.strip(), place_of_why(grant.id, row.id))
        audit(staff, "break_glass_alone" if wish.alone else "ask_grant", grant.id, **_told(grant))
        if wish.alone:
            _grant(grant, staff, now)
            _tell_managers(row.line_id, now)
        grant.save(force_insert=True)
        announce.after_commit(announce.BoardChanged())
        return grant


def place_of_why(grant: UUID, conversation: UUID) -> Place:
    return Place(f"grant:{grant}", "why", conversation, 0)


def _check(wish: Wish) -> None:
    if wish.reason not in REASONS:
        raise BadInput(f"A reason is one of {', '.join(REASONS)}.", code="unknown_reason")
    if not wish.why.strip():
        raise BadInput("Please say why.", code="why_missing")
    if len(wish.why.strip()) > MOST_WHY:
        raise BadInput(f"At most {MOST_WHY} letters.", code="why_too_long")
    if wish.alone and wish.reason != DANGER:
        raise Refused("Only when a life is in danger nobody else has to agree.", code="only_in_danger")


def _supervised(staff: UUID, conversation: UUID) -> Conversation:
    row = lock([conversation]).get(conversation)
    if row is None:
        raise NotFound
    access.require(staff, row.line_id, access.SUPERVISES)
    return row


def _refuse_nothing(row: Conversation, thing: Thing) -> None:
    """Whatever was forgotten is not asked for, and an open conversation is watched."""
    sealers = keys.sealers([row.id], erased=[row.id] if row.erased_at else ())
    if thing == Thing.WORDS and row.state != State.CLOSED:
        raise Refused("It is not over: you can watch it.", code="not_closed")
    numbered = Visitor.objects.filter(id=row.visitor_id, number_sealed__isnull=False).exists()
    if row.id not in sealers or (thing == Thing.NUMBER and not numbered):
        raise Refused("Nothing is kept of this any more.", code="nothing_kept")


def _refuse_second(staff: UUID, wish: Wish, now: datetime) -> None:
    """Somebody who waits for an answer does not ask twice; when a life is in danger meanwhile, they need not wait."""
    waiting = Grant.objects.filter(
        conversation=wish.conversation,
        thing=wish.thing,
        asked_by=staff,
        state=GrantState.ASKED,
        lapses_at__gt=now,
    )
    if waiting.exists() and not wish.alone:
        raise Refused("You asked for this already.", code="asked_already")


def _told(grant: Grant) -> dict[str, str]:
    """What the audit log keeps of it; the words to the reason are not among it, because they are about the person."""
    return {"conversation": str(grant.conversation_id), "thing": grant.thing, "reason": grant.reason}


def _grant(grant: Grant, by: UUID, now: datetime) -> None:
    grant.state, grant.approved_by_id, grant.expires_at = GrantState.GRANTED, by, now + LASTS


def _tell_managers(line: UUID, now: datetime) -> None:
    """An alarm that stands already is raised anew, so that everybody is called for this time as well."""
    slug = Line.objects.values_list("slug", flat=True).get(id=line)
    clear_alarm(ALONE, slug)
    raise_alarm(ALONE, slug)
    alarm = Alarm.objects.get(code=ALONE, subject=slug, cleared_at=None)
    people = climbing.people(Whom.MANAGERS, line, now)
    calls = list(
        chain(climbing.to_staff(people, Channel.TEXT, now), climbing.to_staff(people, Channel.EMAIL, now))
    )
    for page in calls:
        page.alarm = alarm
    Page.objects.bulk_create(calls, ignore_conflicts=True)


# --- decided ----------------------------------------------------------------------------------------------


def approve(staff: UUID, grant: UUID) -> None:
    """Another supervisor of the line, or a manager, agrees; from now on it may be looked at for `LASTS`.

    Raises NotFound, or Refused (`same_person`, `decided_already`, `lapsed`, `asker_gone`, `nothing_kept`).
    """
    with transaction.atomic():
        row, now = _locked(staff, grant, OVERSEES), timezone.now()
        if reason := refusal(row, staff, now):
            raise Refused("This cannot be approved.", code=reason)
        if not access.may(row.asked_by_id, row.line_id, access.SUPERVISES):
            raise Refused("Whoever asked does not supervise this line any more.", code="asker_gone")
        _refuse_nothing(row.conversation, Thing(row.thing))
        audit(staff, "approve_grant", row.id, **_told(row))
        _grant(row, staff, now)
        row.save()
        announce.after_commit(announce.BoardChanged())


def refusal(grant: Grant, by: UUID, now: datetime) -> str:
    """Why this person cannot approve it now, empty if they can. Pure."""
    if grant.asked_by_id == by:
        return "same_person"
    if grant.state != GrantState.ASKED:
        return "decided_already"
    return "lapsed" if grant.lapses_at <= now else ""


def end(staff: UUID, grant: UUID) -> None:
    """Refused, withdrawn or taken back, by whoever oversees its line. Raises NotFound, or Refused `decided_already`."""
    with transaction.atomic():
        row = _locked(staff, grant, OVERSEES)
        if row.state == GrantState.ENDED:
            raise Refused("This is over already.", code="decided_already")
        audit(staff, "end_grant", row.id, **_told(row))
        row.state = GrantState.ENDED
        row.save(update_fields=["state"])
        announce.after_commit(announce.BoardChanged())


def look(staff: UUID, grant: UUID) -> None:
    """A second person has looked at what somebody approved themselves; the alarm ends with the last one of its line.

    Raises NotFound, or Refused (`same_person`, `seen_already`).
    """
    with transaction.atomic():
        row, now = _locked(staff, grant, OVERSEES), timezone.now()
        if not row.alone:
            raise NotFound
        if row.asked_by_id == staff:
            raise Refused("Somebody else has to look at it.", code="same_person")
        if row.seen_at:
            raise Refused("A colleague has looked at this.", code="seen_already")
        audit(staff, "look_at_grant", row.id, **_told(row))
        row.seen_by_id, row.seen_at = staff, now
        row.save(update_fields=["seen_by", "seen_at"])
        if not Grant.objects.filter(line=row.line_id, alone=True, seen_at=None).exists():
            clear_alarm(ALONE, row.line.slug)


def _locked(staff: UUID, grant: UUID, roles: frozenset[Role]) -> Grant:
    """The grant, locked after its conversation."""
    about = Grant.objects.filter(id=grant).values_list("conversation", flat=True).first()
    if about is None:
        raise NotFound
    conversation = lock([about])[about]
    row = Grant.objects.select_for_update().get(id=grant)
    access.require(staff, row.line_id, roles)
    row.conversation = conversation
    return row
