import json
import threading
from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from chatline.demo import data
from chatline.management.run import serve, start_workers


class Command(BaseCommand):
    help = "The whole line on this machine, ready to use: web, sockets, courier, dispatcher and phones in one process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, help="port to listen on (that of CHATLINE_PUBLIC_URL, or 8000)"
        )

        parser.add_argument(
            "--history",
            action=BooleanOptionalAction,
            default=True,
            help="give the line a made-up past, for its reports",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        # Compressed, as in production: what the pages weigh here is what they weigh there.
        call_command("collectstatic", interactive=False, verbosity=0)
        data.make()
        if options["history"]:
            data.make_history()
        facts = data.facts()
        (settings.DATA / "demo.json").write_text(json.dumps(facts, indent=2))
        stop = threading.Event()
        url = urlsplit(settings.PUBLIC_URL)
        try:
            serve("127.0.0.1", options["port"] or url.port or 8000, lambda: self._open(facts, stop))
        finally:
            stop.set()

    def _open(self, facts: dict[str, Any], stop: threading.Event) -> None:
        start_workers(stop)
        pages = facts["pages"]
        for told in (
            "",
            "The line is open. Everything stays on this computer. Ctrl-C ends it.",
            "",
            f"  text it        {pages['phone']}   (to {facts['short_code']})",
            f"  chat           {pages['chat']}",
            f"  ... elsewhere  {pages['site']}",
            f"  volunteer      {pages['desk']}",
            f"  supervisor     {pages['supervise']}",
            f"  manager        {pages['manage']}",
            f"  reports        {pages['reports']}",
            "",
            *(f"  {one['role']:<12} {one['username']:<8} {one['password']}" for one in facts["staff"]),
            "",
        ):
            self.stdout.write(told)
        self.stdout.flush()
