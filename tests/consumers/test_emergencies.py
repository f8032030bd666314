"""What was done when a life was in danger: written by one supervisor, signed by a second person."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Staff
from routing import dispatcher, emergencies, inbox
from routing.models import EmergencyAction, Flag
from tests.cast import RISKY, Cast
from tests.clients import Desk, verb
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]

WORDS = {
    "tried": "asked them to put the pills away",
    "agency": "County 911",
    "call_taker": "Dana",
    "reference": "77-12",
}


async def at_risk(cast: Cast, door: Door) -> tuple[Desk, str]:
    """Alex's desk, and a conversation with an open flag."""
    await verb(cast.visits, RISKY)
    return await door.desk(cast.alex), str((await verb(Conversation.objects.get)).id)


async def written(alex: Desk, one: str, **more: Any) -> str:
    """Alex writes down what was done; the id of it."""
    id_ = str(uuid4())
    fields = {"consent": "yes", "outcome": "pending", **WORDS, **more}
    await alex.send("emergency", id=id_, conversation=one, **fields)
    await alex.sees(lambda: id_ in [known["id"] for known in unsigned(alex)])
    return id_


def unsigned(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.shown.latest["flags"]["emergencies"])


def jo(cast: Cast) -> Staff:
    return add_staff("jo", "Jo", cast.line.id, "supervisor")


async def test_what_was_done_is_shown_to_supervisors_until_it_is_signed(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    called = timezone.now() - timedelta(minutes=3)
    id_ = await written(alex, one, called_at=called.isoformat())
    told = unsigned(alex)[0]
    assert {name: told[name] for name in WORDS} == WORDS
    assert (told["consent"], told["outcome"], told["by"], told["by_id"]) == (
        "yes",
        "pending",
        "Alex",
        str(cast.alex.id),
    )
    other = await door.desk(await verb(jo, cast))
    await other.send("sign", emergency=id_)
    await alex.sees(lambda: unsigned(alex) == [])
    row = await verb(EmergencyAction.objects.get)
    assert row.signed_by_id
    assert row.flag_id == (await verb(Flag.objects.get)).id


async def test_its_words_are_sealed_and_go_with_the_conversations_key(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    await written(alex, one)
    row = await verb(EmergencyAction.objects.get)
    assert row.details_sealed
    assert b"Dana" not in bytes(row.details_sealed)
    await verb(lambda: leaving.erase(cast.visitor_of()))
    await verb(dispatcher.erase_overdue, timezone.now() + timedelta(hours=25))
    assert (await verb(inbox.emergencies, [cast.line.id]))[0].details == {}


async def test_it_is_changed_until_it_is_signed_and_not_after(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    id_ = await written(alex, one)
    await alex.send("emergency", id=id_, conversation=one, consent="yes", outcome="reached", **WORDS)
    await alex.sees(lambda: unsigned(alex)[0]["outcome"] == "reached")
    assert await verb(EmergencyAction.objects.count) == 1
    await verb(emergencies.sign, cast.maria.id, UUID(id_))
    fields = {"id": id_, "conversation": one, "consent": "no", "outcome": "refused"}
    assert await alex.refusal("emergency", **fields) == "already_signed"


async def test_nobody_signs_what_they_wrote_or_changed_last(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    id_ = await written(alex, one)
    assert await alex.refusal("sign", emergency=id_) == "same_person"
    other = await door.desk(await verb(jo, cast))
    await other.send("emergency", id=id_, conversation=one, consent="yes", outcome="reached")
    await other.sees(lambda: unsigned(other)[0]["by"] == "Jo")
    assert await other.refusal("sign", emergency=id_) == "same_person"
    await alex.send("sign", emergency=id_)
    await alex.sees(lambda: unsigned(alex) == [])
    assert await other.refusal("sign", emergency=id_) == "already_signed"


async def test_everything_about_it_is_in_the_audit_log_without_words(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    id_ = await written(alex, one)
    await verb(emergencies.sign, cast.maria.id, UUID(id_))
    entries = await verb(lambda: list(AuditEntry.objects.filter(subject=id_).order_by("id")))
    assert [(entry.verb, entry.actor) for entry in entries] == [
        ("write_emergency", cast.alex.id),
        ("sign_emergency", cast.maria.id),
    ]
    assert "Dana" not in str([entry.detail for entry in entries])


async def test_a_flag_ends_in_an_emergency_action_only_once_that_is_written_down(
    cast: Cast, door: Door
) -> None:
    alex, one = await at_risk(cast, door)
    flag = str((await verb(Flag.objects.get)).id)
    ending = {"flag": flag, "outcome": "emergency_action"}
    assert await alex.refusal("resolve", **ending) == "emergency_missing"
    await written(alex, one)
    await alex.send("resolve", **ending)
    assert (await alex.hears("flag"))["state"] == "resolved"


@pytest.mark.parametrize(
    "times",
    [
        {"called_at": 60},
        {"called_at": -5, "reached_at": -10},
    ],
)
async def test_times_that_cannot_be_are_refused(cast: Cast, door: Door, times: dict[str, int]) -> None:
    alex, one = await at_risk(cast, door)
    told = {
        name: (timezone.now() + timedelta(minutes=minutes)).isoformat() for name, minutes in times.items()
    }
    fields = {"id": str(uuid4()), "conversation": one, "consent": "yes", "outcome": "pending"}
    assert await alex.refusal("emergency", **fields, **told) == "wrong_times"


async def test_a_time_without_its_zone_is_not_understood(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    fields = {"id": str(uuid4()), "conversation": one, "consent": "yes", "outcome": "pending"}
    assert await alex.refusal("emergency", **fields, called_at="2026-11-24T10:00:00") == "bad_frame"


async def test_the_id_of_another_conversations_record_finds_nothing(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    id_ = await written(alex, one)
    await verb(cast.visits, "hello", "another visitor")
    other = await verb(Conversation.objects.get, open_flags=0)
    fields = {"id": id_, "conversation": str(other.id), "consent": "yes", "outcome": "pending"}
    assert await alex.refusal("emergency", **fields) == "not_found"


async def test_only_supervisors_and_managers_of_the_line_sign(cast: Cast, door: Door) -> None:
    alex, one = await at_risk(cast, door)
    id_ = await written(alex, one)
    elsewhere = await verb(add_staff, "uma", "Uma", cast.other_line.id, "supervisor")
    for person in (cast.sam, elsewhere):
        desk = await door.desk(person)
        assert await desk.refusal("sign", emergency=id_) == "not_found"
        assert await desk.refusal("sign", emergency=str(uuid4())) == "not_found"
