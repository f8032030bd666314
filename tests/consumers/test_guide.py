"""What staff note beside the talk, in frames: for whoever holds the conversation, live and after a reload alike."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from chatline.conversations import keys, leaving
from chatline.conversations.models import Conversation, Watch
from chatline.conversations.wrapping_up import Wrapped
from routing import dispatcher, queue
from tests.cast import Cast
from tests.clients import Desk, verb
from tests.consumers.desks import answering, texting
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]

PARTS = {"signs": "I stop eating", "coping": "walk by the river", "people": " ", "lines": "this line"}
TOLD = (
    "The plan we made:\nI notice it gets worse when: I stop eating\nWhat I can do myself: walk by the river\n"
    "Who helps for a living, and lines to call or text: this line"
)


async def reloaded(cast: Cast, door: Door, one: str) -> Desk:
    desk = await door.desk(cast.sam)
    await desk.sees(lambda: one in desk.shown.states)
    return desk


async def stays_after_a_reload(cast: Cast, door: Door, desk: Desk, one: str) -> None:
    again = await reloaded(cast, door, one)
    await desk.sees(lambda: desk.shown.picture() == again.shown.picture())


# --- notes ------------------------------------------------------------------------------------------------


async def test_a_note_is_there_live_and_after_a_reload_and_not_for_the_visitor(
    cast: Cast, door: Door
) -> None:
    visitor, sam = await door.visitor(), await door.desk(cast.sam)
    await sam.ready()
    await visitor.say("hello")
    one = await sam.take()
    await sam.send("note", conversation=one, text="they have a dog")
    await sam.sees(lambda: sam.shown.notes(one) == [("note", "they have a dog")])
    await stays_after_a_reload(cast, door, sam, one)
    assert "they have a dog" not in str(await visitor.quiet()) + str(visitor.shown.frames)


async def test_whoever_reconnects_gets_only_new_notes(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await desk.send("note", conversation=one, text="first")
    await desk.sees(lambda: desk.shown.notes(one) and desk.shown.latest["state"]["version"] == 3)
    again = await door.desk(cast.sam, cursors=desk.shown.cursors())
    await again.sees(lambda: one in again.shown.states)
    await again.send("note", conversation=one, text="second")
    await again.sees(lambda: again.shown.notes(one) == [("note", "second")])


async def test_an_empty_note_is_refused(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    assert await desk.refusal("note", conversation=one, text=" ") == "empty"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("note", {"text": "mine"}),
        ("answer", {"question": "plan", "reply": "yes"}),
        ("plan", {"parts": PARTS}),
        ("plan", {"parts": PARTS, "key": "k"}),
    ],
)
async def test_only_whoever_takes_part_writes_beside_the_talk(
    cast: Cast, door: Door, kind: str, fields: dict[str, Any]
) -> None:
    _, one = await answering(cast, door)
    for staff in (cast.robin, cast.alex, cast.olive):
        desk = await door.desk(staff)
        assert await desk.refusal(kind, conversation=one, **fields) == "not_found"


async def test_a_supervisor_writes_once_they_have_joined(cast: Cast, door: Door) -> None:
    sam, one = await answering(cast, door)
    await verb(watch, cast, one, joined=None)
    alex = await door.desk(cast.alex)
    assert await alex.refusal("note", conversation=one, text="watching is not enough") == "not_found"
    await verb(watch, cast, one, joined=timezone.now())
    await alex.send("note", conversation=one, text="ask about the pills")
    await sam.sees(lambda: sam.shown.notes(one) == [("note", "ask about the pills")])


def watch(cast: Cast, conversation: str, joined: datetime | None) -> None:
    defaults = {"since": timezone.now(), "joined_at": joined}
    Watch.objects.update_or_create(conversation_id=conversation, staff=cast.alex, defaults=defaults)


# --- the four questions -----------------------------------------------------------------------------------


async def test_an_answer_stands_with_who_asked_and_when(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    for question, reply in (("plan", "no"), ("thoughts", "yes"), ("plan", "unsure")):
        await desk.send("answer", conversation=one, question=question, reply=reply)
    await desk.sees(lambda: told(desk, one) == [("thoughts", "yes", "Sam"), ("plan", "unsure", "Sam")])
    await desk.sees(lambda: desk.shown.states[one]["risk_asked"] == "asked")
    await stays_after_a_reload(cast, door, desk, one)


def told(desk: Desk, one: str) -> list[tuple[str, str, str]]:
    answers = desk.shown.guides.get(one, {"answers": []})["answers"]
    return [(row["question"], row["reply"], row["name"]) for row in answers]


async def test_four_times_yes_is_danger_now_on_both_desks(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    alex = await door.desk(cast.alex)
    for question in ("thoughts", "plan", "means", "timeframe"):
        await desk.send("answer", conversation=one, question=question, reply="yes")
    await desk.sees(lambda: (state := desk.shown.states[one])["level"] == "imminent" and state["open_flags"])
    await alex.sees(lambda: alex.shown.latest["flags"]["flags"])
    reasons = alex.shown.latest["flags"]["flags"][0]["reasons"]
    assert [one["label"] for one in reasons] == ["All four questions about suicide answered with yes"]


# --- the plan ---------------------------------------------------------------------------------------------


async def test_a_plan_is_kept_without_being_said(cast: Cast, door: Door) -> None:
    desk, one = await answering(cast, door)
    await desk.send("plan", conversation=one, parts=PARTS)
    await desk.sees(lambda: one in desk.shown.guides)
    again = await reloaded(cast, door, one)
    assert again.shown.guides[one]["plan"] == {"places": "", "safer": "", **PARTS}
    assert again.shown.guides[one]["plan_sent"] is None
    assert again.shown.texts(one) == ["hello"]


async def test_a_plan_is_said_once_as_one_message_to_keep(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    for _ in range(2):
        await desk.send("plan", conversation=one, parts=PARTS, key="mine")
        assert (await desk.hears("said", "error"))["seq"] == 2
    await visitor.sees(lambda: visitor.shown.texts(one) == ["hello", TOLD])
    assert [visitor.shown.messages[one][seq]["purpose"] for seq in (1, 2)] == ["", "plan"]
    await desk.sees(lambda: desk.shown.guides.get(one, {}).get("plan_sent") == 2)
    await stays_after_a_reload(cast, door, desk, one)


async def test_a_plan_goes_to_a_texter_as_any_answer_does(cast: Cast, door: Door) -> None:
    desk, one = await texting(cast, door)
    await desk.send("plan", conversation=one, parts=PARTS, key="mine")
    seq = (await desk.hears("said", "error"))["seq"]
    await desk.sees_mark(one, seq, "ready")


async def test_a_plan_is_said_in_the_language_of_the_talk(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "hola")
    await verb(Conversation.objects.update, language="es")
    desk = await door.desk(cast.sam)
    await desk.ready()
    one = await desk.take()
    await desk.send("plan", conversation=one, parts={"coping": "caminar"}, key="mine")
    await desk.sees(
        lambda: desk.shown.texts(one)[1:] == ["El plan que hicimos:\nLo que puedo hacer yo: caminar"]
    )


@pytest.mark.parametrize(
    ("parts", "code"), [({"signs": " "}, "empty"), ({"signs": "x" * 1_990, "safer": "y"}, "too_long")]
)
async def test_a_plan_that_cannot_be_said_is_refused_with_its_key_and_not_kept(
    cast: Cast, door: Door, parts: dict[str, str], code: str
) -> None:
    desk, one = await answering(cast, door)
    await desk.send("plan", conversation=one, parts=parts, key="mine")
    refusal = await desk.hears("error")
    assert (refusal["code"], refusal["key"]) == (code, "mine")
    assert (await reloaded(cast, door, one)).shown.guides == {}


# --- what was agreed last time ----------------------------------------------------------------------------


async def test_whoever_takes_somebody_who_comes_back_reads_what_was_agreed(cast: Cast, door: Door) -> None:
    desk, first = await answering(cast, door)
    await verb(agree, cast, first, "they call their sister on Sunday")
    await verb(cast.visits, "it is me again")
    second = await desk.take()
    await desk.sees(lambda: second in desk.shown.guides)
    last = desk.shown.guides[second]["last_time"]
    assert (last["text"], last["name"]) == ("they call their sister on Sunday", "Sam")
    assert (await reloaded(cast, door, second)).shown.guides[second]["last_time"] == last
    again = await door.desk(cast.sam, cursors={second: desk.shown.states[second]["version"]})
    await again.sees(lambda: second in again.shown.states)
    assert again.shown.guides == {}, "told again to who had read it"


async def test_of_several_times_the_latest_that_can_still_be_read_is_told(cast: Cast, door: Door) -> None:
    desk, first = await answering(cast, door)
    await verb(agree, cast, first, "of the first time")
    await verb(cast.visits, "again")
    second = await desk.take()
    await verb(agree, cast, second, "of the second time")
    await verb(keys.destroy, [UUID(second)])
    await verb(cast.visits, "and again")
    third = await desk.take()
    await desk.sees(lambda: third in desk.shown.guides)
    assert desk.shown.guides[third]["last_time"]["text"] == "of the first time"


async def test_what_was_agreed_with_others_is_told_to_nobody(cast: Cast, door: Door) -> None:
    desk, first = await answering(cast, door)
    await verb(agree, cast, first, "not for others")
    await verb(cast.visits, "hello", who="somebody else")
    second = await desk.take()
    await desk.quiet()
    assert second not in desk.shown.guides


def agree(cast: Cast, conversation: str, what: str) -> None:
    """Sam closes it with these words, and its ten seconds are over."""
    queue.close(cast.sam.id, UUID(conversation), "done", Wrapped(agreed=what))
    dispatcher.carry_out_closes(timezone.now() + queue.UNDO + timedelta(seconds=1))


# --- forgotten --------------------------------------------------------------------------------------------


async def test_what_was_noted_goes_from_an_open_desk_with_the_words(cast: Cast, door: Door) -> None:
    """A texter whose erasure waited for a flag stays in the conversation."""
    desk, one = await texting(cast, door)
    await desk.send("note", conversation=one, text="they have a dog")
    await desk.send("answer", conversation=one, question="thoughts", reply="no")
    await desk.send("plan", conversation=one, parts=PARTS)
    await desk.send("flag", conversation=one, note="look at this")
    await desk.sees(lambda: desk.shown.states[one]["open_flags"])
    await verb(lambda: leaving.erase(Conversation.objects.get(id=one).visitor_id))
    await verb(dispatcher.erase_overdue, timezone.now() + timedelta(hours=25))
    await desk.sees(lambda: desk.shown.guides[one]["answers"] == [])
    assert desk.shown.guides[one]["plan"] is None
    assert desk.shown.notes(one) == [("note", "")]
    await desk.sees(lambda: desk.shown.states[one]["risk_asked"] == "asked")
    await stays_after_a_reload(cast, door, desk, one)
