import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from chatline.management.run import start_workers

DRAIN_SECONDS = 30.0
"""How long a text that is under way may take before the worker ends all the same; it is then found as unknown."""


class Command(BaseCommand):
    help = "Courier (sends texts) and dispatcher (moves time). Any number of workers may run at once."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: stop.set())
        threads = start_workers(stop)
        self.stdout.write("Working. Ctrl-C ends it.")
        self.stdout.flush()
        stop.wait()
        for thread in threads:
            thread.join(DRAIN_SECONDS)
