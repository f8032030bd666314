import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline import backups
from chatline.conversations import key_backups
from chatline.errors import ChatlineError


class Command(BaseCommand):
    help = (
        "Puts a backup into an empty database, and the keys of a key backup after it. Start nothing before it ended. "
        "No text that waited then is sent again. Afterwards: `chatline migrate`, then `chatline doctor --recover`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file that `chatline backup` wrote")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key")
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="FILE",
            help="the newest file of `chatline keybackup`; without it no word can be read",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            backups.restore(options["file"], options["key"])
            keys = key_backups.restore(options["keys"], timezone.now()) if options["keys"] else 0
        except (OSError, ChatlineError) as fault:
            raise CommandError(getattr(fault, "detail", str(fault))) from None
        for table, count in backups.rows().items():
            self.stdout.write(f"{count:>12,}  {table}")
        self.stdout.write(f"Restored in {time.monotonic() - began:.1f} s, {keys:,} keys put back.")
