import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline.people import chain
from chatline.vault import BadKeys, Signer


class Command(BaseCommand):
    help = (
        "Walks the whole audit log and says what was changed, taken out, put in, moved or cut (exit status 1). With "
        "--heads it is held against heads that were kept elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads", type=Path, metavar="FILE", help="signed heads that were kept elsewhere"
        )
        parser.add_argument("--public-key", default="", metavar="KEY", help="the public half, kept elsewhere")
        parser.add_argument(
            "--public", action="store_true", help="only print the public half, to be kept elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        public = options["public_key"] or self._public()
        if options["public"]:
            self.stdout.write(public)
            return
        began = time.monotonic()
        verdict = chain.examine(self._heads(options["heads"]), public, timezone.now(), self._say)
        for finding in verdict.findings[:50]:
            self.stdout.write(finding)
        self.stdout.write(
            f"{verdict.links:,} entries read in {time.monotonic() - began:.1f} s, {verdict.unlinked:,} not linked yet, "
            f"{len(verdict.findings):,} findings"
        )
        if verdict.findings:
            sys.exit(1)

    def _public(self) -> str:
        try:
            return Signer(settings.AUDIT_KEY).public
        except BadKeys as bad:
            raise CommandError(f"CHATLINE_AUDIT_KEY: {bad} Or give --public-key.") from None

    def _heads(self, file: Path | None) -> list[chain.Head]:
        if file is None:
            return chain.heads_kept()
        try:
            return [chain.Head.read(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
        except (OSError, ValueError, KeyError) as fault:
            raise CommandError(f"{file} cannot be read as heads ({type(fault).__name__}).") from None

    def _say(self, count: int) -> None:
        self.stderr.write(f"{count:,} entries")
