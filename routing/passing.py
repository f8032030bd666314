"""Conversations that change hands: offered to a colleague, who must accept; or, with consent, to another line.

Until a colleague accepts, the holder keeps it and talks on. Accepting is a compare-and-set on the holder, under the
locks of the conversation and of the receiver's desk: whatever else happens at that moment, exactly one holds it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import access as conversation_access
from chatline.conversations import actions, holding, watching
from chatline.conversations.models import Conversation, Offer, Step
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import Medium, State, check_step
from chatline.errors import BadInput, NotFound, Refused
from chatline.lines.models import Line
from chatline.lines.reads import service
from chatline.people import access
from chatline.people.models import Staff
from routing import queue, reception
from routing.models import Desk
from routing.presence import is_gone

HANDED_OVER = "passed"
"""Why a conversation went from one holder to another."""

PASSED_LINE = "passed_line"
"""Why a conversation went to the queue of another line, and the text that tells its person so."""


# --- to a colleague ---------------------------------------------------------------------------------------


def offer(staff: UUID, conversation: UUID, to: UUID) -> Offer:
    """The holder offers it to a colleague of the same line who is on shift, for the line's `offer_minutes`.

    Raises NotFound, or Refused (`offered_already`, `not_on_shift`, `not_them`).
    """
    with transaction.atomic():
        row, now = conversation_access.held(staff, conversation), timezone.now()
        if to == staff or not access.may(to, row.line_id):
            raise NotFound
        _refuse_offer(row, to, now)
        row.closing_at, row.closing_reason = None, ""
        row.offered_to = Staff.objects.values_list("name", flat=True).get(id=to)
        row.offered_until = now + timedelta(minutes=row.line.offer_minutes)
        made = Offer.objects.create(
            conversation=row,
            staff_id=to,
            by=staff,
            reason="colleague",
            made_at=now,
            expires_at=row.offered_until,
        )
        _save(row)
        announce.after_commit(changed(row), announce.DeskChanged(to))
        return made


def _refuse_offer(row: Conversation, to: UUID, now: datetime) -> None:
    if row.offered_to:
        raise Refused("It is offered to a colleague already.", code="offered_already")
    desk = Desk.objects.filter(staff=to).first()
    if desk is None or is_gone(desk, now):
        raise Refused("They are not on shift now.", code="not_on_shift")
    asked_for_another = row.avoids_id == to and not row.open_flags
    if asked_for_another or row.visitor_id in queue.given_up_by(to):
        raise Refused("This person should not be with them again.", code="not_them")


def withdraw(staff: UUID, conversation: UUID) -> None:
    """The holder keeps it after all; nothing happens where nothing is offered. Raises NotFound."""
    with transaction.atomic():
        row = conversation_access.held(staff, conversation)
        if row.offered_to:
            _take_back(row, timezone.now())


def accept(staff: UUID, conversation: UUID) -> Conversation:
    """The colleague takes it over, ready or not. Nobody is greeted anew; the person sees another name.

    Once accepted, the same answer again is answered the same. Raises NotFound for somebody to whom it was not offered,
    or Refused (`offer_over`, `at_capacity`).
    """
    with transaction.atomic():
        row, now = _offered(staff, conversation), timezone.now()
        if conversation_access.is_held(row, staff):
            return row
        offer = _standing(row, staff, now)
        queue.check_free_seat(staff)
        _hand_over(row, offer, now)
        return row


def decline(staff: UUID, conversation: UUID) -> None:
    """Not now. Nothing happens where it is over already. Raises NotFound as `accept` does."""
    with transaction.atomic():
        row, now = _offered(staff, conversation), timezone.now()
        if Offer.objects.filter(conversation=row, staff=staff, by__isnull=False, ended_at=None).exists():
            _take_back(row, now)


def _offered(staff: UUID, conversation: UUID) -> Conversation:
    """The conversation, locked, for somebody to whom a colleague offers it, or did."""
    row = lock([conversation]).get(conversation)
    if row is None or not access.may(staff, row.line_id):
        raise NotFound
    if not Offer.objects.filter(conversation=row, staff=staff, by__isnull=False).exists():
        raise NotFound
    return row


def _standing(row: Conversation, staff: UUID, now: datetime) -> Offer:
    """What this person may accept now."""
    standing = Offer.objects.filter(conversation=row, staff=staff, ended_at=None, expires_at__gt=now)
    offer = standing.filter(by=row.volunteer_id).first() if row.volunteer_id else None
    if offer is None or row.state != State.ACTIVE:
        raise Refused("This is not offered to you any more.", code="offer_over")
    return offer


def _hand_over(row: Conversation, offer: Offer, now: datetime) -> None:
    giver = row.volunteer_id
    assert giver  # else nothing would be offered
    check_step(row.state, State.ACTIVE)
    holding.let_go(row, now)
    won = Conversation.objects.filter(id=row.id, state=State.ACTIVE, volunteer=offer.by).update(
        volunteer=offer.staff_id,
        taken_at=now,
        closing_at=None,
        closing_reason="",
        offered_to="",
        offered_until=None,
        help="",
        help_by="",
        given_by="",
        version=row.version + 1,
    )
    if not won:
        raise Refused("This is not offered to you any more.", code="offer_over")
    Step.objects.create(
        conversation=row,
        at=now,
        before=State.ACTIVE,
        after=State.ACTIVE,
        actor=offer.staff_id,
        why=HANDED_OVER,
    )
    row.refresh_from_db()
    if row.watchers and watching.end(row, offer.staff_id):
        row.save(update_fields=["watchers"])
    announce.after_commit(
        changed(row, giver),
        announce.DeskChanged(giver),
        announce.DeskChanged(offer.staff_id),
        announce.BoardChanged(),
    )


def _take_back(row: Conversation, now: datetime) -> None:
    holding.end_offer(row, now)
    _save(row)
    announce.after_commit(changed(row))


def _save(row: Conversation) -> None:
    row.version += 1
    row.save(update_fields=["offered_to", "offered_until", "closing_at", "closing_reason", "version"])


def lapse(now: datetime) -> bool:
    """Who did not answer in time no longer may; the holder sees it. True if there were any."""
    due = Offer.objects.filter(by__isnull=False, ended_at=None, expires_at__lte=now)
    lapsed = [_lapse_one(one, now) for one in due.values_list("conversation", flat=True)]
    return any(lapsed)


def _lapse_one(conversation: UUID, now: datetime) -> bool:
    with transaction.atomic():
        row = lock([conversation])[conversation]
        if not Offer.objects.filter(conversation=row, ended_at=None, expires_at__lte=now).exists():
            return False
        _take_back(row, now)
        return True


# --- to another line --------------------------------------------------------------------------------------


def pass_to_line(staff: UUID, conversation: UUID, slug: str, *, consent: bool) -> None:
    """To the queue of another line that answers now, at its old place and with its history; the person is told once.

    Beside an open flag it stays with those who answer for that. Raises NotFound, BadInput `consent_missing`, or Refused
    (`line_not_open`, `open_flag`, `visitor_left`, `unreachable`).
    """
    if not consent:
        raise BadInput("Ask the person first whether they agree.", code="consent_missing")
    with transaction.atomic():
        row, now = conversation_access.held(staff, conversation), timezone.now()
        actions.refuse_open_flag(row)
        _refuse_out_of_reach(row)
        line = Line.objects.exclude(id=row.line_id).filter(slug=slug).first()
        if line is None or service(line, now).kind != "open":
            raise Refused("This line does not answer now.", code="line_not_open")
        row.line = line
        queue.give_back(row, PASSED_LINE, now, actor=staff)
        reception.say_why_again(row, PASSED_LINE, now)


def _refuse_out_of_reach(row: Conversation) -> None:
    """Who cannot be told of it cannot have agreed to it."""
    if row.visitor_left_at:
        raise Refused("They have left this chat.", code="visitor_left")
    if row.medium == Medium.SMS and row.visitor.stopped_at:
        raise Refused("They sent STOP. They cannot be reached by text any more.", code="unreachable")
