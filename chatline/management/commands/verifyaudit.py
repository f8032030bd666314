import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline.people import chain
from chatline.vault import BadKeys, signers


class Command(BaseCommand):
    help = (
        "Walks the whole audit log and says what was changed, taken out, put in, moved, copied or cut (exit status 1). "
        "With --heads it is held against heads that were kept elsewhere as well. Where CHATLINE_AUDIT_KEY is not set, "
        "it needs --public-key, and cannot tell who wrote an entry."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads", type=Path, metavar="FILE", help="signed heads that were kept elsewhere"
        )
        parser.add_argument(
            "--public-key",
            action="append",
            metavar="KEY",
            help="the public half, kept elsewhere; once for each key of ours",
        )
        parser.add_argument(
            "--public", action="store_true", help="only print the public halves, to be kept elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        publics = options["public_key"] or self._publics()
        if options["public"]:
            self.stdout.write("\n".join(publics))
            return
        began = time.monotonic()
        verdict = chain.examine(self._heads(options["heads"]), publics, timezone.now(), self._say)
        for finding in verdict.findings[:50]:
            self.stdout.write(finding)
        self.stdout.write(
            f"{verdict.links:,} entries read in {time.monotonic() - began:.1f} s, {verdict.heads:,} heads compared, "
            f"{verdict.unlinked:,} not linked yet, {len(verdict.findings):,} findings"
        )
        if not verdict.written_here:
            self.stdout.write("Without CHATLINE_AUDIT_KEY nobody asked who wrote the entries.")
        if verdict.findings:
            sys.exit(1)

    def _publics(self) -> list[str]:
        try:
            return [one.public for one in signers(settings.AUDIT_KEY)]
        except BadKeys as bad:
            raise CommandError(f"CHATLINE_AUDIT_KEY: {bad} Or give --public-key.") from None

    def _heads(self, file: Path | None) -> list[chain.Head]:
        """Those of the database, and beside them those that were kept elsewhere."""
        if file is None:
            return chain.heads_kept()
        try:
            elsewhere = [
                chain.Head.read(line) for line in file.read_text(encoding="utf-8").splitlines() if line
            ]
            if not elsewhere:
                raise ValueError
            return [*elsewhere, *chain.heads_kept()]
        except (OSError, ValueError, KeyError) as fault:
            raise CommandError(f"{file} cannot be read as heads ({type(fault).__name__}).") from None

    def _say(self, count: int) -> None:
        self.stderr.write(f"{count:,} entries")
