from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from chatline.demo import data


class Command(BaseCommand):
    help = "Puts the demo line, its number and its people into the configured database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--history", action="store_true", help="give the line a made-up past, for its reports"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        data.make()
        if options["history"]:
            data.make_history()
        self.stdout.write("The demo line is there.")
