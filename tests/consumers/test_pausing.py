"""A supervisor pauses a line, in words for those who come."""

import pytest

from chatline.conversations.models import Message
from chatline.lines.models import Line
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry
from tests.cast import Cast
from tests.clients import Desk, verb
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]

WORDS = "We are back at nine."


def paused(desk: Desk) -> list[str]:
    return list(desk.shown.latest.get("shift", {}).get("paused", []))


async def test_a_paused_line_is_told_to_every_desk_and_answered_again_when_resumed(
    cast: Cast, door: Door
) -> None:
    alex, sam = await door.desk(cast.alex), await door.desk(cast.sam)
    await alex.send("pause", line="demo", on=True, words=WORDS)
    await sam.sees(lambda: paused(sam) == ["demo"])
    await alex.send("pause", line="demo", on=False)
    await sam.sees(lambda: paused(sam) == [])
    row = await verb(Line.objects.get, slug="demo")
    assert (row.paused_at, row.paused_words) == (None, "")
    verbs = await verb(lambda: list(AuditEntry.objects.order_by("id").values_list("verb", "actor")))
    assert verbs[-2:] == [("pause_line", cast.alex.id), ("resume_line", cast.alex.id)]


async def test_whoever_comes_by_web_reads_the_supervisors_words(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    await alex.send("pause", line="demo", on=True, words=WORDS)
    await alex.sees(lambda: paused(alex))
    visitor = await door.visitor()
    welcome = visitor.shown.latest["welcome"]
    assert (welcome["service"], welcome["paused_words"]) == ("paused", WORDS)
    await visitor.say("hello")
    await visitor.sees(lambda: visitor.state == "waiting")
    assert visitor.shown.latest["state"]["paused_words"] == WORDS


async def test_whoever_texts_is_answered_in_the_supervisors_words_and_where_else_there_is_help(
    cast: Cast, door: Door
) -> None:
    alex = await door.desk(cast.alex)
    await alex.send("pause", line="demo", on=True, words=WORDS)
    await alex.sees(lambda: paused(alex))
    await verb(cast.texts, "hello")
    told = await verb(Message.objects.get, sender_kind="line")
    assert told.purpose == "paused_words"
    await alex.send("watch", conversation=str(told.conversation_id))
    await alex.sees(lambda: any(WORDS in text and "911" in text for text in alex.shown.texts()))


async def test_said_again_the_words_are_changed(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    for words in (WORDS, "It takes longer."):
        await alex.send("pause", line="demo", on=True, words=words)
    await alex.quiet()
    assert (await verb(Line.objects.get, slug="demo")).paused_words == "It takes longer."


async def test_words_that_are_too_long_are_refused(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    assert await alex.refusal("pause", line="demo", on=True, words="x" * 161) == "bad_frame"


async def test_nobody_else_pauses_a_line(cast: Cast, door: Door) -> None:
    elsewhere = await verb(add_staff, "uma", "Uma", cast.other_line.id, "supervisor")
    for person in (cast.sam, elsewhere):
        desk = await door.desk(person)
        assert await desk.refusal("pause", line="demo", on=True) == "not_found"
        assert await desk.refusal("pause", line="demo", on=False) == "not_found"
        assert await desk.refusal("pause", line="nowhere", on=True) == "not_found"
