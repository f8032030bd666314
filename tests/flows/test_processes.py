"""Two web processes and a worker on PostgreSQL and Redis: both sides see everything, and nobody else any of it."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import requests

from chatline.conversations import handles
from chatline.sms.signature import HEADER, sign
from tests import servers
from tests.cast import A_NUMBER, SHORT_CODE
from tests.clients import Desk, Visitor
from tests.doors import Wire, open_wire
from tests.flows import search
from tests.flows.changed import Changed
from tests.ports import free_port
from tests.services import Postgres

ADDRESS, AGENT = "127.0.0.77", "Marmalade/7.3"
"""Where the visitor comes from, and with what."""

SAID = {
    "the visitor": "there is a walrus in my garden and i am afraid",
    "Sam": "a walrus must be frightening, tell me more",
    "the texter": "my umbrella left me last thursday",
    "Sam, by text": "i am sorry about the umbrella",
    "at risk": "i have the pills here and im going to do it tonight, the teapot knows",
    "the supervisor": "the teapot is with them now",
    "the note": "they sound like a bassoon",
}
SECRETS = [
    "walrus",
    "umbrella",
    "teapot",
    "bassoon",
    A_NUMBER.removeprefix("+1"),
    ADDRESS,
    AGENT.split("/")[0],
]
assert not {one.title() for one in SECRETS} & set(handles.SECOND)  # a handle is no secret


@dataclass
class Line:
    """What runs: two web processes and a worker behind one database and one bus."""

    first: Changed
    second: Changed
    worker: Changed
    database: str
    secrets: dict[str, str]
    heard: list[bytes]

    def text(self, words: str) -> None:
        """Somebody texts: the provider's own webhook, signed."""
        url = f"{self.first.url}/sms/inbound/"
        fields = {
            "AccountSid": self.secrets["TWILIO_ACCOUNT_SID"],
            "MessageSid": f"SM{uuid4().hex}",
            "From": A_NUMBER,
            "To": SHORT_CODE,
            "Body": words,
        }
        signed = sign(url, fields, self.secrets["TWILIO_AUTH_TOKEN"])
        assert requests.post(url, fields, headers={HEADER: signed}, timeout=10).status_code == 200

    def on_the_phone(self) -> list[str]:
        """What the texter's handset shows, in the simulated network outside."""
        phones = requests.get(f"{self.first.url}/demo/phone/state", timeout=10).json()["phones"]
        return [text["text"] for phone in phones if phone["number"] == A_NUMBER for text in phone["texts"]]

    def dump(self) -> dict[str, bytes]:
        with psycopg.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            names = [name for (name,) in cursor.fetchall()]
            dump = search.tables(cursor, names)
        logs = {one.log.name: one.log.read_bytes() for one in (self.first, self.second, self.worker)}
        return {**dump, **logs, "the bus": b"\0".join(self.heard)}


@contextlib.contextmanager
def running(folder: Path, postgres: Postgres, redis_url: str, changes: Sequence[str]) -> Iterator[Line]:
    ports = [free_port(), free_port()]
    database = postgres.new_database()
    public = f"http://127.0.0.1:{ports[0]}"
    environment = servers.environment(
        folder, database_url=database, redis_url=redis_url, CHATLINE_PUBLIC_URL=public
    )
    servers.run("migrate", environment=environment)
    servers.run("demodata", environment=environment)
    first, second = (
        Changed(
            changes,
            *("serve", "--port", str(port)),
            environment=environment,
            log=folder / f"serve-{index}.log",
            url=f"http://127.0.0.1:{port}",
        )
        for index, port in enumerate(ports)
    )
    worker = Changed(changes, "worker", environment=environment, log=folder / "worker.log")
    secrets = json.loads((folder / "demo-secrets.json").read_text())
    with search.listening(redis_url) as heard, first, second, worker:
        first.wait_until_healthy()
        second.wait_until_healthy()
        yield Line(first, second, worker, database, secrets, heard)


