"""Whether a worker is alive: it writes down when it last went its rounds, and whoever looks sees how long ago."""

from datetime import datetime, timedelta

from routing.models import Pulse

EVERY = timedelta(seconds=15)
SILENT = timedelta(seconds=60)
"""Without a round for so long nothing is told, closed or paged in time."""

DISPATCHER = "dispatcher"


def beat(now: datetime) -> bool:
    """A duty of the dispatcher's; never work that calls for another round at once."""
    if not Pulse.objects.filter(name=DISPATCHER, at__gt=now - EVERY).exists():
        Pulse.objects.update_or_create(name=DISPATCHER, defaults={"at": now})
    return False


def is_alive(now: datetime) -> bool:
    return Pulse.objects.filter(name=DISPATCHER, at__gt=now - SILENT).exists()
