from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline.conversations import key_backups
from chatline.conversations.models import Key
from chatline.errors import BadInput


class Command(BaseCommand):
    help = (
        "Writes the keys, wrapped as they are, into a file of their own and keeps the newest two: to be run daily. "
        "Ordinary backups leave their tables out (pg_dump --exclude-table-data). --restore puts a file back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="where the files lie; best on another host")
        parser.add_argument("--restore", type=Path, metavar="FILE", help="put the keys of this file back")
        parser.add_argument(
            "--tables",
            action="store_true",
            help="only print, for pg_dump, the tables that ordinary backups leave out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["tables"]:
            self.stdout.write(f"({'|'.join(key_backups.TABLES)})")
        elif options["restore"]:
            try:
                restored = key_backups.restore(options["restore"], timezone.now())
                self.stdout.write(f"{restored:,} keys put back")
            except (OSError, BadInput) as fault:
                raise CommandError(getattr(fault, "detail", str(fault))) from None
        elif options["folder"]:
            file = key_backups.back_up(options["folder"], timezone.now())
            self.stdout.write(f"{file}: {Key.objects.count():,} keys")
        else:
            raise CommandError("Say where the files lie, or what to restore.")
