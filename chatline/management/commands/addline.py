from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from chatline.checks import DATABASE_ADMINISTRATION
from chatline.errors import ChatlineError
from chatline.lines import rules, values
from chatline.lines.actions import add_line, add_number
from chatline.lines.changes import Wrong
from chatline.lines.models import Line
from chatline.lines.rules import Problem
from chatline.sms import addresses


class Command(BaseCommand):
    help = "Adds a line. The first thing to do in an empty database; then `chatline addstaff`."
    requires_system_checks = [DATABASE_ADMINISTRATION]  # Django's own way of saying it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help='what people read, such as "Harbor line"')
        parser.add_argument("--slug", default="", help="how it stands in addresses (made from the name)")
        parser.add_argument(
            "--short-name", default="", help="how it signs its texts, discreet, at most 24 letters"
        )
        parser.add_argument(
            "--language", action="append", help="a language it answers in; may be repeated (en)"
        )
        parser.add_argument(
            "--number", action="append", default=[], help="a short code or number; may be repeated"
        )
        parser.add_argument("--emergency", default="911", help="the number to call in danger (911)")
        parser.add_argument(
            "--open",
            action="store_true",
            help="answers everybody at once (opened by a manager, once it was tried)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                line = self._add(options)
        except ChatlineError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"The line {line.name} is there: {settings.PUBLIC_URL}/chat/{line.slug}/")
        if line.opened_at is None:
            self.stdout.write(f"It is not open yet. To try it, text or write: {line.try_code}")
            self.stdout.write("A manager opens it at /manage/, or give --open.")
        if options["number"]:
            self.stdout.write("At the provider, configure for its numbers when a message comes in, as POST:")
            self.stdout.write(f"  {addresses.inbound()}")
            self.stdout.write("and for when that fails, as POST:")
            self.stdout.write(f"  {addresses.fallback()}")
            self.stdout.write("`chatline doctor` says whether it is.")

    def _add(self, options: dict[str, Any]) -> Line:
        name, languages = options["name"], options["language"] or ["en"]
        identity = {"name": name, "languages": languages, "emergency": options["emergency"]}
        identity["short_name"] = options["short_name"] or name[:24]
        # What is set here must be what a manager could have set.
        if problems := [one for one in rules.check("identity", identity) if one.code != "missing"]:
            raise Wrong(problems)
        line = add_line(slug=options["slug"], opened=options["open"], **identity)
        for number in options["number"]:
            if wrong := values.number(number):
                raise Wrong([Problem("number", *wrong)])
            add_number(line, number)
        return line
