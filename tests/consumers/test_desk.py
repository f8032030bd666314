"""The desk's socket: who gets in and stays in, what each sees, taking."""

from uuid import uuid4

import pytest
from pytest_django import Settings

from chatline.lines.models import Line
from chatline.people.models import Membership, Staff, StaffSession
from tests.cast import RISKY, Cast
from tests.clients import conversation_of, verb
from tests.consumers.desks import answering
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


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
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    desk = await door.desk(cast.sam)
    await verb(Membership.objects.filter(staff=cast.sam).delete)
    assert await desk.ends(1) == 4401


async def test_an_open_socket_of_somebody_deactivated_ends_at_the_next_look(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    desk = await door.desk(cast.sam)
    await verb(Staff.objects.filter(id=cast.sam.id).update, is_active=False)
    assert await desk.ends(1) == 4401


async def test_an_open_socket_of_a_session_that_was_logged_out_ends_at_the_next_look(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    desk = await door.desk(cast.sam)
    await verb(StaffSession.objects.all().delete)
    assert await desk.ends(1) == 4401


async def test_whoever_is_still_welcome_stays_over_many_looks(
    cast: Cast, door: Door, settings: Settings
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
    one = conversation_of(await verb(cast.texts, "grey mornings again"))
    await desk.sees(lambda: desk.waiting == [one])
    row = desk.shown.latest["queue"]["waiting"][0]
    assert (row["medium"], row["level"], row["line"]) == ("sms", "none", "Demo line")
    assert "grey mornings" not in str(desk.shown.frames)
    assert "2025550143" not in str(desk.shown.frames)


async def test_a_person_at_risk_is_shown_first(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await verb(cast.visits, "hello", who="one")
    second = conversation_of(await verb(cast.visits, RISKY, who="two"))
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
    one = conversation_of(received)
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
    assert await olive.refusal("take", conversation=conversation_of(received)) == "not_found"


async def test_two_desks_of_one_volunteer_show_the_same(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    second = await door.desk(cast.sam)
    await second.sees(lambda: second.held == [one])
    await desk.say(one, "hello, I am Sam")
    await second.sees(lambda: second.shown.texts(one) == ["hello", "hello, I am Sam"])
