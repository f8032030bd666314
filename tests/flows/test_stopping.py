"""A web process that is told to stop sends its sockets elsewhere, and answers what it was asked before."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import servers
from tests.doors import open_wire

pytestmark = pytest.mark.asyncio

SOON = 10.0
"""Seconds: a stop takes less than one, and at most 30 by what it promises."""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[servers.Process]:
    with servers.demo(tmp_path) as running:
        running.wait_until_healthy()
        yield running


async def test_sockets_are_told_to_come_again_elsewhere(line: servers.Process) -> None:
    async with open_wire(line.url) as wire:
        visitor = await wire.visitor()
        stopping = asyncio.to_thread(line.terminate)
        code, status = await asyncio.gather(visitor.ends(), stopping)
    assert (code, status) == (1012, 0)


async def test_who_waits_by_single_requests_is_answered_before_the_end(line: servers.Process) -> None:
    waiting = asyncio.to_thread(poll, line.url, wait=25)
    asked = asyncio.ensure_future(waiting)
    await asyncio.sleep(1.0)  # the request is there, and nothing else can tell us so
    began = time.monotonic()
    await asyncio.to_thread(line.terminate)
    assert (await asked).status_code == 200
    assert time.monotonic() - began < SOON


def poll(url: str, wait: int) -> requests.Response:
    frames = [{"type": "hello", "after": 0}]
    return requests.post(
        f"{url}/poll/demo/", json={"frames": frames, "wait": wait}, headers={"Origin": url}, timeout=40
    )
