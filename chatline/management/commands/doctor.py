import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline.sms import addresses, doctor, recovery
from chatline.sms.doctor import Finding, Verdict


class Command(BaseCommand):
    help = (
        "Says what to configure at the provider, and whether any text could be dropped without anybody noticing "
        "(exit status 1). --recover takes in what was missed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recover", action="store_true", help="take in texts that only the provider has")
        parser.add_argument(
            "--since", type=float, default=24.0, metavar="HOURS", help="how far back to look for them (24)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["recover"]:
            self._recover(options["since"])
            return
        self.stdout.write("To be configured at the provider, for every number or its messaging service:")
        self.stdout.write(f"  a message comes in     {addresses.METHOD}  {addresses.inbound()}")
        self.stdout.write(f"  primary handler fails  {addresses.METHOD}  {addresses.fallback()}")
        self.stdout.write("Where it reports on our texts is sent along with each of them.\n\n")
        findings = [self._told(one) for one in doctor.examine()]
        if any(one.verdict == Verdict.WRONG for one in findings):
            sys.exit(1)

    def _told(self, finding: Finding) -> Finding:
        self.stdout.write(f"{finding.verdict:<6} {finding.what}")
        if finding.remedy:
            self.stdout.write(f"       {finding.remedy}")
        return finding

    def _recover(self, hours: float) -> None:
        try:
            counts = recovery.recover(timezone.now() - timedelta(hours=hours))
        except recovery.FAILURES as failure:
            raise CommandError(f"The provider could not be asked ({type(failure).__name__}).") from None
        self.stdout.write(
            f"{counts.listed} texts listed, {counts.taken} taken in, {counts.redacted} redacted at the provider, "
            f"{counts.refused} refused, {counts.later} to be tried again."
        )
        if counts.later:
            sys.exit(1)
