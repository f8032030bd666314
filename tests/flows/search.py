"""Looking for what must not be there: in every table, and in everything that travels on a Redis."""

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
    """Which of these words stand in which place, whatever their case."""
    lowered = {place: content.lower() for place, content in dump.items()}
    return {
        f"{one!r} in {place}"
        for one in wanted
        for place, content in lowered.items()
        if one.lower().encode() in content
    }


@contextlib.contextmanager
def listening(redis_url: str) -> Iterator[list[bytes]]:
    """All that is published on a Redis while the block runs."""
    heard: list[bytes] = []
    with redis.Redis.from_url(redis_url) as client, client.pubsub() as channels:
        channels.psubscribe("*")
        channels.get_message(timeout=5)
        stop = threading.Event()
        thread = threading.Thread(target=_listen, args=(channels, heard, stop))
        thread.start()
        try:
            yield heard
        finally:
            stop.set()
            thread.join()


def _listen(channels: Any, heard: list[bytes], stop: threading.Event) -> None:
    while not stop.is_set():
        if message := channels.get_message(timeout=0.1):
            heard.append(b"\0".join(_bytes(part) for part in message.values()))
