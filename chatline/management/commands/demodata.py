from typing import Any

from django.core.management.base import BaseCommand

from chatline.demo import data


class Command(BaseCommand):
    help = "Puts the demo line, its number and its people into the configured database."

    def handle(self, *args: Any, **options: Any) -> None:
        data.make()
        self.stdout.write("The demo line is there.")
