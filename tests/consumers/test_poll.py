"""`POST /poll/<line>/`: the visitor's frames by single requests, each of which begins with hello."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import AsyncClient
from django.utils import timezone
from pytest_django import Settings

from chatline.conversations import actions, tokens
from chatline.conversations.models import Conversation, Message
from chatline.lines.models import Site
from consumers import poll
from consumers.hub import hub_of_this_loop
from routing import queue
from tests.cast import Cast, new_key
from tests.clients import verb
from tests.doors import Answer, Door, Poll

pytestmark = [pytest.mark.django_db(transaction=True)]

Frame = dict[str, Any]


class Tab:
    """A visitor's page without a socket: it remembers its token and its cursor, and asks again and again."""

    def __init__(self, door: Door, line: str = "demo") -> None:
        self.door, self.line = door, line
        self.token: str | None = None
        self.conversation: str | None = None
        self.after = 0

    def hello(self, **more: Any) -> Frame:
        nonce = tokens.new_nonce(self.line)
        about = {"token": self.token, "conversation": self.conversation, "after": self.after}
        return {"type": "hello", "nonce": nonce, **about, **more}

    def ask(self, *frames: Frame, wait: float = 0, **hello: Any) -> Poll:
        return self.door.poll({"frames": [self.hello(**hello), *frames], "wait": wait}, self.line)

    async def asks(self, *frames: Frame, wait: float = 0, **hello: Any) -> Answer:
        return self.learn(await self.ask(*frames, wait=wait, **hello).answer())

    def learn(self, answer: Answer) -> Answer:
        for frame in answer.of("welcome"):
            self.token = frame["token"]
        for frame in answer.of("state"):
            self.conversation, self.after = frame["conversation"], frame["version"]
        return answer

    async def says(self, text: str, key: str = "", **more: Any) -> Answer:
        return await self.asks({"type": "say", "key": key or new_key(), "text": text}, **more)


@pytest.fixture
async def tab(door: Door) -> Tab:
    """One that was welcomed."""
    tab = Tab(door)
    await tab.asks()
    return tab


@pytest.fixture
async def talking(tab: Tab, cast: Cast) -> Tab:
    """One that said hello, is with Sam, and has read all there is."""
    await tab.says("hello")
    await verb(cast.ready, cast.sam)
    await verb(queue.take, cast.sam.id)
    await tab.asks()
    return tab


async def answers(cast: Cast, tab: Tab, text: str) -> None:
    assert tab.conversation
    await verb(actions.say, actions.Saying(cast.sam.id, UUID(tab.conversation), new_key(), text))


def texts(answer: Answer) -> list[str]:
    return [frame["text"] for frame in answer.of("message")]


# --- what it is for ---------------------------------------------------------------------------------------


async def test_a_new_tab_is_welcomed_and_nothing_is_stored(cast: Cast, door: Door) -> None:
    answer = await Tab(door).asks()
    assert answer.kinds() == ["welcome"]
    assert tokens.is_ours(answer.body[0]["token"])
    assert not await verb(Conversation.objects.exists)


async def test_words_are_stored_and_answered_at_once(tab: Tab) -> None:
    answer = await tab.says("hello", "mine", wait=20)
    assert [(one["key"], one["seq"]) for one in answer.of("said")] == [("mine", 1)]
    assert await verb(Message.objects.count) == 1


async def test_the_same_key_again_stores_nothing(tab: Tab) -> None:
    first = await tab.says("hello", "mine")
    assert (await tab.says("hello", "mine")).of("said") == first.of("said")
    assert await verb(Message.objects.count) == 1


async def test_a_request_reads_on_from_its_cursor(cast: Cast, talking: Tab) -> None:
    await answers(cast, talking, "I am Sam")
    assert texts(await talking.asks()) == ["I am Sam"]
    assert texts(await talking.asks()) == []
    assert texts(await talking.asks(after=0)) == ["hello", "I am Sam"]


async def test_a_waiting_request_is_answered_as_soon_as_something_comes(cast: Cast, talking: Tab) -> None:
    asked = talking.ask(wait=20)
    waiting = asyncio.ensure_future(asked.answer())
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await answers(cast, talking, "I am Sam")
    async with asyncio.timeout(2):
        assert texts(await waiting) == ["I am Sam"]


