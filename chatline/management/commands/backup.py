import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline import backups
from chatline.errors import ChatlineError


class Command(BaseCommand):
    help = (
        "Writes all tables but those of keys into an encrypted file (age), and keeps the newest 35: to be run daily, "
        "beside `keybackup`. Begin with --make-key, and keep that file where this machine cannot reach it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="where the files lie; best on another host")
        parser.add_argument(
            "--to",
            action="append",
            metavar="AGE1...",
            help="public key of who can open it; may be given more than once (CHATLINE_BACKUP_TO)",
        )
        parser.add_argument(
            "--make-key",
            type=Path,
            metavar="FILE",
            help="only write a new private key there, and print its public half",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["make_key"]:
                self.stdout.write(backups.make_key(options["make_key"]))
            elif options["folder"]:
                self._back_up(options["folder"], options["to"] or settings.BACKUP_TO)
            else:
                raise CommandError("Say where the files lie, or where to write a new key.")
        except (OSError, ChatlineError) as fault:
            raise CommandError(getattr(fault, "detail", str(fault))) from None

    def _back_up(self, folder: Path, public: list[str]) -> None:
        began = time.monotonic()
        file = backups.back_up(folder, public, timezone.now())
        size = file.stat().st_size
        self.stdout.write(f"{file}: {size:,} bytes in {time.monotonic() - began:.1f} s")
