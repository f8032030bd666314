"""Many volunteers, many people who wait, two web processes: one owner each, never more than a desk has seats for, and
nobody is passed over."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from websockets.asyncio.client import ClientConnection, connect

from tests import servers
from tests.flows.changed import Changed
from tests.flows.crowd import SEATS
from tests.ports import free_port
from tests.services import Postgres

VOLUNTEERS, CALM, AT_RISK = 50, 990, 10
SECONDS = 120.0
HEEDED = ('{"type":"taken"', '{"type":"error"', '{"type":"desk"')
WRAP_UP = {"contact": "test", "not_asked": "a rehearsal"}


@dataclass
class Rush:
    """What came of it. `too_many` is who was ever seen with more people than seats, in so many `looks`."""

    taken: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    too_many: set[str] = field(default_factory=set)


def test_fifty_volunteers_take_a_thousand_people_and_each_has_one_owner(
    tmp_path: Path, postgres: Postgres, redis_url: str
) -> None:
    with two_processes(tmp_path, postgres, redis_url, ()) as (urls, database, environment):
        rush = rushed(urls, database, environment, VOLUNTEERS, CALM, AT_RISK)
        taken = in_order_of_taking(database)
        owners = Counter(rows(database, "SELECT conversation_id FROM conversations_step WHERE why = 'taken'"))
    calm = [number for number in taken if number < CALM]
    passed_over = [abs(place - number) for place, number in enumerate(calm)]
    print(
        f"{len(owners)} of {CALM + AT_RISK} people taken once each by {VOLUNTEERS} volunteers on two processes; "
        f"{rush.looks} looks at who holds how many: {len(rush.too_many)} above {SEATS}; refused {dict(rush.refusals)}; "
        f"the last who came at risk was number {1 + last_at_risk(taken)} to be taken, "
        f"anybody else at most {max(passed_over)} places from their turn"
    )
    assert set(owners.values()) == {1}
    assert len(owners) == len(rush.taken) == len(set(rush.taken)) == CALM + AT_RISK
    assert not rush.too_many
    assert rush.refusals.keys() <= {"at_capacity", "open_flag"}
    assert last_at_risk(taken) < 2 * VOLUNTEERS
    assert max(passed_over) < 2 * VOLUNTEERS


def test_seats_that_nobody_counts_would_be_noticed(
    tmp_path: Path, postgres: Postgres, redis_url: str
) -> None:
    """The break."""
    with two_processes(tmp_path, postgres, redis_url, ["endless-seats"]) as (urls, database, environment):
        rush = rushed(urls, database, environment, volunteers=4, calm=60, at_risk=0)
    print(f"{rush.looks} looks: {len(rush.too_many)} of 4 volunteers above {SEATS}")
    assert rush.too_many


# --- what runs --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def two_processes(
    folder: Path, postgres: Postgres, redis_url: str, changes: Sequence[str]
) -> Iterator[tuple[list[str], str, Mapping[str, str]]]:
    database = postgres.new_database()
    ports = [free_port(), free_port()]
    environment = servers.environment(
        folder,
        database_url=database,
        redis_url=redis_url,
        CHATLINE_PUBLIC_URL=f"http://127.0.0.1:{ports[0]}",
    )
    servers.run("migrate", environment=environment)
    servers.run("demodata", environment=environment)
    webs = [
        Changed(
            ["closes-at-once", *changes],
            *("serve", "--port", str(port)),
            environment=environment,
            log=folder / f"serve-{port}.log",
            url=f"http://127.0.0.1:{port}",
        )
        for port in ports
    ]
    worker = Changed([], "worker", environment=environment, log=folder / "worker.log")
    with webs[0], webs[1], worker:
        for one in webs:
            one.wait_until_healthy()
        yield [one.url for one in webs], database, environment


def rushed(
    urls: list[str], database: str, environment: Mapping[str, str], volunteers: int, calm: int, at_risk: int
) -> Rush:
    command = [sys.executable, "-m", "tests.flows.crowd", *map(str, (volunteers, calm, at_risk))]
    made = subprocess.run(
        command, cwd=servers.ROOT, env=dict(environment), stdout=subprocess.PIPE, check=True, timeout=SECONDS
    )
    rush, over = Rush(), threading.Event()
    looking = threading.Thread(target=look, args=(database, rush, over))
    looking.start()
    try:
        asyncio.run(take_everybody(urls, json.loads(made.stdout), rush))
    finally:
        over.set()
        looking.join()
    return rush


def look(database: str, rush: Rush, over: threading.Event) -> None:
    """Again and again, each time as of one moment."""
    held = (
        "SELECT volunteer_id FROM conversations_conversation WHERE state = 'active' "
        "GROUP BY volunteer_id HAVING count(*) > %s"
    )
    with psycopg.connect(database, autocommit=True) as connection:
        while not over.wait(0.005):
            rush.looks += 1
            rush.too_many |= {str(one) for (one,) in connection.execute(held, [SEATS])}


async def take_everybody(urls: list[str], cookies: list[str], rush: Rush) -> None:
    origin = urls[0]
    sockets = [
        await connect(
            urls[number % 2].replace("http", "ws", 1) + "/ws/desk/",
            additional_headers={"Origin": origin, "Cookie": cookie},
            compression=None,
            proxy=None,
        )
        for number, cookie in enumerate(cookies)
    ]
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*(volunteer(socket, rush) for socket in sockets))
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


async def volunteer(socket: ClientConnection, rush: Rush) -> None:
    """Takes whoever is next until nobody waits; with all seats taken closes whom they have had longest, and takes again
    as soon as the desk is without them. With nobody but people at risk, whom only a supervisor lets go, they are done.
    """
    mine: list[str] = []
    at_risk: set[str] = set()
    closing = ""

    async def send(kind: str, **more: object) -> None:
        await socket.send(json.dumps({"type": kind, **more}))

    await send("hello", cursors={})
    await send("take")
    async for payload in socket:
        if not str(payload).startswith(HEEDED if closing else HEEDED[:2]):
            continue
        frame = json.loads(payload)
        if frame["type"] == "taken":
            mine.append(frame["conversation"])
            rush.taken.append(frame["conversation"])
            await send("take")
        elif frame["type"] == "desk":
            if closing not in frame["conversations"]:
                mine.remove(closing)
                closing = ""
                await send("take")
        elif frame["code"] == "queue_empty":
            return
        else:
            rush.refusals[frame["code"]] += 1
            if frame["code"] == "open_flag":
                at_risk.add(closing)
            closing = next((one for one in mine if one not in at_risk), "")
            if not closing:
                return
            await send("close", conversation=closing, wrap_up=WRAP_UP)


# --- what came of it --------------------------------------------------------------------------------------


def rows(database: str, query: str) -> list[str]:
    with psycopg.connect(database) as connection:
        return [str(one) for (one,) in connection.execute(query)]


def in_order_of_taking(database: str) -> list[int]:
    """The numbers under which people came, in the order in which they were taken."""
    return [
        int(key.removeprefix("comes-"))
        for key in rows(
            database,
            "SELECT m.key FROM conversations_message m JOIN conversations_conversation c "
            "ON c.id = m.conversation_id WHERE m.key LIKE 'comes-%' ORDER BY c.first_taken_at",
        )
    ]


def last_at_risk(taken: list[int]) -> int:
    return max(place for place, number in enumerate(taken) if number >= CALM)
