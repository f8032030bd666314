"""What a supervisor does in other people's conversations, and what everybody in them sees of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Message, Note, Step, Watch
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Membership, Staff
from routing import dispatcher, overseeing, presence, queue
from routing.models import Desk as DeskRow
from routing.models import Help
from tests.cast import RISKY, Cast
from tests.clients import Desk, verb
from tests.consumers.desks import answering, texting
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


async def watching(door: Door, cast: Cast, one: str, staff: Staff | None = None) -> Desk:
    """Alex's desk, or that of whoever is given, with this conversation open."""
    desk = await door.desk(staff or cast.alex)
    await desk.send("watch", conversation=one)
    await desk.sees(lambda: one in desk.shown.states and one in desk.shown.latest["desk"]["watching"])
    return desk


async def joined(door: Door, cast: Cast, one: str) -> Desk:
    alex = await watching(door, cast, one)
    await alex.send("join", conversation=one)
    await alex.sees(lambda: alex.shown.states[one]["part"] == "joined")
    return alex


def jo(cast: Cast) -> Staff:
    """A second supervisor."""
    return add_staff("jo", "Jo", cast.line.id, "supervisor")


def row(one: str) -> Conversation:
    return Conversation.objects.get(id=one)


# --- watched ----------------------------------------------------------------------------------------------


async def test_whoever_watches_reads_all_and_goes_on_reading(cast: Cast, door: Door) -> None:
    sam, one = await answering(cast, door, "hello there")
    await sam.say(one, "I am here")
    alex = await watching(door, cast, one)
    assert alex.shown.texts(one) == ["hello there", "I am here"]
    assert alex.shown.states[one]["part"] == "watches"
    assert (alex.held, alex.shown.latest["desk"]["watching"]) == ([], [one])
    await verb(cast.visits, "and again")
    await sam.say(one, "go on")
    await alex.sees(lambda: alex.shown.texts(one)[2:] == ["and again", "go on"])


