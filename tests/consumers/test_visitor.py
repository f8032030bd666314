"""The visitor's socket: who gets in, what a tab finds again, how it ends."""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client as PageClient
from django.utils import timezone
from pytest_django import Settings

from chatline.conversations import actions, presence, tokens
from chatline.conversations.models import Conversation, Message
from chatline.lines.actions import pause, resume
from chatline.lines.models import Line
from routing import queue
from tests.cast import RISKY, Cast
from tests.clients import Visitor, verb
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


async def close_at_once(cast: Cast, conversation: str | None) -> None:
    """A volunteer's close, its ten seconds being over."""
    await verb(queue.close, cast.sam.id, UUID(conversation), "done")
    await verb(actions.close_due, UUID(conversation), timezone.now() + timedelta(seconds=11))


# --- getting in -------------------------------------------------------------------------------------------


async def test_a_page_of_another_origin_opens_no_socket(cast: Cast, door: Door) -> None:
    assert await door.connect("/ws/visitor/demo/", origin="https://elsewhere.example") is None


async def test_a_line_that_is_not_there_is_not_found(cast: Cast, door: Door) -> None:
    visitor = await door.visitor("nowhere", greet=False)
    assert (await visitor.hello(nonce=tokens.new_nonce("nowhere")))["code"] == "not_found"


@pytest.mark.parametrize("nonce", ["", "made up", "demo.abc:1tXyZ:forged"])
async def test_a_nonce_that_is_not_ours_is_refused(cast: Cast, door: Door, nonce: str) -> None:
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(nonce=nonce))["code"] == "stale_page"


async def test_a_nonce_of_another_line_is_refused(cast: Cast, door: Door) -> None:
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(nonce=tokens.new_nonce("other")))["code"] == "stale_page"


async def test_a_nonce_starts_one_visitor_and_no_second_one(cast: Cast, door: Door) -> None:
    nonce = tokens.new_nonce("demo")
    first, second = await door.visitor(nonce=nonce), await door.visitor(nonce=nonce)
    assert (await first.say("hello"))["seq"] == 1
    assert (await second.say("hello"))["code"] == "stale_page"


async def test_a_token_that_is_over_starts_one_visitor_and_no_second_one(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    await visitor.send("end")
    await visitor.sees(lambda: visitor.state == "closed")
    again, and_again = [await door.visitor(token=visitor.token, nonce="") for _ in range(2)]
    assert (await again.say("hello again"))["seq"] == 1
    assert (await and_again.say("hello again"))["code"] == "stale_page"


async def test_a_made_up_token_needs_a_nonce_as_well(cast: Cast, door: Door) -> None:
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(token="made.up:1tXyZ:forged", nonce=""))["code"] == "stale_page"


async def test_a_nonce_of_a_page_in_a_website_is_refused_elsewhere(cast: Cast, door: Door) -> None:
    nonce = tokens.new_nonce("demo", cast.site.key)
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(nonce=nonce))["code"] == "stale_page"
    assert (await visitor.hello(nonce=nonce, site=cast.site.key))["state"] == "new"


async def test_in_a_revoked_website_nobody_starts(cast: Cast, door: Door) -> None:
    await verb(revoke, cast)
    visitor = await door.visitor(greet=False)
    nonce = tokens.new_nonce("demo", cast.site.key)
    assert (await visitor.hello(nonce=nonce, site=cast.site.key))["code"] == "site_revoked"


async def test_whoever_chats_in_a_website_that_is_revoked_is_turned_away_at_the_next_look(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    here: dict[str, Any] = {"nonce": tokens.new_nonce("demo", cast.site.key), "site": cast.site.key}
    visitor, elsewhere = await door.visitor(**here), await door.visitor()
    await verb(revoke, cast)
    assert (await visitor.hears("error"))["code"] == "site_revoked"
    assert await visitor.ends() == 4403
    assert (await elsewhere.say("hello"))["seq"] == 1


def revoke(cast: Cast) -> None:
    cast.site.revoked_at = timezone.now()
    cast.site.save()


async def test_a_nonce_is_good_for_ten_minutes(cast: Cast, door: Door) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=11), tick=False):
        old = tokens.new_nonce("demo")
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(nonce=old))["code"] == "stale_page"


async def test_a_new_tab_is_welcomed_as_new_and_nothing_is_stored(cast: Cast, door: Door) -> None:
    visitor = await door.visitor(greet=False)
    welcome = await visitor.hello(nonce=tokens.new_nonce("demo"))
    assert (welcome["state"], welcome["conversation"], welcome["version"]) == ("new", None, 0)
    assert tokens.is_ours(welcome["token"])
    assert not await verb(Conversation.objects.exists)


