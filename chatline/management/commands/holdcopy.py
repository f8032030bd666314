from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError, CommandParser

from chatline.conversations import holds
from chatline.errors import ChatlineError
from chatline.vault import VaultError


class Command(BaseCommand):
    help = "Write what a legal hold keeps into a folder, in clear, to be handed over; the audit log says that you did"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("hold", type=UUID, help="its id, as /manage/ shows it")
        parser.add_argument("folder", type=Path, help="a new one, for its owner alone")

    def handle(self, *, hold: UUID, folder: Path, **_options: Any) -> None:
        try:
            folder.mkdir(mode=0o700)
            copy = holds.hand_over(hold)
        except FileExistsError:
            raise CommandError(f"{folder} is there already; name a new one.") from None
        except ChatlineError as refusal:
            folder.rmdir()
            raise CommandError(refusal.detail) from refusal
        except VaultError as fault:
            folder.rmdir()
            raise CommandError(f"It does not open: {fault}") from fault
        holds.write(copy, folder)
        self.stdout.write(
            f"{len(copy.words)} messages, {len(copy.contents)} pictures and the like, in {folder}"
        )
