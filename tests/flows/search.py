"""Looking for what must not be there: in every table, and in everything that travels on a Redis."""

import base64
import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import redis

Dump = Mapping[str, bytes]
"""By place (a table, a log, the bus): all of its bytes."""


def tables(cursor: Any, names: Iterable[str]) -> dict[str, bytes]:
    """Every row of these tables, each value as the bytes it holds."""
    dump = {}
    for name in names:
        cursor.execute(f'SELECT * FROM "{name}"')
        dump[f"table {name}"] = b"\0".join(_bytes(value) for row in cursor.fetchall() for value in row)
    return dump


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode("utf-8", "surrogatepass")


def found(dump: Dump, wanted: Iterable[str]) -> set[str]:
    """Which of these words stand in which place, whatever their case, and as dumps write bytes: in hex or base64."""
    forms = {one: forms_of(one.lower().encode()) for one in wanted}
    hits = set()
    for place, content in dump.items():
        lowered = content.lower()
        hits |= {
            f"{one!r} in {place}" for one, of_it in forms.items() if any(form in lowered for form in of_it)
        }
    return hits


def forms_of(word: bytes) -> set[bytes]:
    """As it is, in hex, and the middle of it in base64 at each of the three places where it may begin."""
    coded = {base64.b64encode(bytes(shift) + word)[2 * shift :].rstrip(b"=")[:-1] for shift in range(3)}
    return {word, word.hex().encode(), *(one.lower() for one in coded)}


@contextlib.contextmanager
def monitoring(redis_url: str) -> Iterator[list[bytes]]:
    """Every command that a Redis is given while the block runs, with all it holds."""
    heard: list[bytes] = []
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=_monitor, args=(redis_url, heard, ready, stop))
    thread.start()
    try:
        assert ready.wait(10)
        yield heard
    finally:
        stop.set()
        with redis.Redis.from_url(redis_url) as client:
            client.ping()  # is heard, and wakes whoever listens
        thread.join()


def _monitor(redis_url: str, heard: list[bytes], ready: threading.Event, stop: threading.Event) -> None:
    with redis.Redis.from_url(redis_url, socket_timeout=None) as client, client.monitor() as monitor:
        ready.set()
        while not stop.is_set():
            heard.append(_bytes(monitor.next_command()["command"]))
