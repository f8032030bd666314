import sys  # noqa: N999  # the command is called so
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatline.checks import DATABASE_ADMINISTRATION
from chatline.errors import ChatlineError
from chatline.lines.changes import Unsure, Wrong
from chatline.lines.difference import DANGERS, TITLES
from chatline.lines.importing import Outcome, import_line


class Command(BaseCommand):
    help = "Makes or changes a line as a TOML file says, all of it or nothing. Says what it changes."
    requires_system_checks = [DATABASE_ADMINISTRATION]  # Django's own way of saying it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file, as `chatline export` writes it; - for what is piped in")
        parser.add_argument("--line", default="", help="the line's slug (the one in the file)")
        parser.add_argument("--dry-run", action="store_true", help="only says what it would change")
        parser.add_argument("--sure", action="store_true", help="also does what is dangerous")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as wrong:
            raise CommandError(f"{options['file']} cannot be read: {wrong}") from None
        dry = options["dry_run"]
        try:
            outcome = import_line(text, options["line"], sure=options["sure"], dry=dry)
        except Wrong as wrong:
            told = [f"  {one.field}: {one.words} ({one.code})" for one in wrong.problems]
            raise CommandError("\n".join(["Nothing was changed. In this file:", *told])) from None
        except Unsure as unsure:
            told = [f"  {DANGERS[code]} ({code})" for code in unsure.dangers]
            raise CommandError(
                "\n".join(["Nothing was changed. Give --sure if you mean it:", *told])
            ) from None
        except ChatlineError as refusal:
            raise CommandError(f"Nothing was changed. {refusal.detail} ({refusal.code})") from None
        self._tell(outcome, dry)

    def _tell(self, outcome: Outcome, dry: bool) -> None:
        would = "would be " if dry else ""
        if outcome.new:
            self.stdout.write(f"The line {outcome.slug} {would or 'is '}made; it is not open yet.")
        found = False
        for section, differences in outcome.differences.items():
            for one in differences:
                found = True
                self.stdout.write(f"{TITLES[section]}: {one.what}")
                self.stdout.write("".join(f"  - {part}\n" for part in one.before.splitlines()), ending="")
                self.stdout.write("".join(f"  + {part}\n" for part in one.after.splitlines()), ending="")
        for code in outcome.dangers:
            self.stdout.write(f"Needs --sure: {DANGERS[code]} ({code})")
        if not found:
            self.stdout.write("Nothing differs.")