async def test_a_waiting_request_is_answered_when_the_wait_is_over(talking: Tab) -> None:
    began = asyncio.get_running_loop().time()
    answer = await talking.asks(wait=0.5)
    assert 0.4 < asyncio.get_running_loop().time() - began < 2
    assert answer.kinds() == ["welcome", "state"]


async def test_what_is_there_already_is_not_waited_for(cast: Cast, talking: Tab) -> None:
    await answers(cast, talking, "I am Sam")
    async with asyncio.timeout(2):
        assert texts(await talking.asks(wait=20)) == ["I am Sam"]


async def test_nothing_that_holds_only_now_answers_a_request(
    talking: Tab, door: Door, cast: Cast, settings: Settings
) -> None:
    asked = talking.ask(wait=0.6)
    waiting = asyncio.ensure_future(asked.answer())
    await asyncio.sleep(0.1)
    desk = await door.desk(cast.sam)
    await desk.send("typing", conversation=talking.conversation, on=True)
    await hub_of_this_loop().look()  # pings everybody
    assert (await waiting).kinds() == ["welcome", "state"]


async def test_a_whole_talk_reaches_both_sides_in_order(cast: Cast, talking: Tab) -> None:
    shown: dict[int, str] = {}
    for n in range(12):
        await answers(cast, talking, f"sam {n}")
        for answer in (await talking.says(f"me {n}"), await talking.asks(wait=2)):
            shown |= {frame["seq"]: frame["text"] for frame in answer.of("message")}
    said = ["hello", *(f"{who} {n}" for n in range(12) for who in ("sam", "me"))]
    assert [shown[seq] for seq in sorted(shown)] == said[1:]
    print(f"{len(said)} messages by requests, each once and in order")


@pytest.mark.parametrize("how", ["end", "erase"])
async def test_leaving_works_by_request(how: str, talking: Tab) -> None:
    dead = talking.token
    await talking.asks({"type": how})
    welcome = (await talking.asks()).body[0]
    assert (welcome["state"], welcome["conversation"]) == ("gone", None)
    assert welcome["token"] != dead
    row = await verb(Conversation.objects.get)
    assert row.visitor_left_at is not None


async def test_an_erasure_leaves_no_words(talking: Tab) -> None:
    listening = asyncio.ensure_future(talking.ask(wait=20).answer())
    await asyncio.sleep(0.1)
    await talking.asks({"type": "erase"})
    assert "hello" not in texts(await listening)


async def test_a_site_that_is_revoked_is_told_to_whoever_waits(door: Door, cast: Cast) -> None:
    tab = Tab(door)
    site: dict[str, Any] = {"site": cast.site.key, "nonce": tokens.new_nonce("demo", cast.site.key)}
    await tab.asks(**site)
    waiting = asyncio.ensure_future(tab.ask(wait=20, **site).answer())
    await asyncio.sleep(0.2)
    await verb(revoke, cast.site)
    await hub_of_this_loop().look()
    assert [frame["code"] for frame in (await waiting).of("error")] == ["site_revoked"]


def revoke(site: Site) -> None:
    Site.objects.filter(id=site.id).update(revoked_at=timezone.now())


# --- what somebody says belongs to a token that they know of ---------------------------------------------------


async def test_words_beside_the_first_hello_wait_until_the_token_is_known(door: Door, cast: Cast) -> None:
    tab = Tab(door)
    answer = await tab.says("hello")
    assert answer.kinds() == ["welcome"]
    assert not await verb(Message.objects.exists)
    assert (await tab.says("hello")).of("said")


async def test_words_beside_a_token_that_is_over_wait_too(talking: Tab) -> None:
    await talking.asks({"type": "end"})
    answer = await talking.says("are you there")
    assert answer.kinds() == ["welcome"]
    assert await verb(Message.objects.count) == 1


async def test_a_hello_that_is_refused_refuses_no_words(door: Door, cast: Cast) -> None:
    answer = await Tab(door).says("hello", nonce="made up")
    assert [(frame["code"], frame["key"]) for frame in answer.body] == [("stale_page", None)]


