import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from chatline.management.run import serve, start_spool


class Command(BaseCommand):
    help = "Pages and sockets (Daphne). Run as many as you need beside `chatline worker`; they meet on Redis."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        stop = threading.Event()
        try:
            serve(host, port, lambda: self._listening(f"http://{host}:{port}", stop))
        finally:
            stop.set()

    def _listening(self, address: str, stop: threading.Event) -> None:
        start_spool(stop)
        self.stdout.write(f"Listening on {address}")
        self.stdout.flush()
