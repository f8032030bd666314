"""How long a text takes to be taken in, beside a bare Django view that inserts one row.

    python -m tools.bench webhook --seconds 20 --rounds 3

Both on the same server and PostgreSQL, in turns, with the same signed requests: texts of known people in open
conversations, and one in ten from a number that was never seen (with its fingerprint at full cost, a new conversation
and a welcome). Requests leave 50 times a second whether or not the earlier ones are answered, and each time counts from
when its request was due; then eight at a time as fast as they are answered. Look at the ratios.
"""

import argparse
import http.client
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import local
from urllib.parse import urlencode
from uuid import uuid4

from tests import servers, services
from tests.ports import free_port
from tools.bench.processes import Meter, running
from tools.bench.sides import ask
from tools.walk import signature

KNOWN = 200
NEW_EACH = 10
"""One in so many comes from a number that was never seen."""

AT_ONCE = 8
CLIENT_BOUND = 0.4
WORDS = "i dont know who else to tell, so i am writing to you. it has been like this since march"


@dataclass(frozen=True, slots=True)
class Turn:
    """Times are milliseconds; `cpu` is the server's processor time a request, `client` our share of a core."""

    p50: float
    p99: float
    cpu: float
    client: float
    ceiling: float
    failed: int


@dataclass(frozen=True, slots=True)
class Side:
    name: str
    port: int
    account: str
    token: str

    def requests(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Bodies and headers, made before they are needed."""
        url = f"http://127.0.0.1:{self.port}/sms/inbound/"
        new = count(3_000_000 + secrets.randbelow(100_000) * 10)
        for number in count():
            phone = next(new) if number % NEW_EACH == 0 else 2_000_000 + number % KNOWN
            sid = "SM" + secrets.token_hex(16)
            form = {
                "MessageSid": sid,
                "SmsSid": sid,
                "AccountSid": self.account,
                "From": f"+1202{phone:07}",
                "To": "57230",
                "Body": f"{WORDS} ({number})",
                "NumMedia": "0",
                "NumSegments": "1",
                "FromCity": "WASHINGTON",
                "FromZip": "20001",
            }
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": signature(self.token, url, form),
            }
            yield urlencode(form), headers


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    turns: dict[str, list[Turn]] = {"bare view": [], "ours": []}
    with (
        tempfile.TemporaryDirectory(prefix="chatline-bench-") as folder,
        services.Postgres() as database,
        services.Redis() as bus,
    ):
        for number in range(1, options.rounds + 1):
            for start in (bare, ours):
                with_side = start(Path(folder) / uuid4().hex, database, bus)
                name, one = run(with_side, options.seconds)
                turns[name].append(one)
                print(
                    f"  webhook, round {number}, {name}: p50 {one.p50:.1f} ms, p99 {one.p99:.1f} ms, "
                    f"at most {one.ceiling:.0f}/s, {one.failed} not answered 200"
                    + (" (client-bound)" if one.client > CLIENT_BOUND else ""),
                    flush=True,
                )
    print(table(turns), flush=True)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    words = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench webhook",
        description=f"{words[0]}\n\n{words[2]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of each turn at 50 a second (20)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; medians are told (3)")
    return parser.parse_args(arguments)


# --- the two servers --------------------------------------------------------------------------------------

Started = tuple[Side, AbstractContextManager[object]]


def bare(folder: Path, database: services.Postgres, bus: services.Redis) -> Started:
    folder.mkdir()
    port = free_port()
    command = ("tools.bench.bare", str(port), database.new_database())
    process = running(*command, environment=servers.inherited(), log=folder / "bare.log", port=port)
    return Side("bare view", port, "AC", "token"), process


def ours(folder: Path, database: services.Postgres, bus: services.Redis) -> Started:
    port = free_port()
    environment = servers.environment(
        folder,
        database_url=database.new_database(),
        redis_url=bus.url,
        CHATLINE_PUBLIC_URL=f"http://127.0.0.1:{port}",
    )
    ask(["tools.bench.line", "demo"], environment)
    facts = json.loads((folder / "demo-secrets.json").read_text())
    process = running(
        *("chatline.cli", "serve", "--port", str(port)),
        environment=environment,
        log=folder / "serve.log",
        port=port,
    )
    return Side("ours", port, facts["TWILIO_ACCOUNT_SID"], facts["TWILIO_AUTH_TOKEN"]), process


# --- load -------------------------------------------------------------------------------------------------


def run(started: Started, seconds: float) -> tuple[str, Turn]:
    side, process = started
    with process as server, ThreadPoolExecutor(32) as pool:
        source = side.requests()
        client = Client(side.port)
        # Everybody has texted before, so that nine in ten are known.
        list(pool.map(client.post, [next(source) for _ in range(KNOWN + KNOWN // NEW_EACH)]))
        waiting = [next(source) for _ in range(int(seconds * 50))]
        meter = Meter({"server": server.pid})  # type: ignore[attr-defined]  # a process, of both kinds
        mine, began = time.process_time(), time.perf_counter()
        times = list(open_loop(pool, client, waiting))
        took = time.perf_counter() - began
        share = (time.process_time() - mine) / took
        cpu = meter.seconds()["server"] / len(waiting) * 1000
        ceiling = closed_loop(client, [next(source) for _ in range(2_000)])
    hundredths = statistics.quantiles(times, n=100)
    return side.name, Turn(hundredths[49] * 1000, hundredths[98] * 1000, cpu, share, ceiling, client.failed)


class Client:
    """One kept connection a thread, as light as it can be."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._mine = local()
        self.failed = 0

    def post(self, request: tuple[str, dict[str, str]]) -> None:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=30
            )
        connection.request("POST", "/sms/inbound/", *request)
        answer = connection.getresponse()
        answer.read()
        self.failed += answer.status != 200


