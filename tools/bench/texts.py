"""How fast queued texts leave: from the worker's start until the provider's stand-in has them all.

    python -m tools.bench texts --texts 1000 --rounds 3

One web process (for the callbacks), one worker, PostgreSQL, Redis and the stand-in share this machine. As many
conversations have one answer waiting each; the stand-in answers a request after 100 ms and reports twice on each text.
The rate of our number is set so high that it is not what limits. After each round every text is looked for.
"""

import argparse
import json
import statistics
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests import servers, services
from tests.ports import free_port
from tools.bench.processes import Meter, running, wait_for
from tools.bench.sides import ask

ANSWERS_AFTER = 0.1
PATIENCE = 180.0
SHARES = ("worker", "web", "postgres", "stand-in")


@dataclass(frozen=True, slots=True)
class Turn:
    """`handed` and `told` are seconds: until the stand-in had all, and until all reports were written down."""

    handed: float
    told: float
    shares: dict[str, float]
    verdict: str


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    turns = []
    with (
        tempfile.TemporaryDirectory(prefix="chatline-bench-") as folder,
        services.Postgres() as database,
        services.Redis() as bus,
    ):
        for number in range(1, options.rounds + 1):
            turns.append(turn(Path(folder) / uuid4().hex, database, bus, options.texts))
            print(f"  texts, round {number}: {told(turns[-1], options.texts)}", flush=True)
    print(table(turns, options.texts), flush=True)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    words = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench texts",
        description=f"{words[0]}\n\n{words[2]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--texts", type=int, default=1_000, help="one for each of as many people (1000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns; medians are told (3)")
    return parser.parse_args(arguments)


def turn(folder: Path, database: services.Postgres, bus: services.Redis, texts: int) -> Turn:
    web, provider = free_port(), free_port()
    url = database.new_database()
    environment = servers.environment(
        folder,
        database_url=url,
        redis_url=bus.url,
        CHATLINE_PUBLIC_URL=f"http://127.0.0.1:{web}",
        TWILIO_API_URL=f"http://127.0.0.1:{provider}",
    )
    ask(["tools.bench.line", "texts", str(texts)], environment, seconds=texts)
    facts = json.loads((folder / "demo-secrets.json").read_text())
    log = folder / "processes.log"
    alone = [
        *("chatline.demo.alone", "--port", str(provider), "--line", f"http://127.0.0.1:{web}"),
        *("--account", facts["TWILIO_ACCOUNT_SID"], "--token", facts["TWILIO_AUTH_TOKEN"]),
        *("--delay", str(ANSWERS_AFTER)),
    ]
    with ExitStack() as stack:
        stand_in = stack.enter_context(running(*alone, environment=environment, log=log, port=provider))
        serve = running(
            "chatline.cli", "serve", "--port", str(web), environment=environment, log=log, port=web
        )
        served = stack.enter_context(serve)
        rows = stack.enter_context(psycopg.connect(url, autocommit=True))
        worker = stack.enter_context(running("chatline.cli", "worker", environment=environment, log=log))

        def accepted() -> int:
            return int(ledger(provider)["sums"]["accepted"])

        wait_for(lambda: accepted() > 0, PATIENCE, "nothing is sent")
        began, first = time.perf_counter(), accepted()
        pids = {"worker": worker.pid, "web": served.pid, "postgres": database.pid, "stand-in": stand_in.pid}
        meter = Meter(pids)
        wait_for(lambda: accepted() >= texts, PATIENCE, "not all texts are sent")
        handed = (time.perf_counter() - began) * texts / max(1, texts - first)
        shares = meter.read()
        wait_for(lambda: not open_ones(rows), PATIENCE, "not all reports are written down")
        return Turn(handed, time.perf_counter() - began, shares, verdict(rows, ledger(provider), texts))


def ledger(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_emu/ledger", timeout=10) as answer:
        return dict(json.load(answer))


def states(rows: psycopg.Connection[tuple[str, int]]) -> Counter[str]:
    found = rows.execute(
        "SELECT state, count(*) FROM conversations_delivery WHERE purpose = 'reply' GROUP BY state"
    )
    return Counter(dict(found.fetchall()))


def open_ones(rows: psycopg.Connection[tuple[str, int]]) -> int:
    final = {"delivered", "undelivered"}
    return sum(count for state, count in states(rows).items() if state not in final)


def verdict(rows: psycopg.Connection[tuple[str, int]], seen: dict[str, Any], texts: int) -> str:
    """What became of every text, said only after counting."""
    sums = seen["sums"]
    wrong = []
    if sums["accepted"] != texts:
        wrong.append(f"{sums['accepted']} at the provider")
    if seen["doubled"]:
        wrong.append("some doubled")
    if sum(states(rows).values()) != texts:
        wrong.append(f"stored {states(rows)}")
    return "NOT RIGHT: " + ", ".join(wrong) if wrong else "all there once"


def told(one: Turn, texts: int) -> str:
    return (
        f"{texts / one.handed:.0f} texts/s handed over, all reports written down after {one.told:.1f} s, "
        f"{one.verdict}"
    )


def table(turns: Sequence[Turn], texts: int) -> str:
    """Medians; a share is of one core."""
    shares = "".join(f"{name:>10}" for name in SHARES)
    values = "".join(f"{statistics.median(one.shares[name] for one in turns):>10.0%}" for name in SHARES)
    rate = statistics.median(texts / one.handed for one in turns)
    told_after = statistics.median(one.told for one in turns)
    return (
        f"\n{'texts':>7}{'texts/s':>9}{'reported s':>12}{shares}\n"
        f"{texts:>7}{rate:>9.0f}{told_after:>12.1f}{values}   (to reach: 100 texts/s)\n"
    )