# --- what it refuses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["", "null", "https://elsewhere.example", "http://127.0.0.1:8000.example"])
async def test_only_our_own_pages_may_ask(origin: str, cast: Cast, door: Door) -> None:
    answer = await door.poll({"frames": [{"type": "hello"}]}, origin=origin).answer()
    assert (answer.status, answer.body["code"]) == (403, "other_origin")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_only_what_a_script_must_ask_leave_for_is_read(kind: str, cast: Cast, door: Door) -> None:
    answer = await door.poll({"frames": [{"type": "hello"}]}, kind=kind).answer()
    assert (answer.status, answer.body["code"]) == (415, "not_json")


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
async def test_only_post_is_answered(method: str, cast: Cast, door: Door) -> None:
    answer = await door.poll(b"", method=method).answer()
    assert (answer.status, answer.body["code"], answer.headers["Allow"]) == (405, "post_only", "POST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"frames": [{"type": "\xff"}]}',
        [],
        {"frames": []},
        {"frames": [{"type": "hello"}] * (poll.MAX_FRAMES + 1)},
        {"frames": [{"type": "hello"}], "wait": poll.MAX_WAIT + 1},
        {"frames": [{"type": "hello"}], "wait": -1},
        {"frames": [{"type": "hello"}], "more": 1},
    ],
    ids=str,
)
async def test_what_is_no_request_of_ours_is_refused(body: Any, cast: Cast, door: Door) -> None:
    answer = await door.poll(body).answer()
    assert (answer.status, answer.body["code"]) == (400, "bad_request")


async def test_a_body_that_is_too_long_is_refused(cast: Cast, door: Door) -> None:
    answer = await door.poll(b" " * (64 * 1024 + 1)).answer()
    assert (answer.status, answer.body["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("frame", "code"),
    [({"type": "dance"}, "bad_frame"), ({"type": "say", "key": "k", "text": "hi"}, "hello_first")],
    ids=["unknown", "no hello"],
)
async def test_frames_are_refused_as_on_a_socket(frame: Frame, code: str, cast: Cast, door: Door) -> None:
    answer = await door.poll({"frames": [frame]}).answer()
    assert [one["code"] for one in answer.body] == [code]


async def test_a_conversation_of_somebody_else_cannot_be_asked_for(door: Door, talking: Tab) -> None:
    other = Tab(door)
    await other.asks()
    answer = await other.asks(conversation=talking.conversation, after=0)
    assert answer.kinds() == ["welcome"]
    assert (await other.asks(conversation=str(uuid4()))).body[0]["state"] == "new"


# --- what it leaves behind -----------------------------------------------------------------------------------


async def test_an_answer_has_every_header_that_a_page_has(tab: Tab) -> None:
    page = await AsyncClient().get("/healthz")
    told = (await tab.asks()).headers
    beside = {"Content-Security-Policy", "Content-Type", "Content-Length", "Vary", "Content-Language"}
    for name in page.headers.keys() - beside:
        assert told.get(name) == page.headers[name], name
    assert told["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Set-Cookie" not in told


async def test_whoever_hangs_up_ends_the_wait_and_leaves_the_hub(talking: Tab) -> None:
    asked = talking.ask(wait=20)
    waiting = asyncio.ensure_future(asked.answer())
    await asyncio.sleep(0.2)
    hub = hub_of_this_loop()
    assert len(hub._sockets) == 1
    async with asyncio.timeout(2):
        await asked.hang_up()
    assert not hub._sockets
    waiting.cancel()


async def test_no_request_stays_in_the_hub(talking: Tab) -> None:
    await talking.says("one more")
    await talking.asks(wait=0.1)
    assert not hub_of_this_loop()._sockets


async def test_what_was_said_is_stored_though_nobody_waits_for_the_answer(tab: Tab) -> None:
    say = {"type": "say", "key": new_key(), "text": "good bye"}
    asked = tab.ask(say)
    await asked.send()
    await asked.hang_up()
    assert await verb(Message.objects.count) == 1


async def test_nothing_of_a_request_is_logged(talking: Tab, caplog: pytest.LogCaptureFixture) -> None:
    await talking.says("a secret thing")
    await talking.door.poll(b'{"frames": [{"type": "say", "text": "a secret thing"}]}').answer()
    assert caplog.text == ""
