"""A volunteer's shift: begun, ended, and over by itself; and what a desk is told to show beside it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.lines.models import Line
from routing.models import Desk
from routing.presence import SHIFT
from tests.cast import RISKY, Cast
from tests.clients import verb
from tests.consumers.desks import answering
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_a_shift_begins_once_and_every_page_of_its_volunteer_shows_it(cast: Cast, door: Door) -> None:
    laptop, phone = await door.desk(cast.sam), await door.desk(cast.sam)
    assert laptop.shown.latest["desk"]["begun_at"] is None
    await laptop.send("begin")
    await laptop.sees(lambda: laptop.shown.latest["desk"]["begun_at"])
    await phone.sees(lambda: phone.shown.latest["desk"]["begun_at"])


async def test_whoever_ends_their_shift_is_ready_for_nobody(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await desk.send("begin")
    await desk.ready()
    await desk.send("begin", on=False)
    await desk.sees(lambda: not desk.shown.latest["desk"]["ready"])
    assert desk.shown.latest["desk"]["begun_at"] is None


async def test_a_shift_does_not_end_while_somebody_is_held(cast: Cast, door: Door) -> None:
    desk, _ = await answering(cast, door)
    await desk.send("begin")
    assert await desk.refusal("begin", on=False) == "still_with_you"
    await desk.sees(lambda: desk.shown.latest["desk"]["begun_at"])


async def test_a_shift_that_nobody_ended_is_over_the_next_day(cast: Cast, door: Door) -> None:
    begun = timezone.now() - SHIFT
    await verb(Desk.objects.update_or_create, staff=cast.sam, defaults={"begun_at": begun})
    late = await door.desk(cast.sam)
    assert late.shown.latest["desk"]["begun_at"] is None
    await verb(Desk.objects.update, begun_at=begun + timedelta(minutes=1))
    early = await door.desk(cast.sam)
    assert early.shown.latest["desk"]["begun_at"]


async def test_who_is_on_shift_is_told_as_soon_as_they_come(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await door.desk(cast.alex)
    await desk.sees(lambda: "Alex" in str(desk.shown.latest.get("shift")))


async def test_the_queue_says_where_volunteers_may_choose(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "hello")
    asked = [await door.desk(cast.sam)]
    await verb(Line.objects.update, allow_choosing=True)
    asked.append(await door.desk(cast.sam))
    assert [desk.shown.latest["queue"]["waiting"][0]["choose"] for desk in asked] == [False, True]


async def test_a_conversation_says_when_a_break_is_due(cast: Cast, door: Door) -> None:
    await verb(Line.objects.update, talk_minutes=45)
    desk, one = await answering(cast, door)
    assert desk.shown.states[one]["talk_minutes"] == 45


async def test_who_tries_a_line_that_is_not_open_is_marked_wherever_they_are_shown(
    cast: Cast, door: Door
) -> None:
    await verb(Line.objects.filter(id=cast.line.id).update, opened_at=None)
    await verb(cast.line.refresh_from_db)
    await verb(cast.visits, cast.line.try_code)
    await verb(cast.visits, RISKY)
    sam, alex = await door.desk(cast.sam), await door.desk(cast.alex)
    assert [one["drill"] for one in sam.shown.latest["queue"]["waiting"]] == [True]
    assert [one["drill"] for one in alex.shown.latest["flags"]["flags"]] == [True]
    await sam.ready()
    assert sam.shown.states[await sam.take()]["drill"]
