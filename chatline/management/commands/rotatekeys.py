import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from chatline.conversations import rotation
from chatline.conversations.keys import keyring
from chatline.conversations.models import Key
from chatline.conversations.rotation import Rotated
from chatline.people import factors

EVERY = 5_000


class Command(BaseCommand):
    help = (
        "Wraps anew, under the first key of CHATLINE_VAULT_KEYS, whatever an older one wraps: put the new key before "
        "the old, start every process anew, run this, then take the old key out. The line goes on meanwhile."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        began, told = time.monotonic(), Rotated()
        for told in rotation.rewrap():
            if told.seen % EVERY == 0:
                self.stderr.write(f"{told.seen:,} of {Key.objects.count():,} keys")
        secrets = factors.reseal()
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{told.rewrapped:,} of {told.seen:,} keys wrapped anew, {secrets:,} secrets of staff sealed anew, "
            f"in {seconds:.1f} s"
        )
        if told.unopened:
            self.stdout.write(f"{told.unopened:,} keys open under none of the root keys that are there")
            sys.exit(1)
        if old := keyring().old:
            self.stdout.write(
                f"Nothing in the database needs {', '.join(old)} any more. Key backups of before do."
            )
