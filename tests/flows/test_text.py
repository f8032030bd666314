"""Text in, take, reply, delivered: by the posted webhook, the courier and the simulated network of `chatline demo`."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from chatline.sms.signature import HEADER, sign
from tests.cast import A_NUMBER, ANOTHER_NUMBER, SHORT_CODE
from tests.clients import Desk
from tests.doors import Wire, open_wire
from tests.flows.changed import Changed, demo

AT_ONCE, ROUNDS = 5, 10


class Phone:
    """One number of the simulated network."""

    def __init__(self, line: Changed, number: str) -> None:
        self._url = line.url
        self.number = number
        facts = json.loads(Path(line.environment["CHATLINE_DATA"], "demo.json").read_text())
        self._account, self._token = facts["account_sid"], facts["auth_token"]

    def text(self, words: str) -> None:
        """As a person does on the phone's page."""
        with requests.Session() as browser:
            browser.get(f"{self._url}/demo/phone/", timeout=10)
            answer = browser.post(
                f"{self._url}/demo/phone/send",
                json={"number": self.number, "text": words},
                headers={"X-CSRFToken": browser.cookies["csrftoken"]},
                timeout=10,
            )
        assert answer.status_code == 201, answer.text

    def post(self, words: str, sid: str) -> int:
        """As the provider does; returns the status of the line's answer."""
        url = f"{self._url}/sms/inbound/"
        fields = {
            "AccountSid": self._account,
            "MessageSid": sid,
            "From": self.number,
            "To": SHORT_CODE,
            "Body": words,
        }
        signed = {HEADER: sign(url, fields, self._token)}
        return requests.post(url, fields, headers=signed, timeout=10).status_code

    def shows(self) -> list[str]:
        """What others wrote, oldest first."""
        phones = requests.get(f"{self._url}/demo/phone/state", timeout=10).json()["phones"]
        mine: list[dict[str, Any]] = next(
            (phone["texts"] for phone in phones if phone["number"] == self.number), []
        )
        return [text["text"] for text in mine if not text["mine"]]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Changed]:
    with demo(tmp_path / "line") as running:
        running.wait_until_healthy()
        yield running


async def walk(wire: Wire, phone: Phone, seconds: float = 15.0) -> tuple[Desk, str, int]:
    """Somebody texts, Sam takes and answers; waits until the answer is marked delivered."""
    sam = await wire.desk("sam", "sam-answers-here")
    await sam.ready(seats=4)
    await asyncio.to_thread(phone.text, "is anybody there")
    await sam.sees(lambda: sam.waiting, seconds)
    one = await sam.take()
    seq = (await sam.say(one, "hello, I am Sam"))["seq"]
    await sam.sees_mark(one, seq, "delivered", seconds)
    return sam, one, seq


async def test_text_in_take_reply_delivered(line: Changed) -> None:
    phone = Phone(line, A_NUMBER)
    async with open_wire(line.url) as wire:
        sam, one, seq = await walk(wire, phone)
        texts = sam.shown.texts(one)
        assert (texts[0], texts[seq - 1]) == ("is anybody there", "hello, I am Sam")
        assert A_NUMBER.removeprefix("+1") not in str(sam.shown.frames)
        shown = await asyncio.to_thread(phone.shows)
        assert shown[-1] == "hello, I am Sam"
        assert sum("STOP" in text for text in shown) == 1, "the welcome comes once"
    print("1 text in, taken, answered, delivered and marked so")


async def test_stop_is_confirmed_once_and_then_there_is_silence(line: Changed) -> None:
    phone = Phone(line, A_NUMBER)
    async with open_wire(line.url) as wire:
        sam, one, _ = await walk(wire, phone)
        before = len(await asyncio.to_thread(phone.shows))
        await asyncio.to_thread(phone.text, "STOP")
        await sam.sees(lambda: not sam.shown.states[one]["reachable"])
        await asyncio.to_thread(phone.text, "stop")
        assert (await sam.say(one, "are you safe"))["code"] == "unreachable"
        await sam.quiet(3)
        assert len(await asyncio.to_thread(phone.shows)) == before + 1
        await asyncio.to_thread(phone.text, "start")
        await sam.sees(lambda: sam.shown.states[one]["reachable"])
        assert (await sam.say(one, "good to hear from you")).get("seq")


def test_the_same_webhook_five_times_at_once_makes_one_message(line: Changed) -> None:
    phone = Phone(line, ANOTHER_NUMBER)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            sid = f"SM{uuid4().hex}"
            answers = list(pool.map(phone.post, [f"text {number}"] * AT_ONCE, [sid] * AT_ONCE))
            assert answers == [200] * AT_ONCE
    texts = asyncio.run(read(line))
    print(f"{ROUNDS} webhooks, each posted {AT_ONCE} times at once: {len(texts)} messages")
    assert texts == [f"text {number}" for number in range(ROUNDS)]


async def read(line: Changed) -> list[str]:
    """What the one person who waits has texted."""
    async with open_wire(line.url) as wire:
        sam = await wire.desk("sam", "sam-answers-here")
        await sam.ready()
        one = await sam.take()
        return [row["text"] for _, row in sorted(sam.shown.messages[one].items()) if row["from"] == "visitor"]


async def test_not_hearing_the_provider_would_be_noticed(tmp_path: Path) -> None:
    """The break: its reports are answered and not written down."""
    with demo(tmp_path / "line", "deaf-to-reports") as line:
        line.wait_until_healthy()
        async with open_wire(line.url) as wire:
            with pytest.raises(AssertionError, match="not within"):
                await walk(wire, Phone(line, A_NUMBER), seconds=6)
    print("1 walk with the break: never marked delivered")
