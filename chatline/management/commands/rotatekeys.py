import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chatline.conversations import rotation
from chatline.conversations.epochs import keyring
from chatline.people import factors
from chatline.sms import spool

EVERY = 5_000


class Command(BaseCommand):
    help = (
        "Wraps anew, under the first key of CHATLINE_VAULT_KEYS, whatever an older one wraps: put the new key before "
        "the old, start every process anew, run this, then take the old key out. The line goes on meanwhile. "
        "It may be ended at any time, and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all",
            action="store_true",
            help="give every month a new key too, and wrap every living key anew, should a month's be known. "
            "If this is ended, run the command again without --all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        if options["all"]:
            rotation.replace_months(timezone.now())
        months = rotation.rewrap_months()
        moved = self._move()
        secrets = factors.reseal()
        self.stdout.write(
            f"{months.rewrapped:,} of {months.seen:,} months, {moved.rewrapped:,} keys and {secrets:,} secrets of staff"
            f" wrapped anew, in {time.monotonic() - began:.1f} s"
        )
        self._tell_roots()
        if unopened := months.unopened + moved.unopened:
            self.stdout.write(f"{unopened:,} keys open under none of the keys that are there")
            sys.exit(1)

    def _move(self) -> rotation.Rotated:
        told, count = rotation.Rotated(), rotation.to_move().count()
        for told in rotation.move():
            if told.seen % EVERY == 0:
                self.stderr.write(f"{told.seen:,} of {count:,} keys")
        return told

    def _tell_roots(self) -> None:
        needed = rotation.needed_roots() | spool.needed_roots()
        for root in keyring().old:
            if root in needed:
                self.stdout.write(f"Root key {root} is still needed: leave it in CHATLINE_VAULT_KEYS.")
            else:
                self.stdout.write(
                    f"Nothing here needs root key {root} any more. Key backups of before do, and what waits in the "
                    "spool of other hosts may."
                )
