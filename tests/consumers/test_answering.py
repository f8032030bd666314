"""The desk's socket: answering, letting go, coming back."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from chatline.conversations import deliveries, leaving
from chatline.conversations.deliveries import News
from chatline.conversations.models import Conversation, Delivery
from chatline.conversations.states import DeliveryState
from routing import dispatcher, queue
from routing.carrier_words import Keyword
from tests.cast import Cast, new_key
from tests.clients import conversation_of, verb
from tests.consumers.desks import answering, texting
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


# --- answering --------------------------------------------------------------------------------------------


async def test_the_same_key_again_gives_the_same_answer(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    assert await desk.say(one, "hi", key="mine") == await desk.say(one, "hi", key="mine")
    await desk.sees(lambda: desk.shown.texts(one) == ["hello", "hi"])


async def test_whoever_has_left_cannot_be_answered(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await verb(lambda: leaving.end(cast.visitor_of()))
    await desk.sees(lambda: desk.shown.states[one]["left"])
    assert (await desk.say(one, "wait"))["code"] == "visitor_left"


async def test_delivery_marks_arrive_on_the_desk(cast: Cast, door: Door) -> None:
    desk, one = await texting(cast, door)
    answer = await desk.say(one, "hello, I am Sam")

    await desk.sees_mark(one, answer["seq"], "ready")
    for state in (DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED):
        await verb(report_reply, state)
        await desk.sees_mark(one, answer["seq"], state)


def report_reply(state: DeliveryState) -> None:
    deliveries.record(News(Delivery.objects.get(purpose="reply").oid, state))


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
    await desk.sees_mark(one, seq, "dropped")


# --- letting go -------------------------------------------------------------------------------------------


async def test_a_released_conversation_leaves_the_desk_and_waits_at_the_front(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    second = conversation_of(await verb(cast.visits, "hello", who="another"))
    await desk.send("release", conversation=one)
    await desk.sees(lambda: desk.held == [] and desk.waiting == [one, second])


async def test_a_conversation_whose_visitor_left_is_closed_when_it_is_released(
    cast: Cast, door: Door
) -> None:
    """Nobody can answer them and nobody sees them in the queue, so it would never be closed, nor its key forgotten."""
    desk, one = await answering(cast, door)
    await verb(lambda: leaving.end(cast.visitor_of()))
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


async def test_words_of_the_visitor_take_the_mark_of_closing_off_their_own_page(
    cast: Cast, door: Door
) -> None:
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
    _, one = await answering(cast, door)
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
