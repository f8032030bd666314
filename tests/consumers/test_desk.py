"""The desk's socket: who gets in and stays in, what each sees, taking, answering, releasing, closing."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from chatline.conversations import actions, deliveries
from chatline.conversations.models import Conversation, Delivery
from chatline.conversations.states import DeliveryState
from chatline.lines.models import Line
from chatline.people.models import Membership, Staff
from routing import dispatcher, queue
from routing.intake import Keyword
from tests.cast import RISKY, Cast, new_key
from tests.clients import Desk, Door, verb

pytestmark = [pytest.mark.django_db(transaction=True)]


async def answering(cast: Cast, door: Door, text: str = "hello") -> tuple[Desk, str]:
    """Sam's desk, ready, with one person from the web chat taken."""
    await verb(cast.visits, text)
    desk = await door.desk(cast.sam)
    await desk.ready()
    return desk, await desk.take()


async def texting(cast: Cast, door: Door) -> tuple[Desk, str]:
    """Sam's desk, ready, with one texter taken."""
    await verb(cast.texts, "hello")
    desk = await door.desk(cast.sam)
    await desk.ready()
    return desk, await desk.take()


# --- who gets in, and stays in ----------------------------------------------------------------------------


async def test_a_page_of_another_origin_opens_no_socket(cast: Cast, door: Door) -> None:
    assert await door.connect("/ws/desk/", origin="https://elsewhere.example") is None


async def test_whoever_is_not_signed_in_is_closed_with_4401(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam, cookie="sessionid=made-up", greet=False)
    assert await desk.ends() == 4401


async def test_whoever_was_removed_is_closed_with_4401_at_hello(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam, greet=False)
    await verb(Membership.objects.filter(staff=cast.sam).delete)
    await desk.send("hello")
    assert await desk.ends() == 4401


async def test_an_open_socket_of_somebody_removed_ends_at_the_next_look(
    cast: Cast, door: Door, settings: pytest.FixtureRequest
) -> None:
    settings.LOOK_SECONDS = 0.1
    desk = await door.desk(cast.sam)
    await verb(Membership.objects.filter(staff=cast.sam).delete)
    assert await desk.ends(1) == 4401


async def test_an_open_socket_of_somebody_deactivated_ends_at_the_next_look(
    cast: Cast, door: Door, settings: pytest.FixtureRequest
) -> None:
    settings.LOOK_SECONDS = 0.1
    desk = await door.desk(cast.sam)
    await verb(Staff.objects.filter(id=cast.sam.id).update, is_active=False)
    assert await desk.ends(1) == 4401


async def test_an_open_socket_of_a_session_that_was_logged_out_ends_at_the_next_look(
    cast: Cast, door: Door, settings: pytest.FixtureRequest
) -> None:
    settings.LOOK_SECONDS = 0.1
    desk = await door.desk(cast.sam)
    await verb(Session.objects.all().delete)
    assert await desk.ends(1) == 4401


async def test_whoever_is_still_welcome_stays_over_many_looks(
    cast: Cast, door: Door, settings: pytest.FixtureRequest
) -> None:
    settings.LOOK_SECONDS = 0.05
    desk = await door.desk(cast.sam)
    await desk.quiet(0.5)
    assert (await desk.ready())["ready"]