def open_loop(
    pool: ThreadPoolExecutor, client: Client, waiting: Sequence[tuple[str, dict[str, str]]]
) -> Iterator[float]:
    """Seconds from when each request was due until it was answered."""
    began = time.perf_counter() + 0.1

    def one(number: int) -> float:
        due = began + number / 50
        time.sleep(max(0.0, due - time.perf_counter()))
        client.post(waiting[number])
        return time.perf_counter() - due

    # Each of the threads takes the next one in time; there are more than can ever wait at this rate.
    return pool.map(one, range(len(waiting)))


def closed_loop(client: Client, waiting: Sequence[tuple[str, dict[str, str]]]) -> float:
    """Requests a second with so many under way at any time."""
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(client.post, waiting))
    return len(waiting) / (time.perf_counter() - began)


def table(turns: dict[str, list[Turn]]) -> str:
    rows = [f"\n{'webhook':>12}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}{'at most/s':>11}{'client':>8}"]
    for name, runs in turns.items():
        rows.append(
            f"{name:>12}{of(runs, lambda one: one.p50):>9.1f}{of(runs, lambda one: one.p99):>9.1f}"
            f"{of(runs, lambda one: one.cpu):>9.2f}{of(runs, lambda one: one.ceiling):>11.0f}"
            f"{of(runs, lambda one: one.client):>8.0%}"
        )
    pairs = list(zip(turns["bare view"], turns["ours"], strict=True))
    ceiling = statistics.median(mine.ceiling / theirs.ceiling for theirs, mine in pairs)
    median = statistics.median(mine.p50 / theirs.p50 for theirs, mine in pairs)
    rows.append(
        f"ratio to the bare view: {ceiling:.2f} of its requests a second, {median:.1f} times its p50\n"
    )
    return "\n".join(rows)


def of(runs: Sequence[Turn], read: Callable[[Turn], float]) -> float:
    return statistics.median(map(read, runs))
