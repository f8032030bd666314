from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatline.checks import DATABASE_ADMINISTRATION
from chatline.errors import NotFound
from chatline.lines import files, sheet


class Command(BaseCommand):
    help = "Prints a line as a TOML file: all that its managers set. `chatline import` takes it in again."
    requires_system_checks = [DATABASE_ADMINISTRATION]  # Django's own way of saying it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("line", help="the line's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            line = sheet.line_of(options["line"])
        except NotFound:
            raise CommandError(f"There is no line called {options['line']}.") from None
        self.stdout.write(files.write(line.slug, sheet.read(line)), ending="")
