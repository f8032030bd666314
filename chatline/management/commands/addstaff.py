from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatline.checks import DATABASE_ADMINISTRATION
from chatline.errors import ChatlineError
from chatline.management.choosing import the_line
from chatline.people.actions import add_staff, sign_in_link
from chatline.people.models import Role


class Command(BaseCommand):
    help = "Adds a volunteer, supervisor or manager to a line and prints a link with which they sign in once."
    requires_system_checks = [DATABASE_ADMINISTRATION]  # Django's own way of saying it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="what they sign in with")
        parser.add_argument("--name", default="", help="the name visitors read (the username)")
        parser.add_argument("--role", choices=Role.values, default=Role.VOLUNTEER, help="what they may do")
        parser.add_argument("--line", help="the line's slug (the only line, if there is one)")

    def handle(self, *args: Any, **options: Any) -> None:
        line = the_line(options["line"])
        name = options["name"] or options["username"].capitalize()
        try:
            staff = add_staff(options["username"], name, line.id, options["role"])
        except ChatlineError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"{name} may now sign in, once, within three days, here:")
        self.stdout.write(f"{settings.PUBLIC_URL}{sign_in_link(staff)}")
