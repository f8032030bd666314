"""Texts that came to the fallback webhook while the database was away: on this host's disk until it is back.

One file a text, as in a maildir: written and synced in `tmp/`, moved to `new/`, and only then acknowledged. So whatever
dies and whenever, there is a whole text or none. Each is sealed under a key of its own, which the root keys wrap and
which lies beside it, because the table of keys is away as well; the name of a file is when it came and a random id.

`drain` receives them by the same unique id as the webhooks, so a text that came both ways, or is drained by two at
once, is stored once.

Order: what came to one host is received in the order of its clock when it came. What comes directly once the
database is back may be stored before what still waits here, for as long as draining takes (seconds), and nothing
orders the spools of two hosts. A text that must not wait is worth more than their order.
"""

import base64
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DataError
from django.db import Error as DatabaseFailure

from chatline.conversations import epochs
from chatline.errors import TryAgain
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import strays
from chatline.sms.inbound import Text
from chatline.vault import Place, Sealer, VaultError, root_of

log = logging.getLogger(__name__)

ALARM = "spool_unreadable"
"""Its subject is the name of the host whose `bad/` has something to be mended."""

HALF_WRITTEN_SECONDS = 3600.0
"""After this nobody writes a file any more: its process has died, and the provider was never told that we have it."""


# --- coming in --------------------------------------------------------------------------------------------


def append(text: Text) -> None:
    """Keeps a text on the disk; when this returns, no crash can lose it. Raises OSError when it could not be kept."""
    owner = uuid4()
    name = f"{time.time_ns():020d}.{owner}"
    half, whole = folder("tmp") / name, folder("new") / name
    try:
        with half.open("xb") as file:
            file.write(_sealed(text, owner))
            file.flush()
            os.fsync(file.fileno())
        half.rename(whole)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    # The name must last as well, and the folders, should they be new.
    for above in (whole.parent, settings.SPOOL, settings.SPOOL.parent):
        _sync(above)


def folder(name: str) -> Path:
    """`tmp`, `new` or `bad`, made if need be. Raises OSError."""
    path: Path = settings.SPOOL / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _sealed(text: Text, owner: UUID) -> bytes:
    wrapped, key = epochs.keyring().new_key(owner)
    sealed = Sealer(key).seal(json.dumps(asdict(text)), _place(owner))
    return base64.b64encode(wrapped) + b"\n" + base64.b64encode(sealed)


def _place(owner: UUID) -> Place:
    return Place("spool", "text", owner, 0)


# --- going out --------------------------------------------------------------------------------------------


def drain() -> bool:
    """Receives the oldest text that waits here. False when there is none: call it until then.

    Raises a database error when the database is still away. What cannot be opened, or is refused, is put into `bad/`
    for an operator to mend, so that it does not hold up the others.
    """
    return any(_receive(path) for path in waiting())


def _receive(path: Path) -> bool:
    """False if it cannot be received just now, for a reason of its own."""
    try:
        strays.receive(_opened(path), _came_at(path))
    except FileNotFoundError:
        # Another drainer was faster.
        return True
    except TryAgain:
        return False
    except DatabaseFailure as failure:
        if not isinstance(failure, DataError):
            raise
        _put_aside(path, failure)
    except Exception as failure:  # noqa: BLE001  # anything else is this text's own misfortune
        _put_aside(path, failure)
    else:
        # Should this process die here, the text is received once more, which its receipt makes nothing of.
        path.unlink(missing_ok=True)
    return True


def tidy() -> bool:
    """Forgets what was never acknowledged, and the alarm once an operator has mended what it was about."""
    for half in _files("tmp"):
        with suppress(FileNotFoundError):
            if time.time() - half.stat().st_mtime > HALF_WRITTEN_SECONDS:
                half.unlink()
    if not bad():
        clear_alarm(ALARM, _host())
    return False


def waiting() -> list[Path]:
    """Texts that are to be received, oldest first."""
    return sorted(_files("new"))


def bad() -> list[Path]:
    """Texts that could not be received. Once mended (a root key put back), they are moved to `new/` by hand."""
    return sorted(_files("bad"))


def needed_roots() -> set[str]:
    """The ids of the root keys that wrap what waits here."""
    found = set()
    for path in (*waiting(), *bad()):
        with suppress(FileNotFoundError, ValueError, VaultError):
            found.add(root_of(base64.b64decode(path.read_bytes().split(b"\n")[0], validate=True)))
    return found


def _files(name: str) -> Iterator[Path]:
    path = settings.SPOOL / name
    return path.iterdir() if path.is_dir() else iter(())


def _came_at(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.name.partition(".")[0]) / 1e9, UTC)


def _opened(path: Path) -> Text:
    owner = UUID(path.name.partition(".")[2])
    wrapped, sealed = (base64.b64decode(part, validate=True) for part in path.read_bytes().split(b"\n"))
    sealer = Sealer(epochs.keyring().unwrap(wrapped, owner))
    return Text(**json.loads(sealer.unseal(sealed, _place(owner))))


def _put_aside(path: Path, failure: Exception) -> None:
    log.error("spool_unreadable error=%s", type(failure).__name__)
    # First the alarm: should it fail, the text is met again here.
    raise_alarm(ALARM, _host())
    with suppress(FileNotFoundError):
        path.rename(folder("bad") / path.name)
        _sync(settings.SPOOL / "bad")


def _host() -> str:
    return socket.gethostname()[:80]
