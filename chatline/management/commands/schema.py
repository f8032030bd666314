import json
from typing import Any

from django.core.management.base import BaseCommand

from consumers.wire import schema


class Command(BaseCommand):
    help = "Prints every frame of both sockets as JSON Schema."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(schema(), indent=2))