@pytest.mark.parametrize(
    ("page", "language"), [("es", "es-MX"), ("es-MX", "es-MX"), ("en", "en"), ("ar", "en"), ("", "en")]
)
async def test_a_visitor_is_written_to_in_the_language_of_their_page(
    cast: Cast, door: Door, page: str, language: str
) -> None:
    await verb(Line.objects.filter(id=cast.line.id).update, languages=["en", "es-MX"])
    visitor = await door.visitor(language=page)
    await visitor.say("hello")
    assert (await verb(Conversation.objects.get)).language == language


# --- saying -----------------------------------------------------------------------------------------------


async def test_the_same_key_again_gives_the_same_answer_and_stores_nothing(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    first = await visitor.say("hello", key="mine")
    assert await visitor.say("hello", key="mine") == first
    assert await verb(Message.objects.count) == 1


async def test_a_visitor_is_shown_their_own_words_with_their_own_key(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello", key="mine")
    await visitor.sees(lambda: visitor.shown.texts() == ["hello"])
    assert visitor.shown.latest["message"]["key"] == "mine"


async def test_a_visitor_is_never_told_of_risk_or_delivery(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say(RISKY)
    await visitor.sees(lambda: visitor.shown.texts() == [RISKY])
    await visitor.quiet()
    told = visitor.shown.latest
    assert not {told["message"]["level"], told["message"]["delivery"]} - {None}
    assert not {"level", "open_flags"} & told["state"].keys()


async def test_typing_passes_both_ways(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    await visitor.sees(lambda: visitor.state == "active")
    await visitor.send("typing", on=True)
    heard = await desk.hears("typing")
    assert (heard["from"], heard["on"], heard["conversation"]) == ("visitor", True, one)
    await desk.send("typing", conversation=one, on=True)
    assert (await visitor.hears("typing"))["from"] == "volunteer"


# --- coming back ------------------------------------------------------------------------------------------


async def test_a_reload_gets_the_whole_history(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    for text in ("one", "two", "three"):
        await visitor.say(text)
    again = await door.visitor(token=visitor.token)
    assert again.conversation == visitor.conversation
    await again.sees(lambda: again.shown.texts() == ["one", "two", "three"])


async def test_a_reload_needs_no_nonce(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    again = await door.visitor(token=visitor.token, nonce="")
    assert (await again.hears("message"))["text"] == "hello"


async def test_whoever_reconnects_gets_only_what_is_new(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("one")
    await visitor.say("two")
    await visitor.sees(lambda: len(visitor.shown.texts()) == 2)
    again = await door.visitor(token=visitor.token, conversation=visitor.conversation, after=1)
    await again.sees(lambda: visitor.conversation in again.shown.states)
    assert again.shown.texts() == ["two"]


async def test_a_second_tab_sees_what_the_first_says(cast: Cast, door: Door) -> None:
    first = await door.visitor()
    await first.say("hello")
    second = await door.visitor(token=first.token)
    await first.say("here I am")
    await second.sees(lambda: second.shown.texts() == ["hello", "here I am"])
    await second.say("and here")
    await first.sees(lambda: first.shown.texts() == ["hello", "here I am", "and here"])


async def test_a_second_tab_that_was_open_before_the_first_words_is_the_same_person(
    cast: Cast, door: Door
) -> None:
    first = await door.visitor()
    second = await door.visitor(token=first.token)
    await first.say("hello")
    await second.say("it is me")
    await second.sees(lambda: second.shown.texts() == ["hello", "it is me"])
    assert await verb(Conversation.objects.count) == 1


async def test_a_token_of_another_line_is_gone(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    elsewhere = await door.visitor("other", greet=False)
    welcome = await elsewhere.hello(token=visitor.token)
    assert (welcome["state"], welcome["conversation"]) == ("gone", None)
    assert welcome["token"] != visitor.token


async def test_a_token_is_good_for_a_day(cast: Cast, door: Door) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=25), tick=False):
        old = tokens.new_token()
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(token=old))["state"] == "gone"


async def test_after_a_close_the_next_words_open_a_new_conversation(cast: Cast, door: Door) -> None:
    visitor = await taken(cast, door)
    before = visitor.conversation
    await close_at_once(cast, before)
    await visitor.sees(lambda: visitor.state == "closed")
    await visitor.say("one more thing")
    assert visitor.conversation != before
    await visitor.sees(lambda: visitor.state == "waiting")
    assert visitor.shown.texts(visitor.conversation) == ["one more thing"]
    row = await verb(Conversation.objects.get, id=visitor.conversation)
    assert str(row.previous_id) == before


async def test_words_said_at_the_very_moment_of_a_close_open_a_new_conversation(
    cast: Cast, door: Door
) -> None:
    """The socket has not heard of the close: what it believes to be open is closed by now."""
    visitor = await taken(cast, door)
    await verb(queue.close, cast.sam.id, UUID(visitor.conversation), "done")
    await verb(close_unheard, UUID(visitor.conversation))
    before = visitor.conversation
    assert (await visitor.say("one more thing"))["seq"] == 1
    assert visitor.conversation != before


def close_unheard(conversation: UUID) -> None:
    Conversation.objects.filter(id=conversation).update(state="closed", closed_at=timezone.now())


async def test_the_last_words_of_a_closed_conversation_are_seen_although_a_new_one_began(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """No hint of the answer and of the close arrived, and the visitor spoke before the process looked."""
    settings.LOOK_SECONDS = 0.3
    visitor = await taken(cast, door)
    before = visitor.conversation
    with monkeypatch.context() as bus_away:
        bus_away.setattr("chatline.announce.now", lambda hints: None)
        await verb(actions.say, actions.Saying(cast.sam.id, UUID(before), "k", "please call me back"))
        await close_at_once(cast, before)
        await visitor.say("one more thing")
    await visitor.sees(lambda: visitor.shown.texts(visitor.conversation) == ["one more thing"])
    await visitor.quiet(0.8)
    assert visitor.shown.texts(before) == ["hello", "please call me back"]


async def test_who_was_away_for_an_answer_and_a_close_finds_the_answer(cast: Cast, door: Door) -> None:
    visitor = await taken(cast, door)
    await visitor.close()
    await verb(actions.say, actions.Saying(cast.sam.id, UUID(visitor.conversation), "k", "take care"))
    await close_at_once(cast, visitor.conversation)
    again = await door.visitor(token=visitor.token, conversation=visitor.conversation, after=2)
    await again.sees(lambda: again.shown.texts() == ["take care"] and again.state == "closed")


async def taken(cast: Cast, door: Door) -> Visitor:
    """A visitor who said hello and is with Sam."""
    visitor = await door.visitor()
    await visitor.say("hello")
    await verb(cast.ready, cast.sam)
    await verb(queue.take, cast.sam.id)
    await visitor.sees(lambda: visitor.conversation in visitor.shown.states and visitor.state == "active")
    return visitor


# --- leaving ----------------------------------------------------------------------------------------------


async def test_whoever_leaves_while_waiting_is_told_that_it_is_closed(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    await visitor.send("end")
    await visitor.sees(lambda: visitor.state == "closed")


async def test_the_token_of_whoever_left_finds_nothing(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    await visitor.send("end")
    await visitor.sees(lambda: visitor.state == "closed")
    again = await door.visitor(greet=False)
    welcome = await again.hello(token=visitor.token)
    assert (welcome["state"], welcome["conversation"]) == ("gone", None)
    await again.quiet()
    assert again.shown.texts() == []


async def test_another_tab_of_whoever_left_cannot_go_on_talking(cast: Cast, door: Door) -> None:
    visitor = await taken(cast, door)
    second = await door.visitor(token=visitor.token)
    await visitor.send("end")
    await visitor.quiet()
    assert (await second.say("I am still here"))["code"] == "token_dead"


async def test_whoever_was_cut_off_after_the_end_can_still_have_it_erased(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("forget this please")
    await visitor.send("end")
    await visitor.sees(lambda: visitor.state == "closed")
    again = await door.visitor(token=visitor.token, conversation=visitor.conversation)
    await again.send("erase")
    await again.hello(token=again.token)  # answered after what was asked before
    assert (await verb(Conversation.objects.get, id=visitor.conversation)).erased_at


async def test_whoever_erases_reads_empty_words_and_the_words_cannot_be_opened(
    cast: Cast, door: Door
) -> None:
    visitor = await taken(cast, door)
    await visitor.send("erase")
    await visitor.sees(lambda: visitor.shown.texts() == [""] and visitor.state == "closed")


async def test_an_erasure_takes_the_words_from_the_volunteers_desk(cast: Cast, door: Door) -> None:
    visitor, desk = await taken(cast, door), await door.desk(cast.sam)
    assert desk.held == [visitor.conversation]
    await visitor.send("erase")
    await desk.sees(lambda: desk.held == [])


async def test_saying_nothing_and_leaving_is_no_error(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.send("end")
    await visitor.send("erase")
    assert await visitor.quiet() == []


async def test_a_conversation_of_somebody_else_cannot_be_asked_for(cast: Cast, door: Door) -> None:
    other = await door.visitor()
    await other.say("my secret")
    visitor = await door.visitor(conversation=other.conversation, after=0)
    await visitor.quiet()
    assert visitor.shown.texts() == []
    nobody = await door.visitor(conversation=str(uuid4()), after=5)
    assert nobody.shown.latest["welcome"]["state"] == "new"


async def test_whoever_leaves_fast_is_marked_so_for_their_volunteer(cast: Cast, door: Door) -> None:
    visitor, desk = await taken(cast, door), await door.desk(cast.sam)
    await visitor.send("end", fast=True)
    await desk.sees(lambda: desk.shown.latest["state"]["left_fast"])


async def test_a_page_that_is_already_blank_leaves_by_its_token(cast: Cast, door: Door) -> None:
    visitor, desk = await taken(cast, door), await door.desk(cast.sam)
    answer = await verb(PageClient().post, "/leave/", visitor.token, content_type="text/plain")
    assert (answer.status_code, answer.content) == (204, b"")
    await desk.sees(lambda: desk.shown.latest["state"]["left_fast"])


@pytest.mark.parametrize("token", ["", "made up", "x" * 9_000, "\x00"])
async def test_a_token_that_is_nobodys_leaves_in_silence(cast: Cast, token: str) -> None:
    answer = await verb(PageClient().post, "/leave/", token, content_type="text/plain")
    assert answer.status_code == 204


async def test_whoever_left_reads_that_it_is_over_although_staff_still_have_it(
    cast: Cast, door: Door
) -> None:
    visitor = await taken(cast, door)
    await visitor.send("end")
    await visitor.sees(lambda: visitor.state == "closed")
    assert visitor.shown.latest["state"]["ended"] == "visitor"


async def test_an_erasure_has_a_receipt(cast: Cast, door: Door) -> None:
    visitor = await taken(cast, door)
    await visitor.send("erase")
    await visitor.sees(lambda: visitor.shown.latest.get("state", {}).get("erasure") == "done")
    assert visitor.shown.latest["state"]["erased_at"]


async def test_an_erasure_beside_an_open_flag_says_that_it_waits(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say(RISKY)
    await visitor.send("erase")
    await visitor.sees(lambda: visitor.shown.latest.get("state", {}).get("erasure") == "asked")
    assert visitor.shown.latest["state"]["erased_at"] is None


# --- somebody else ----------------------------------------------------------------------------------------


async def test_whoever_asks_for_somebody_else_is_given_to_somebody_else(cast: Cast, door: Door) -> None:
    visitor, sam, robin = await taken(cast, door), await door.desk(cast.sam), await door.desk(cast.robin)
    await visitor.send("another")
    await visitor.sees(lambda: visitor.state == "waiting")
    assert visitor.shown.latest["state"]["another"]
    await sam.sees(lambda: sam.held == [])
    assert await sam.refusal("take") == "queue_empty"
    await robin.ready()
    assert await robin.take() == visitor.conversation


async def test_in_danger_anybody_may_take_them(cast: Cast, door: Door) -> None:
    visitor, sam = await taken(cast, door), await door.desk(cast.sam)
    await visitor.send("another")
    await visitor.say(RISKY)
    await sam.sees(lambda: sam.held == [])
    assert await sam.take() == visitor.conversation


async def test_they_avoid_the_same_volunteer_in_their_next_conversation_too(cast: Cast, door: Door) -> None:
    visitor, robin = await taken(cast, door), await door.desk(cast.robin)
    await visitor.send("another")
    await robin.ready()
    await visitor.sees(lambda: visitor.state == "waiting")
    await robin.take()
    await verb(queue.close, cast.robin.id, UUID(visitor.conversation), "done")
    await verb(actions.close_due, UUID(visitor.conversation), timezone.now() + timedelta(seconds=11))
    await visitor.say("it is me again")
    assert (await verb(Conversation.objects.get, id=visitor.conversation)).avoids_id == cast.sam.id


async def test_nobody_is_asked_away_from_where_nobody_is(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    assert await visitor.refusal("another") == "nobody_there"


# --- how they feel ----------------------------------------------------------------------------------------


async def test_how_upset_they_are_is_shown_to_them_and_to_their_volunteer(cast: Cast, door: Door) -> None:
    visitor, desk = await taken(cast, door), await door.desk(cast.sam)
    await visitor.send("feel", when="before", value=6)
    await visitor.sees(lambda: visitor.shown.latest["state"]["feeling_before"] == 6)
    await desk.sees(lambda: desk.shown.latest["state"]["feeling"] == 6)


async def test_how_upset_they_are_may_be_told_after_they_ended_it(cast: Cast, door: Door) -> None:
    visitor = await taken(cast, door)
    await visitor.send("end")
    await visitor.sees(lambda: visitor.state == "closed")
    again = await door.visitor(token=visitor.token)
    await again.send("feel", when="after", value=3)
    await visitor.sees(lambda: visitor.shown.latest["state"]["feeling_after"] == 3)


@pytest.mark.parametrize("value", [0, 8, -1])
async def test_the_scale_is_from_one_to_seven(cast: Cast, door: Door, value: int) -> None:
    visitor = await taken(cast, door)
    assert await visitor.refusal("feel", when="before", value=value) == "bad_frame"


@pytest.mark.parametrize(("when", "over"), [("after", False), ("before", True)])
async def test_each_question_has_its_time(cast: Cast, door: Door, when: str, over: bool) -> None:
    visitor = await taken(cast, door)
    if over:
        await visitor.send("end")
    assert await visitor.refusal("feel", when=when, value=3) == "too_late"


# --- whether anybody answers ------------------------------------------------------------------------------


async def test_a_newcomer_reads_that_the_line_is_closed_and_when_it_opens(cast: Cast, door: Door) -> None:
    await verb(closed_now, cast)
    visitor = await door.visitor(greet=False)
    welcome = await visitor.hello(nonce=tokens.new_nonce("demo"))
    assert welcome["service"] == "closed"
    assert datetime.fromisoformat(welcome["opens_at"]) > timezone.now()


def closed_now(cast: Cast) -> None:
    day = timezone.now() + timedelta(days=2)
    cast.line.hours.create(weekday=day.weekday(), opens=time(9), closes=time(17))


async def test_a_newcomer_reads_that_the_line_is_full(cast: Cast, door: Door) -> None:
    await verb(Line.objects.filter(id=cast.line.id).update, most_waiting=1)
    await verb(cast.visits, "hello")
    visitor = await door.visitor(greet=False)
    assert (await visitor.hello(nonce=tokens.new_nonce("demo")))["service"] == "full"


async def test_whoever_waits_reads_by_itself_that_the_line_is_paused_and_open_again(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    visitor = await door.visitor()
    await visitor.say("hello")
    await visitor.sees(lambda: visitor.state == "waiting")
    for change, service in ((pause, "paused"), (resume, "open")):
        await verb(change, cast.line.id)
        await visitor.sees(partial(tells_service, visitor, service))


def tells_service(visitor: Visitor, service: str) -> bool:
    return bool(visitor.shown.latest["state"]["service"] == service)


async def test_whoever_is_blocked_reads_so(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    await verb(Conversation.objects.update, blocked=True)
    again = await door.visitor(token=visitor.token)
    await again.sees(lambda: again.shown.latest.get("state", {}).get("blocked"))


# --- a page that is closed --------------------------------------------------------------------------------


async def test_a_volunteer_sees_that_a_page_was_closed_and_that_it_is_open_again(
    cast: Cast, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOOK_SECONDS = 0.1
    monkeypatch.setattr(presence, "AWAY", timedelta(seconds=0.5))
    visitor, desk = await taken(cast, door), await door.desk(cast.sam)
    await visitor.close()
    await desk.sees(lambda: desk.shown.latest["state"]["away"])
    await door.visitor(token=visitor.token)
    await desk.sees(lambda: not desk.shown.latest["state"]["away"])


async def test_who_waits_with_a_closed_page_is_shown_so_in_the_queue(
    cast: Cast, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOOK_SECONDS = 0.1
    monkeypatch.setattr(presence, "AWAY", timedelta(seconds=0.5))
    desk = await door.desk(cast.sam)
    await verb(cast.visits, "hello")
    await desk.sees(lambda: any(one["away"] for one in desk.shown.latest["queue"]["waiting"]))