async def test_a_removed_volunteer_can_do_nothing_even_before_the_look(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await verb(Membership.objects.filter(staff=cast.sam).delete)
    assert (await desk.say(one, "hello"))["code"] == "not_found"
    assert await desk.refusal("release", conversation=one) == "not_found"
    assert await desk.refusal("take") == "queue_empty"


# --- what each sees ---------------------------------------------------------------------------------------


async def test_the_queue_moves_by_itself_and_shows_neither_words_nor_numbers(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    stored = (await verb(cast.texts, "i feel low today")).stored
    await desk.sees(lambda: desk.waiting == [str(stored.conversation)])
    row = desk.shown.latest["queue"]["waiting"][0]
    assert (row["medium"], row["level"], row["line"]) == ("sms", "none", "Demo line")
    assert "low" not in str(desk.shown.frames)
    assert "2025550143" not in str(desk.shown.frames)


async def test_a_person_at_risk_is_shown_first(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await verb(cast.visits, "hello", who="one")
    second = str((await verb(cast.visits, RISKY, who="two")).stored.conversation)
    await desk.sees(lambda: len(desk.waiting) == 2 and desk.waiting[0] == second)
    assert desk.shown.latest["queue"]["waiting"][0]["level"] == "imminent"


async def test_a_volunteer_of_another_line_sees_nothing_of_this_one(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.olive)
    await desk.ready()
    await verb(cast.visits, RISKY)
    await desk.quiet()
    assert desk.waiting == []
    assert "flags" not in desk.shown.latest
    assert await desk.refusal("take") == "queue_empty"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("say", {"key": "k", "text": "hello"}),
        ("release", {}),
        ("close", {}),
        ("close", {"undo": True}),
        ("flag", {"note": "look at this"}),
    ],
)
async def test_a_conversation_of_another_volunteer_does_not_exist(
    cast: Cast, door: Door, kind: str, fields: dict[str, object]
) -> None:
    _, one = await answering(cast, door)
    robin = await door.desk(cast.robin)
    assert await robin.refusal(kind, conversation=one, **fields) == "not_found"
    assert await robin.refusal(kind, conversation=str(uuid4()), **fields) == "not_found"


async def test_cursors_into_a_conversation_of_another_volunteer_show_nothing(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    robin = await door.desk(cast.robin, cursors={one: 0})
    await robin.quiet()
    assert robin.shown.texts() == []


async def test_typing_in_a_conversation_of_another_volunteer_reaches_nobody(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    sam, robin = await door.desk(cast.sam), await door.desk(cast.robin)
    await sam.ready()
    one = await sam.take()
    await robin.send("typing", conversation=one, on=True)
    assert "typing" not in [frame["type"] for frame in await visitor.quiet()]


# --- taking -----------------------------------------------------------------------------------------------


async def test_taking_gives_the_conversation_with_its_history(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "hello")
    await verb(cast.visits, "is anybody there")
    desk = await door.desk(cast.sam)
    await desk.ready()
    one = await desk.take()
    assert desk.shown.texts(one) == ["hello", "is anybody there"]
    await desk.sees(lambda: desk.held == [one])


async def test_an_empty_queue_is_said(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await desk.ready()
    assert await desk.refusal("take") == "queue_empty"


async def test_whoever_is_not_ready_takes_nobody(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "hello")
    desk = await door.desk(cast.sam)
    assert await desk.refusal("take") == "not_ready"


async def test_seats_are_a_limit(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await desk.ready(seats=1)
    for who in ("one", "two"):
        await verb(cast.visits, "hello", who=who)
    await desk.take()
    assert await desk.refusal("take") == "at_capacity"


async def test_choosing_is_refused_where_the_line_gives_the_next(cast: Cast, door: Door) -> None:
    received = await verb(cast.visits, "hello")
    desk = await door.desk(cast.sam)
    await desk.ready()
    one = str(received.stored.conversation)
    assert await desk.refusal("take", conversation=one) == "choosing_not_allowed"


async def test_whoever_is_taken_already_cannot_be_chosen(cast: Cast, door: Door) -> None:
    await verb(Line.objects.filter(id=cast.line.id).update, allow_choosing=True)
    _, one = await answering(cast, door)
    robin = await door.desk(cast.robin)
    await robin.ready()
    assert await robin.refusal("take", conversation=one) == "already_taken"


async def test_somebody_of_another_line_cannot_be_chosen(cast: Cast, door: Door) -> None:
    await verb(Line.objects.update, allow_choosing=True)
    received = await verb(cast.visits, "hello")
    olive = await door.desk(cast.olive)
    await olive.ready()
    assert await olive.refusal("take", conversation=str(received.stored.conversation)) == "not_found"


async def test_two_desks_of_one_volunteer_show_the_same(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    second = await door.desk(cast.sam)
    await second.sees(lambda: second.held == [one])
    await desk.say(one, "hello, I am Sam")
    await second.sees(lambda: second.shown.texts(one) == ["hello", "hello, I am Sam"])


# --- answering --------------------------------------------------------------------------------------------


async def test_the_same_key_again_gives_the_same_answer(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    assert await desk.say(one, "hi", key="mine") == await desk.say(one, "hi", key="mine")
    await desk.sees(lambda: desk.shown.texts(one) == ["hello", "hi"])


async def test_whoever_has_left_cannot_be_answered(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await verb(lambda: actions.end(cast.visitor_of()))
    await desk.sees(lambda: desk.shown.states[one]["left"])
    assert (await desk.say(one, "wait"))["code"] == "visitor_left"


async def test_delivery_marks_arrive_on_the_desk(cast: Cast, door: Door) -> None:
    desk, one = await texting(cast, door)
    answer = await desk.say(one, "hello, I am Sam")

    def mark() -> str:
        return str(desk.shown.messages[one].get(answer["seq"], {}).get("delivery"))

    await desk.sees(lambda: mark() == "ready")
    for state in (DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED):
        await verb(report_reply, state)
        await desk.sees(lambda state=state: mark() == state)


def report_reply(state: DeliveryState) -> None:
    deliveries.record(Delivery.objects.get(purpose="reply").oid, state)


async def test_stop_shows_at_once_that_they_cannot_be_reached(cast: Cast, door: Door) -> None:
    desk, one = await texting(cast, door)
    assert desk.shown.states[one]["reachable"]
    await verb(cast.texts, "STOP", keyword=Keyword.STOP)
    await desk.sees(lambda: not desk.shown.states[one]["reachable"])
    assert (await desk.say(one, "wait"))["code"] == "unreachable"


async def test_an_answer_that_stop_kept_from_being_sent_is_marked_dropped(cast: Cast, door: Door) -> None:
    desk, one = await texting(cast, door)
    seq = (await desk.say(one, "hello, I am Sam"))["seq"]
    await desk.sees(lambda: seq in desk.shown.messages[one])
    await verb(cast.texts, "STOP", keyword=Keyword.STOP)
    await desk.sees(lambda: desk.shown.messages[one][seq]["delivery"] == "dropped")


# --- letting go -------------------------------------------------------------------------------------------


async def test_a_released_conversation_leaves_the_desk_and_waits_at_the_front(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    second = str((await verb(cast.visits, "hello", who="another")).stored.conversation)
    await desk.send("release", conversation=one)
    await desk.sees(lambda: desk.held == [] and desk.waiting == [one, second])


async def test_a_conversation_whose_visitor_left_is_closed_when_it_is_released(cast: Cast, door: Door) -> None:
    """Nobody can answer them and nobody sees them in the queue, so it would never be closed, nor its key forgotten."""
    desk, one = await answering(cast, door)
    await verb(lambda: actions.end(cast.visitor_of()))
    await desk.send("release", conversation=one)
    await desk.sees(lambda: desk.held == [])
    assert (await verb(Conversation.objects.get, id=one)).state == "closed"


async def test_a_close_can_be_undone(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await desk.send("close", conversation=one)
    await desk.sees(lambda: desk.shown.states[one]["closing_at"])
    await desk.send("close", conversation=one, undo=True)
    await desk.sees(lambda: desk.shown.states[one]["closing_at"] is None)


async def test_a_close_that_nobody_undid_takes_the_conversation_from_the_desk(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await desk.send("close", conversation=one)
    await desk.sees(lambda: desk.shown.states[one]["closing_at"])
    await verb(dispatcher.carry_out_closes, timezone.now() + queue.UNDO + timedelta(seconds=1))
    await desk.sees(lambda: desk.held == [])
    assert await desk.refusal("close", conversation=one, undo=True) == "not_found"


async def test_words_of_the_visitor_take_the_mark_of_closing_off_the_desk(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    await desk.send("close", conversation=one)
    await desk.sees(lambda: desk.shown.states[one]["closing_at"])
    await visitor.sees(lambda: visitor.shown.states.get(one, {}).get("closing_at"))
    await visitor.quiet(0.1)
    await desk.quiet(0.1)
    await visitor.say("wait")
    await desk.sees(lambda: desk.shown.states[one]["closing_at"] is None, seconds=2)


async def test_words_of_the_visitor_take_the_mark_of_closing_off_their_own_page(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    await desk.send("close", conversation=one)
    await visitor.sees(lambda: visitor.shown.states.get(one, {}).get("closing_at"))
    await visitor.quiet(0.1)
    await visitor.say("wait")
    await visitor.sees(lambda: visitor.shown.states[one]["closing_at"] is None, seconds=2)


async def test_a_flag_by_hand_shows_on_the_desk_and_stops_a_close(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await desk.send("close", conversation=one)
    await desk.sees(lambda: desk.shown.states[one]["closing_at"])
    await desk.send("flag", conversation=one, note="they sound very tired")
    await desk.sees(lambda: desk.shown.states[one]["open_flags"] == 1)
    assert desk.shown.states[one]["closing_at"] is None
    assert await desk.refusal("close", conversation=one) == "open_flag"


# --- coming back ------------------------------------------------------------------------------------------


async def test_whoever_reconnects_gets_only_what_is_new(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    cursors = desk.shown.cursors()
    await desk.close()
    await verb(cast.visits, "still there?")
    again = await door.desk(cast.sam, cursors=cursors)
    await again.sees(lambda: one in again.shown.states)
    assert "still there?" in again.shown.texts(one)
    assert "hello" not in again.shown.texts(one)


async def test_a_cursor_beyond_the_version_still_shows_the_state(cast: Cast, door: Door) -> None:
    """As after a database was restored from an older backup."""
    desk, one = await answering(cast, door)
    again = await door.desk(cast.sam, cursors={one: 10_000})
    await again.sees(lambda: one in again.shown.states)


@pytest.mark.parametrize("cursor", [-(10**40), 10**40])
async def test_an_absurd_cursor_harms_nobody(cast: Cast, door: Door, cursor: int) -> None:
    desk, one = await answering(cast, door)
    again = await door.desk(cast.sam, cursors={one: cursor}, greet=False)
    await again.send("hello", cursors={one: cursor})
    await again.quiet()
    assert (await desk.say(one, "hi", key=new_key()))["seq"] == 2
    await desk.sees(lambda: desk.shown.texts(one) == ["hello", "hi"])


async def test_the_row_of_a_held_conversation_names_its_owner(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    row = await verb(Conversation.objects.get, id=UUID(one))
    assert (row.state, row.volunteer_id) == ("active", cast.sam.id)