async def test_nothing_said_while_a_watch_begins_is_missed(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said after the rows were read for it, and before its desk heard of them; no look repairs it here."""
    sam, one = await answering(cast, door)
    alex = await door.desk(cast.alex)
    from consumers import hub

    read = hub.read

    def read_and_say(asks: list[Any]) -> Any:
        found = read(asks)
        if any(ask.staff == cast.alex.id for ask in asks):
            monkeypatch.setattr(hub, "read", read)
            cast.visits("a word between")
        return found

    monkeypatch.setattr(hub, "read", read_and_say)
    await alex.send("watch", conversation=one)
    await alex.sees(lambda: alex.shown.texts(one) == ["hello", "a word between"], seconds=2)
    await sam.close()


async def test_the_volunteer_sees_who_is_there_until_they_leave(cast: Cast, door: Door) -> None:
    sam, one = await answering(cast, door)
    alex = await watching(door, cast, one)
    await sam.sees(lambda: sam.shown.states[one]["watched_by"] == ["Alex"])
    await alex.send("watch", conversation=one, on=False)
    await sam.sees(lambda: sam.shown.states[one]["watched_by"] == [])
    await alex.sees(lambda: alex.shown.latest["desk"]["watching"] == [] and one not in alex.shown.states)


async def test_somebody_who_waits_can_be_watched_and_stays_watched_when_taken(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "is anybody there")
    one = str((await verb(Conversation.objects.get)).id)
    alex = await watching(door, cast, one)
    assert alex.shown.texts(one) == ["is anybody there"]
    sam = await door.desk(cast.sam)
    await sam.ready()
    await sam.take()
    await alex.sees(lambda: alex.shown.states[one]["holder"] == "Sam")
    await sam.sees(lambda: sam.shown.states[one]["watched_by"] == ["Alex"])


async def test_watching_twice_changes_nothing(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await watching(door, cast, one)
    before = (await verb(row, one)).version
    await alex.send("watch", conversation=one)
    await alex.quiet()
    assert (await verb(row, one)).version == before


async def test_a_watch_ends_with_the_conversation(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await watching(door, cast, one)
    await verb(lambda: leaving.end(cast.visitor_of()))
    await verb(queue.release, cast.sam.id, UUID(one))
    await alex.sees(lambda: alex.shown.latest["desk"]["watching"] == [])
    assert not await verb(Watch.objects.exists)


async def test_a_watch_ends_with_the_right_to_it(cast: Cast, door: Door) -> None:
    sam, one = await answering(cast, door)
    await watching(door, cast, one)
    await verb(lambda: Membership.objects.filter(staff=cast.alex).update(role="volunteer"))
    assert await verb(dispatcher.run_due)
    await sam.sees(lambda: sam.shown.states[one]["watched_by"] == [])
    assert not await verb(dispatcher.run_due)


async def test_words_are_not_read_any_more_at_the_moment_a_right_is_lost(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await watching(door, cast, one)
    await verb(lambda: Membership.objects.filter(staff=cast.alex).update(role="volunteer"))
    await verb(cast.visits, "nobody else may read this")
    await alex.quiet()
    assert "nobody else may read this" not in alex.shown.texts()


async def test_whoever_was_not_seen_for_a_while_watches_no_more_unless_they_joined(
    cast: Cast, door: Door
) -> None:
    sam, one = await answering(cast, door)
    await watching(door, cast, one)
    await joined(door, cast, one)
    other = await verb(jo, cast)
    await watching(door, cast, one, other)
    await sam.sees(lambda: sam.shown.states[one]["watched_by"] == ["Jo"])
    later = timezone.now() + presence.GONE + timedelta(seconds=1)
    await verb(lambda: DeskRow.objects.update(last_seen_at=timezone.now()))
    assert not await verb(overseeing.end_watches, timezone.now() + timedelta(seconds=44))
    assert await verb(overseeing.end_watches, later)
    await sam.sees(lambda: sam.shown.states[one]["watched_by"] == [])
    assert sam.shown.states[one]["joined"] == ["Alex"]


async def test_watching_is_written_down(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    await watching(door, cast, one)
    entry = await verb(AuditEntry.objects.get, verb="watch")
    assert (entry.actor, entry.subject) == (cast.alex.id, one)


# --- whispered --------------------------------------------------------------------------------------------


async def test_a_whisper_reaches_the_volunteer_and_never_the_visitor(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    alex = await watching(door, cast, one)
    await alex.send("whisper", conversation=one, text="ask about tonight")
    told = await sam.hears("noted")
    assert (told["kind"], told["name"], told["text"]) == ("whisper", "Alex", "ask about tonight")
    assert (await alex.hears("noted"))["text"] == "ask about tonight"
    await visitor.quiet()
    assert "ask about tonight" not in str(visitor.shown.frames)
    sealed = bytes((await verb(Note.objects.get)).text_sealed)
    assert b"tonight" not in sealed


async def test_a_whisper_needs_a_watch_a_flag_or_a_help(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await door.desk(cast.alex)
    assert await alex.refusal("whisper", conversation=one, text="hm") == "watch_first"
    await verb(cast.visits, RISKY)
    await alex.send("whisper", conversation=one, text="I see the flag")
    await alex.quiet()
    assert await verb(Note.objects.count) == 1


@pytest.mark.parametrize(("text", "code"), [("  ", "empty"), ("x" * 2_001, "bad_frame")])
async def test_a_whisper_of_nothing_or_too_much_is_refused(
    cast: Cast, door: Door, text: str, code: str
) -> None:
    _, one = await answering(cast, door)
    alex = await watching(door, cast, one)
    assert await alex.refusal("whisper", conversation=one, text=text) == code


async def test_nobody_can_be_whispered_to_where_nobody_is(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "hello")
    one = str((await verb(Conversation.objects.get)).id)
    alex = await watching(door, cast, one)
    assert await alex.refusal("whisper", conversation=one, text="hm") == "nobody_there"
    assert await alex.refusal("join", conversation=one) == "nobody_there"


async def test_a_whisper_about_words_that_were_erased_is_not_kept(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await watching(door, cast, one)
    await verb(cast.visits, RISKY)
    await verb(lambda: leaving.erase(cast.visitor_of()))
    await verb(dispatcher.erase_overdue, timezone.now() + timedelta(hours=25))
    assert await alex.refusal("whisper", conversation=one, text="they said a lot") == "forgotten"


# --- joined -----------------------------------------------------------------------------------------------


async def test_the_person_is_told_once_by_name_of_who_joins_and_reads_what_they_say(
    cast: Cast, door: Door
) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    alex = await joined(door, cast, one)
    await alex.send("join", conversation=one)
    await alex.say(one, "Sam and I are both here")
    await visitor.sees(lambda: "Sam and I are both here" in visitor.shown.texts())
    told = list(visitor.shown.messages[one].values())
    assert [(m["from"], m["name"], m["purpose"]) for m in told[1:]] == [
        ("line", "", "joined"),
        ("supervisor", "Alex", ""),
    ]
    assert "Alex" in told[1]["text"]
    await sam.sees(lambda: sam.shown.states[one]["joined"] == ["Alex"])
    assert sam.shown.states[one]["watched_by"] == []


async def test_a_texter_is_told_even_though_the_line_has_just_said_something(cast: Cast, door: Door) -> None:
    _, one = await texting(cast, door)
    alex = await joined(door, cast, one)
    said = await alex.say(one, "I help Sam")
    messages = await verb(lambda: list(Message.objects.filter(conversation=UUID(one)).order_by("seq")))
    assert [(m.sender_kind, m.purpose) for m in messages[-2:]] == [("line", "joined"), ("supervisor", "")]
    assert messages[-1].seq == said["seq"]
    assert messages[-1].delivery == "ready"


async def test_a_colleagues_words_do_not_carry_the_key_by_which_a_page_knows_its_own(
    cast: Cast, door: Door
) -> None:
    """Else the volunteer's page would show what the supervisor said as "You"."""
    sam, one = await answering(cast, door)
    alex = await joined(door, cast, one)
    seq = (await alex.say(one, "hello, I am Alex"))["seq"]
    await sam.sees(lambda: seq in sam.shown.messages[one])
    assert sam.shown.messages[one][seq]["key"] is None
    await alex.sees(lambda: seq in alex.shown.messages[one])
    assert alex.shown.messages[one][seq]["key"]


async def test_whoever_only_watches_can_neither_speak_nor_be_seen_typing(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    alex = await watching(door, cast, one)
    assert (await alex.say(one, "hello"))["code"] == "not_found"
    await alex.send("typing", conversation=one, on=True)
    assert "typing" not in {frame["type"] for frame in await visitor.quiet()}


async def test_typing_of_one_who_joined_is_seen_by_the_person_and_the_volunteer(
    cast: Cast, door: Door
) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    alex = await joined(door, cast, one)
    await alex.send("typing", conversation=one, on=True)
    assert (await visitor.hears("typing"))["from"] == "supervisor"
    assert (await sam.hears("typing"))["from"] == "supervisor"
    await sam.send("typing", conversation=one, on=True)
    assert (await alex.hears("typing"))["from"] == "volunteer"


async def test_joining_needs_a_watch(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await door.desk(cast.alex)
    assert await alex.refusal("join", conversation=one) == "watch_first"


async def test_whoever_joined_and_lost_the_right_speaks_no_more(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await joined(door, cast, one)
    await verb(lambda: Membership.objects.filter(staff=cast.alex).update(role="volunteer"))
    assert (await alex.say(one, "hello"))["code"] == "not_found"


# --- taken over -------------------------------------------------------------------------------------------


async def test_taking_over_moves_it_and_tells_the_former_holder(cast: Cast, door: Door) -> None:
    sam, one = await answering(cast, door)
    alex = await joined(door, cast, one)
    await alex.send("take_over", conversation=one)
    assert (await alex.hears("taken"))["conversation"] == one
    await alex.sees(lambda: alex.held == [one] and alex.shown.states[one]["part"] == "holds")
    await sam.sees(lambda: sam.held == [])
    assert alex.shown.latest["desk"]["watching"] == []
    steps = await verb(lambda: list(Step.objects.filter(conversation=UUID(one)).order_by("id")))
    assert [(s.before, s.after, s.why, s.actor) for s in steps[-1:]] == [
        ("active", "active", "took_over", cast.alex.id)
    ]
    assert (await sam.say(one, "still me?"))["code"] == "not_found"
    assert (await alex.say(one, "it is me now"))["type"] == "said"


async def test_somebody_who_waits_is_taken_over_by_a_supervisor_who_is_not_ready(
    cast: Cast, door: Door
) -> None:
    await verb(cast.visits, "hello")
    one = str((await verb(Conversation.objects.get)).id)
    await verb(lambda: Conversation.objects.update(reserved=True))
    alex = await door.desk(cast.alex)
    await alex.send("take_over", conversation=one)
    await alex.sees(lambda: alex.held == [one] and one in alex.shown.states)
    assert not alex.shown.states[one]["reserved"]


async def test_taking_over_needs_a_free_seat(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    alex = await door.desk(cast.alex)
    await verb(presence.set_ready, cast.alex.id, False, 1)
    await verb(cast.visits, "another", "another visitor")
    other = await verb(Conversation.objects.get, state="waiting")
    await verb(overseeing.take_over, cast.alex.id, other.id)
    assert await alex.refusal("take_over", conversation=one) == "at_capacity"


async def test_what_the_former_holder_asked_offered_and_was_closing_ends(cast: Cast, door: Door) -> None:
    _, one = await answering(cast, door)
    await verb(queue.close, cast.sam.id, UUID(one), "done")

    def ask_and_offer() -> None:
        about, now = row(one), timezone.now()
        about.offers.create(
            staff=cast.robin, by=cast.sam.id, made_at=now, expires_at=now + timedelta(minutes=2)
        )
        Help.objects.create(conversation=about, kind="advice", asked_at=now, asked_by=cast.sam)
        Conversation.objects.update(offered_to="Robin", help="advice")

    await verb(ask_and_offer)
    await verb(overseeing.take_over, cast.alex.id, UUID(one))
    about = await verb(row, one)
    assert (about.offered_to, about.help, about.closing_at, about.volunteer_id) == (
        "",
        "",
        None,
        cast.alex.id,
    )
    assert not await verb(lambda: about.offers.filter(ended_at=None).exists())
    assert not await verb(lambda: Help.objects.filter(ended_at=None).exists())


# --- given ------------------------------------------------------------------------------------------------


async def waiting_for_sam(cast: Cast, door: Door) -> tuple[Desk, Desk, str]:
    await verb(cast.visits, "hello")
    one = str((await verb(Conversation.objects.get)).id)
    sam, alex = await door.desk(cast.sam), await door.desk(cast.alex)
    await sam.ready()
    return sam, alex, one


async def test_a_person_who_is_given_arrives_with_who_gave_them(cast: Cast, door: Door) -> None:
    sam, alex, one = await waiting_for_sam(cast, door)
    await alex.send("assign", conversation=one, staff=str(cast.sam.id))
    await sam.sees(lambda: sam.held == [one] and one in sam.shown.states)
    assert (sam.shown.states[one]["given_by"], sam.shown.texts(one)) == ("Alex", ["hello"])
    step = await verb(Step.objects.get, why="assigned")
    assert step.actor == cast.alex.id
    await alex.sees(lambda: alex.waiting == [])


async def test_whom_a_volunteer_took_themselves_nobody_gave(cast: Cast, door: Door) -> None:
    sam, alex, one = await waiting_for_sam(cast, door)
    await alex.send("assign", conversation=one, staff=str(cast.sam.id))
    await sam.sees(lambda: sam.held == [one])
    await sam.send("release", conversation=one)
    await sam.sees(lambda: sam.held == [])
    await sam.take()
    assert sam.shown.states[one]["given_by"] == ""


async def test_nobody_is_given_to_a_volunteer_who_cannot_take_them(cast: Cast, door: Door) -> None:
    sam, alex, one = await waiting_for_sam(cast, door)

    async def refused() -> str:
        return await alex.refusal("assign", conversation=one, staff=str(cast.sam.id))

    await sam.send("ready", on=False)
    await sam.sees(lambda: not sam.shown.latest["desk"]["ready"])
    assert await refused() == "volunteer_not_ready"
    await verb(cast.visits, "first", "another visitor")
    await sam.ready(seats=1)
    await verb(lambda: Conversation.objects.filter(id=one).update(reserved=True))
    await sam.take()
    await verb(lambda: Conversation.objects.filter(id=one).update(reserved=False))
    assert await refused() == "volunteer_full"
    await sam.ready(seats=2)
    await verb(lambda: DeskRow.objects.update(last_seen_at=timezone.now() - timedelta(minutes=1)))
    assert await refused() == "volunteer_away"
    await verb(lambda: DeskRow.objects.update(last_seen_at=timezone.now()))
    await verb(lambda: Conversation.objects.filter(id=one).update(avoids=cast.sam))
    assert await refused() == "unwanted"


async def test_nobody_is_given_to_somebody_of_another_line_nor_twice(cast: Cast, door: Door) -> None:
    _, alex, one = await waiting_for_sam(cast, door)
    assert await alex.refusal("assign", conversation=one, staff=str(cast.olive.id)) == "not_found"
    assert await alex.refusal("assign", conversation=one, staff=str(uuid4())) == "not_found"
    await alex.send("assign", conversation=one, staff=str(cast.sam.id))
    await alex.sees(lambda: alex.waiting == [])
    assert await alex.refusal("assign", conversation=one, staff=str(cast.sam.id)) == "already_taken"


async def test_a_reserved_person_is_given_to_supervisors_alone(cast: Cast, door: Door) -> None:
    _, alex, one = await waiting_for_sam(cast, door)
    await verb(lambda: Conversation.objects.update(reserved=True))
    assert await alex.refusal("assign", conversation=one, staff=str(cast.sam.id)) == "not_found"


# --- whose line it is not ---------------------------------------------------------------------------------

IN_A_CONVERSATION: dict[str, dict[str, str]] = {
    "watch": {},
    "whisper": {"text": "hm"},
    "join": {},
    "take_over": {},
    "assign": {"staff": str(uuid4())},
    "emergency": {"id": str(uuid4()), "consent": "no", "outcome": "pending"},
}


@pytest.mark.parametrize("kind", IN_A_CONVERSATION)
async def test_for_whoever_does_not_supervise_the_line_the_conversation_does_not_exist(
    cast: Cast, door: Door, kind: str
) -> None:
    _, one = await answering(cast, door)
    elsewhere = await verb(add_staff, "uma", "Uma", cast.other_line.id, "supervisor")
    for person in (cast.robin, cast.maria, elsewhere):
        desk = await door.desk(person)
        for which in (one, str(uuid4())):
            assert await desk.refusal(kind, conversation=which, **IN_A_CONVERSATION[kind]) == "not_found"
    assert not await verb(Watch.objects.exists)


@pytest.mark.parametrize("kind", ["watch", "whisper", "join", "take_over"])
async def test_a_closed_conversation_is_nobodys_to_oversee(cast: Cast, door: Door, kind: str) -> None:
    _, one = await answering(cast, door)
    await verb(lambda: leaving.end(cast.visitor_of()))
    await verb(queue.release, cast.sam.id, UUID(one))
    alex = await door.desk(cast.alex)
    assert await alex.refusal(kind, conversation=one, **IN_A_CONVERSATION[kind]) == "not_found"
