"""Who works on a line: nobody is left with somebody who may not answer any more."""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from chatline.conversations.models import Conversation, Step
from chatline.conversations.states import State
from chatline.errors import ChatlineError, NotFound, Refused
from chatline.people import access
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Membership, Role
from routing import presence, queue, roster
from routing.models import Desk
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


def test_whom_somebody_held_waits_at_the_front_when_they_are_let_go(cast: Cast) -> None:
    held = cast.talks()
    cast.visits("me too", "another")
    roster.deactivate(cast.maria.id, cast.line.id, cast.sam.id)
    held.refresh_from_db()
    assert (held.state, held.volunteer_id) == (State.WAITING, None)
    step = Step.objects.filter(conversation=held).latest("id")
    assert (step.why, step.actor) == ("taken_off", cast.maria.id)
    cast.ready(cast.robin)
    assert queue.take(cast.robin.id).id == held.id


def test_nobody_new_comes_to_whoever_was_let_go(cast: Cast) -> None:
    cast.ready(cast.sam)
    cast.visits("hello")
    roster.deactivate(cast.maria.id, cast.line.id, cast.sam.id)
    with pytest.raises(Refused, match="Nobody is waiting"):
        queue.take(cast.sam.id)  # a line of which they see nothing
    with pytest.raises(NotFound):
        presence.set_ready(cast.sam.id, True)
    assert not Desk.objects.get(staff=cast.sam).ready


def test_a_role_is_taken_on_one_line_and_people_of_the_other_stay_theirs(cast: Cast) -> None:
    add_staff("noor", "Noor", cast.other_line.id, Role.MANAGER)
    roster.give_role(cast.maria.id, cast.line.id, "olive", Role.VOLUNTEER)
    here = cast.talks(cast.olive)
    there = Conversation.objects.create(
        line=cast.other_line,
        visitor=here.visitor.__class__.objects.create(
            line=cast.other_line, medium="web", handle="Quiet Heron"
        ),
        medium="web",
        state=State.ACTIVE,
        volunteer=cast.olive,
        opened_at=here.opened_at,
        waiting_since=here.opened_at,
        tier=here.tier,
        rank_at=here.rank_at,
    )
    roster.take_role(cast.maria.id, cast.line.id, cast.olive.id, Role.VOLUNTEER)
    assert Conversation.objects.get(id=here.id).state == State.WAITING
    assert Conversation.objects.get(id=there.id).volunteer_id == cast.olive.id


def test_who_may_still_answer_by_another_role_keeps_whom_they_hold(cast: Cast) -> None:
    roster.give_role(cast.maria.id, cast.line.id, "sam", Role.SUPERVISOR)
    held = cast.talks()
    roster.take_role(cast.maria.id, cast.line.id, cast.sam.id, Role.VOLUNTEER)
    assert Conversation.objects.get(id=held.id).volunteer_id == cast.sam.id


def test_everything_is_in_the_audit_log(cast: Cast) -> None:
    maria, line, sam = cast.maria.id, cast.line.id, cast.sam.id
    roster.give_role(maria, line, "sam", Role.SUPERVISOR)
    roster.take_role(maria, line, sam, Role.SUPERVISOR)
    roster.deactivate(maria, line, sam)
    roster.activate(maria, line, sam)
    roster.new_link(maria, line, sam)
    told = AuditEntry.objects.filter(actor=maria, subject=str(sam)).order_by("id")
    assert list(told.values_list("verb", flat=True)) == [
        "give_role",
        "take_role",
        "deactivate",
        "activate",
        "new_link",
    ]


@pytest.mark.parametrize("who", ["sam", "alex", "noor"])
def test_only_a_manager_of_the_line_changes_who_works_on_it(who: str, cast: Cast) -> None:
    noor = add_staff("noor", "Noor", cast.other_line.id, Role.MANAGER)
    by, line, robin = (noor if who == "noor" else getattr(cast, who)).id, cast.line.id, cast.robin.id
    for verb in (
        lambda: roster.give_role(by, line, "robin", Role.MANAGER),
        lambda: roster.take_role(by, line, robin, Role.VOLUNTEER),
        lambda: roster.deactivate(by, line, robin),
        lambda: roster.activate(by, line, robin),
        lambda: roster.new_link(by, line, robin),
        lambda: add_staff("kim", "Kim", line, Role.MANAGER, by=by),
    ):
        with pytest.raises(NotFound):
            verb()
    assert access.may(robin, line)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_managers_cannot_take_each_other_off_at_once() -> None:
    cast = make_cast()
    roster.give_role(cast.maria.id, cast.line.id, "alex", Role.MANAGER)
    together, told = threading.Barrier(2), []

    def takes(one, other) -> None:
        together.wait()
        try:
            roster.take_role(one, cast.line.id, other, Role.MANAGER)
        except ChatlineError as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    pairs = [(cast.maria.id, cast.alex.id), (cast.alex.id, cast.maria.id)]
    people = [threading.Thread(target=takes, args=pair) for pair in pairs]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert told == ["not_found"]
    assert Membership.objects.filter(line=cast.line, role=Role.MANAGER).count() == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_whoever_takes_people_while_they_are_let_go_is_left_with_none() -> None:
    cast = make_cast()
    for number in range(12):
        cast.visits("hello", f"visitor {number}")
    cast.ready(cast.sam, seats=4)
    together = threading.Barrier(2)

    def takes() -> None:
        together.wait()
        try:
            for _ in range(4):
                queue.take(cast.sam.id)
        except ChatlineError:
            pass
        finally:
            connection.close()

    taking = threading.Thread(target=takes)
    taking.start()
    together.wait()
    for _ in range(20):
        if not access.may(cast.sam.id, cast.line.id):
            break
        with suppress(Refused):  # busy: they took somebody at that moment
            roster.deactivate(cast.maria.id, cast.line.id, cast.sam.id)
    taking.join()
    assert not access.may(cast.sam.id, cast.line.id)
    assert not Conversation.objects.filter(volunteer=cast.sam, state=State.ACTIVE).exists()
    assert Conversation.objects.filter(state=State.WAITING).count() == 12
