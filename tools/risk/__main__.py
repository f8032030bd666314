"""Trains and measures the risk screen.

    python -m tools.risk train --data FOLDER      learn the model anew: weights and model card
    python -m tools.risk measure [--data FOLDER]  what the screen finds, beside two baselines

FOLDER holds texts of others as JSON lines (tools/risk/cases.py names the files and what each may be used for). Without
it, `measure` uses our own cases alone, beside the list of key words only. Both talk on standard error while they work.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _train(options: argparse.Namespace) -> None:
    from tools.risk import train

    print(train.run(options.data, options.out, options.card, _say))


def _measure(options: argparse.Namespace) -> None:
    from tools.risk import measure

    bench = measure.bench(options.data, options.seed, _say)
    print(f"Risk screen {bench.screen.version}\n\n{measure.HEADER.format(budget=measure.EVERYDAY_BUDGET)}")
    found: dict[str, object] = {"version": bench.screen.version}
    for section in measure.report(bench):
        print(f"\n## {section.title}\n\n{section.text}", flush=True)
        found[section.title] = section.data
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _options() -> argparse.Namespace:
    from routing.risk.model import WEIGHTS

    parser = argparse.ArgumentParser(
        prog="python -m tools.risk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="learn the model anew: the same data gives the same bytes")
    train.add_argument("--data", type=Path, help="the folder of others' texts", required=True)
    train.add_argument(
        "--out", type=Path, default=WEIGHTS, help="the weights file (default: the one that ships)"
    )
    train.add_argument("--card", type=Path, help="the model card (default: README.md beside the weights)")
    train.set_defaults(run=_train)
    measure = commands.add_parser("measure", help="what the screen finds, by source, slice and cost")
    measure.add_argument(
        "--data", type=Path, help="the folder of others' texts; our own cases alone without it"
    )
    measure.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to FILE")
    measure.add_argument(
        "--seed",
        type=int,
        default=secrets.randbelow(10**6),
        help="of disguises and times; fresh by default, printed",
    )
    measure.set_defaults(run=_measure)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _options()
    chosen.run(chosen)
