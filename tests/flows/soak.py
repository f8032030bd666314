"""Shifts of texting with everything going wrong, as many as there is time for: see `texting.py`.

    python -m tests.flows.soak --runs 1000            in a SQLite database in memory
    python -m tests.flows.soak --minutes 60           what `make soak` runs
    DATABASE_URL=postgres://... python -m tests.flows.soak --runs 100

Prints what was tried; a run that breaks a promise ends it with its seed, which `--first SEED --runs 1` plays again.
`--break NAME` takes one protection away, and must find that.
"""

import argparse
import logging
import os
import sys
import time

import django

NO_END = 2**60


def set_up() -> None:
    """Django with the tests' settings, in an empty database: the one of `DATABASE_URL`, or one in memory."""
    given = os.environ.get("DATABASE_URL", "")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings
    from django.core.management import call_command

    from tests.settings import database

    settings.DATABASES["default"] = database(given or "sqlite:///x") | ({} if given else {"NAME": ":memory:"})
    django.setup()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)


def main() -> None:
    words = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.flows.soak",
        description="\n\n".join((words[0], words[2])),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=NO_END, help="how many (until the time is over)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0); each run takes the next")
    parser.add_argument("--minutes", type=float, default=60.0, help="no further run begins after them (60)")
    parser.add_argument("--quiet", action="store_true", help="only the last line")
    parser.add_argument("--break", dest="without", default="", help="a protection to take away: breaks.py")
    options = parser.parse_args()
    set_up()
    sys.exit(soak(options.first, options.runs, options.minutes * 60, options.without, not options.quiet) or 0)


def soak(first: int, most: int, seconds: float, without: str, progress: bool) -> str:
    """What went wrong, or "" if nothing did."""
    from tests.cast import make_cast
    from tests.flows import breaks, texting

    if without:
        breaks.make(without)
    texting.plug_in()
    cast, tally, began = make_cast(), texting.Tally(), time.monotonic()
    wrong = ""
    for seed in range(first, first + most):
        try:
            texting.play(seed, cast, tally)
        except texting.Broken as broken:
            wrong = f"seed {seed}: {broken}"
            break
        tally.runs += 1
        if progress and tally.runs % 100 == 0:
            print(f"{tally.runs} runs in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if time.monotonic() > began + seconds:
            break
    print(tally.told(), flush=True)
    return wrong


if __name__ == "__main__":
    main()
