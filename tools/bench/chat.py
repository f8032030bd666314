"""Messages per second, from a visitor's `say` to the volunteer's screen, beside a bare relay of the same run.

    python -m tools.bench chat --pairs 1 50 200 --seconds 6 --rounds 3

Two servers take turns, never both at once: a relay of Channels as its documentation shows it, which stores nothing,
and this line, which seals, screens and commits every message before it shows it. Both are driven by the same client:
each visitor says the next thing once the volunteer's socket has the last one. Look at the ratios; the figures are the
machine's, and on a busy one the processor time a message took (`cpu ms`) tells more than messages a second.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import services
from tools.bench.load import Figures
from tools.bench.sides import Bare, Line, Services, Shape, Side


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    print(
        f"{os.cpu_count()} cores, a write made durable in {durable_write_ms():.2f} ms; ours on {options.on}"
    )
    with tempfile.TemporaryDirectory(prefix="chatline-bench-") as folder, stores(options.postgres) as store:
        for pairs in options.pairs:
            shape = Shape(pairs, options.hold, options.seconds)
            sides: list[Side] = [Bare(Path(folder), store), Line(Path(folder), store)]
            runs: dict[str, list[Figures]] = {side.name: [] for side in sides}
            for number in range(1, options.rounds + 1):
                for side in sides:
                    runs[side.name].append(side.run(shape))
                    print(
                        f"  {pairs:>4} pairs, round {number}, {side.name}: {told(runs[side.name][-1])}",
                        flush=True,
                    )
            print(table(pairs, runs), flush=True)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    words = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench chat",
        description=f"{words[0]}\n\n{words[2]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--pairs", type=int, nargs="+", default=[1, 50, 200], metavar="N",
        help="how many visitors talk at once; each number is a table of its own (1 50 200)",
    )  # fmt: skip
    parser.add_argument("--hold", type=int, default=5, help="conversations on one volunteer's socket (5)")
    parser.add_argument("--seconds", type=float, default=6.0, help="measured seconds of each turn (6)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server; medians are told (3)")
    parser.add_argument(
        "--postgres", action="store_true", help="ours on a private PostgreSQL and Redis instead of SQLite"
    )
    options = parser.parse_args(arguments)
    options.on = "PostgreSQL and Redis" if options.postgres else "SQLite"
    return options


@contextmanager
def stores(postgres: bool) -> Iterator[Services | None]:
    """A private PostgreSQL and Redis, gone at the end; or None for SQLite and no bus."""
    if not postgres:
        yield None
        return
    with services.Postgres() as database, services.Redis() as bus:
        yield Services(database, bus)


def durable_write_ms(times: int = 200) -> float:
    """What the disk under the scratch folder takes to keep a page, which no server that stores can go below."""
    with tempfile.TemporaryFile(prefix="chatline-bench-") as file:
        began = time.perf_counter()
        for _ in range(times):
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
        return (time.perf_counter() - began) / times * 1000


def told(figures: Figures) -> str:
    return (
        f"{figures.per_second:.0f} messages/s, p50 {figures.p50:.1f} ms, p99 {figures.p99:.1f} ms, "
        f"sent {figures.sent}, {verdict(figures)}"
    )


def verdict(figures: Figures) -> str:
    """What became of every message, said only after counting."""
    counts = {
        "lost": figures.lost,
        "doubled": figures.doubled,
        "other texts": figures.strange,
        "never acknowledged": figures.unacknowledged,
        "refused": figures.refused,
    }
    wrong = [f"{count} {what}" for what, count in counts.items() if count]
    if figures.stored is not None and figures.stored != figures.sent:
        wrong.append(f"{figures.stored} stored")
    return "NOT RIGHT: " + ", ".join(wrong) if wrong else "all there once"


NUMBERS = f"{'messages/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}{'server':>8}{'client':>8}"
HEAD = f"{'pairs':>6}  {'':12}{NUMBERS}  ratio"


def table(pairs: int, runs: dict[str, list[Figures]]) -> str:
    """One line a server, of medians; the ratio is the median of the ratios of each round."""
    bare, ours = runs[Bare.name], runs[Line.name]
    ratios = [mine.per_second / theirs.per_second for theirs, mine in zip(bare, ours, strict=True)]
    rows = [row(Bare.name, pairs, bare, "1"), row(Line.name, pairs, ours, spread(ratios))]
    return "\n".join(["", HEAD, *rows, ""])


def row(name: str, pairs: int, figures: Sequence[Figures], ratio: str) -> str:
    def of(read: Callable[[Figures], float]) -> float:
        return statistics.median(map(read, figures))

    return (
        f"{pairs:>6}  {name:12}{of(lambda one: one.per_second):>11.0f}"
        f"{of(lambda one: one.p50):>9.2f}{of(lambda one: one.p99):>9.2f}{of(lambda one: one.cpu_ms):>9.2f}"
        f"{of(lambda one: one.server_share):>8.0%}{of(lambda one: one.client_share):>8.0%}  {ratio}"
    )


def spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"