async def web_walk(wire: Wire, sam: Desk, visitor: Visitor) -> None:
    assert (await visitor.say(SAID["the visitor"]))["seq"] == 1
    await sam.sees(lambda: visitor.conversation in sam.waiting)
    one = await sam.take()
    await sam.say(one, SAID["Sam"])
    await visitor.sees(lambda: visitor.shown.texts() == [SAID["the visitor"], SAID["Sam"]])
    await visitor.sees(lambda: visitor.shown.states[one]["name"] == "Sam")
    await visitor.send("typing", on=True)
    assert (await sam.hears("typing"))["from"] == "visitor"
    await sam.send("flag", conversation=one, note=SAID["the note"])
    await sam.sees(lambda: sam.shown.states[one]["open_flags"] == 1)


async def text_walk(line: Line, sam: Desk) -> None:
    await asyncio.to_thread(line.text, SAID["the texter"])
    await sam.sees(lambda: sam.waiting)
    one = await sam.take()
    assert sam.shown.texts(one)[0] == SAID["the texter"]
    seq = (await sam.say(one, SAID["Sam, by text"]))["seq"]
    await sam.sees_mark(one, seq, "delivered", seconds=15)
    shown = await asyncio.to_thread(line.on_the_phone)
    assert SAID["Sam, by text"] in shown
    assert any("STOP" in text for text in shown), "the welcome"


async def risk_walk(visitor: Visitor, alex: Desk) -> None:
    await visitor.say(SAID["at risk"])

    def flag() -> dict[str, Any]:
        known = alex.shown.latest["flags"]["flags"]
        return next((one for one in known if one["level"] == "imminent"), {})

    await alex.sees(flag)
    assert any(reason["quote"] in SAID["at risk"] for reason in flag()["reasons"])
    await alex.send("resolve", flag=flag()["id"], outcome="watched", reason=SAID["the supervisor"])
    await alex.sees(lambda: not flag())


async def leaving_walk(wire: Wire, sam: Desk) -> None:
    """Sam, in another browser and at the other process, ends what he left open."""
    await asyncio.to_thread(wire.end_other_sessions, "sam", "sam-answers-here")
    assert await sam.ends() == 4401


async def walk(line: Line) -> None:
    """Everything that people do: the visitor and the supervisor on one process, the volunteer on the other."""
    async with (
        open_wire(line.first.url, address=ADDRESS, agent=AGENT) as one,
        open_wire(line.second.url, public_url=line.first.url) as other,
    ):
        visitor = await one.visitor()
        sam = await other.desk("sam", "sam-answers-here")
        alex = await one.desk("alex", "alex-supervises-here")
        await sam.ready()
        await web_walk(one, sam, visitor)
        await text_walk(line, sam)
        await risk_walk(visitor, alex)
        await leaving_walk(one, sam)


async def test_both_sides_see_everything_and_nothing_of_it_is_in_tables_bus_or_logs(
    tmp_path: Path, postgres: Postgres, redis_url: str
) -> None:
    with running(tmp_path / "line", postgres, redis_url, ["plain-bus"]) as line:
        await walk(line)
        dump = line.dump()
    assert len(line.heard) > 10, "nothing was heard on the bus, so nothing was searched"
    print(f"{len(SAID)} things said by web and by text through two processes and a worker")
    print(f"{sum(map(len, dump.values()))} bytes in {len(dump)} places searched for {len(SECRETS)} secrets")
    assert not search.found(dump, SECRETS)


async def test_words_in_clear_would_be_found(tmp_path: Path, postgres: Postgres, redis_url: str) -> None:
    """The break: sealing does nothing, and hints take along what was said."""
    changes = ["plain-bus", "words-in-clear", "words-on-the-bus"]
    with running(tmp_path / "line", postgres, redis_url, changes) as line:
        await walk(line)
        places = search.found(line.dump(), SECRETS)
    print(f"the same with the break: found {sorted(places)}")
    for place in (
        "'walrus' in table conversations_message",
        f"{A_NUMBER.removeprefix('+1')!r} in table conversations_visitor",
        "'bassoon' in table routing_flag",
        "'walrus' in the bus",
    ):
        assert place in places
