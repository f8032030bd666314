"""What is too large is refused before anybody reads it, by the real server, and costs it no memory."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from consumers.wire import MAX_FRAME
from tests import servers
from tests.flows import changed

TOO_LARGE = "x" * (MAX_FRAME + 1024)
TRIES = 400
MOST_GROWTH = 5 * 1024
"""KiB over all of them."""
TOO_BIG = 1009
"""RFC 6455, section 7.4.1."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Process]:
    with servers.demo(tmp_path_factory.mktemp("demo")) as running:
        running.wait_until_healthy()
        yield running


async def closed_with(line: servers.Process, sent: str) -> int | None:
    """The code with which a socket that says this is closed; None if it is answered instead."""
    address, origin = line.url.replace("http", "ws", 1) + "/ws/visitor/demo/", Origin(line.url)
    async with connect(address, origin=origin, proxy=None) as socket:
        try:
            await socket.send(sent)
            await asyncio.wait_for(socket.recv(), 10)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
    return None


def kibibytes(line: servers.Process) -> int:
    """What the process holds in memory."""
    status = Path(f"/proc/{line.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.requirement("R-21")
async def test_a_frame_of_65_kib_closes_its_socket_and_hundreds_cost_no_memory(
    line: servers.Process, record_property: Callable[[str, object], None]
) -> None:
    assert {await closed_with(line, TOO_LARGE) for _ in range(10)} == {
        TOO_BIG
    }  # and whatever is made once is made
    before = kibibytes(line)
    for _ in range(TRIES // 100):
        assert set(await asyncio.gather(*(closed_with(line, TOO_LARGE) for _ in range(100)))) == {TOO_BIG}
    growth = kibibytes(line) - before
    record_property("figure", f"{TRIES} frames of 65 KiB refused, {growth / 1024:.1f} MiB more memory")
    assert growth < MOST_GROWTH


@pytest.mark.requirement("R-21")
def test_a_request_of_100_kib_is_refused(line: servers.Process) -> None:
    answer = requests.post(f"{line.url}/sms/inbound/", data={"Body": "x" * 100_000}, timeout=10)
    assert answer.status_code in {400, 403, 413}


@pytest.mark.breaks("R-21")
async def test_a_server_that_takes_frames_of_any_size_is_caught(tmp_path: Path) -> None:
    with changed.demo(tmp_path / "demo", "frames-of-any-size") as open_hearted:
        open_hearted.wait_until_healthy()
        assert await closed_with(open_hearted, TOO_LARGE) != TOO_BIG
