"""A rush of made-up newcomers over real sockets: who computes a little is let in, and none of their words is lost."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from routing.proof import is_proof
from tests import servers

BOTS, PEOPLE = 200, 20
PATIENCE = 60.0
"""Seconds."""


async def greeted(url: str, address: str, nonce: str) -> ClientConnection:
    """A tab that comes from this address, as the proxy in front of the line says."""
    to = url.replace("http", "ws", 1) + "/ws/visitor/demo/"
    headers = {"X-Forwarded-For": address}
    socket = await connect(to, origin=Origin(url), additional_headers=headers, proxy=None)
    await socket.send(json.dumps({"type": "hello", "nonce": nonce}))
    while (await heard(socket))["type"] != "welcome":
        pass
    return socket


async def heard(socket: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(await asyncio.wait_for(socket.recv(), PATIENCE)))


async def comes(url: str, address: str, nonce: str, *, proves: bool) -> float | None:
    """Seconds until the first words of somebody are stored; null for who proves nothing and is held back."""
    async with await greeted(url, address, nonce) as socket:
        said: dict[str, Any] = {"type": "say", "key": f"key-{address}", "text": "hello, is anybody there"}
        began = time.monotonic()
        while True:
            await socket.send(json.dumps(said))
            while (answer := await heard(socket))["type"] not in {"said", "error"}:
                pass
            if answer["type"] == "said":
                return time.monotonic() - began
            assert answer["code"] == "slow_down"
            if not proves:
                return None
            if challenge := answer.get("proof"):
                said["proof"] = await asyncio.to_thread(solved, challenge)
            else:
                await asyncio.sleep(answer["retry_after"])


def solved(challenge: str) -> str:
    return next(str(answer) for answer in count() if is_proof(challenge, str(answer)))


def nonces(url: str, many: int) -> list[str]:
    """What so many pages were given to start with."""
    with requests.Session() as browser:
        pages = (browser.get(f"{url}/chat/demo/", timeout=10).text for _ in range(many))
        return [re.search(r'data-nonce="([^"]+)"', page)[1] for page in pages]  # type: ignore[index]  # or fail


async def rush(url: str, proves: bool) -> tuple[int, list[float]]:
    """How many bots of networks of their own got in, and the seconds of the people who came after them."""
    given = await asyncio.to_thread(nonces, url, BOTS + PEOPLE)
    bots = await asyncio.gather(
        *(comes(url, f"198.{n}.1.1", nonce, proves=False) for n, nonce in enumerate(given[:BOTS]))
    )
    people = await asyncio.gather(
        *(comes(url, f"203.{n}.1.1", nonce, proves=proves) for n, nonce in enumerate(given[BOTS:]))
    )
    return sum(one is not None for one in bots), [one for one in people if one is not None]


def line_at(folder: Path) -> servers.Process:
    """With the limits as they are shipped, which other tests lift."""
    line = servers.demo(folder, CHATLINE_TRUSTED_PROXIES="127.0.0.1")
    for name in servers.UNHURRIED:
        del line.environment[name]
    return line


@pytest.mark.requirement("R-22")
async def test_twenty_people_are_let_in_behind_two_hundred_who_prove_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with line_at(tmp_path / "demo") as line:
        line.wait_until_healthy()
        bots, waits = await rush(line.url, proves=True)
    waits.sort()
    told = (
        f"{bots} of {BOTS} bots and {len(waits)} of {PEOPLE} people let in, people within {waits[-1]:.1f} s"
    )
    record_property("figure", told)
    assert len(waits) == PEOPLE
    assert bots < BOTS / 3


@pytest.mark.breaks("R-22")
async def test_people_without_a_proof_stand_behind_the_bots(tmp_path: Path) -> None:
    """The break: nothing that anybody computes counts."""
    with line_at(tmp_path / "demo") as line:
        line.wait_until_healthy()
        _, waits = await rush(line.url, proves=False)
    assert len(waits) < PEOPLE
