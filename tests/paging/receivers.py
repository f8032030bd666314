"""Other systems that receive pages, on this machine: good ones, and ones that misbehave in the ways servers do."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, and when on the monotonic clock. Names of headers are lower case."""

    at: float
    line: str
    headers: dict[str, str]
    body: bytes


Manner = Callable[[socket.socket, threading.Event], None]
"""What a receiver does with a connection once it has read the request; the event ends it."""


def answers(*raw: bytes) -> Manner:
    """The raw answers in turn, the last one for ever after."""
    waiting = list(raw)

    def manner(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return manner


def status(code: int, headers: str = "") -> bytes:
    return f"HTTP/1.1 {code} As it is\r\n{headers}Content-Length: 0\r\n\r\n".encode()


def hangs(_: socket.socket, ended: threading.Event) -> None:
    ended.wait(60)


def drips(connection: socket.socket, ended: threading.Event) -> None:
    """An answer that goes on and on, a byte now and then, and never comes to its status."""
    connection.sendall(b"HTTP/1.1 100 Continue\r\nX: ")
    while not ended.wait(0.05):
        connection.sendall(b"x")


def hangs_up(_: socket.socket, __: threading.Event) -> None:
    """Not a byte."""


@dataclass
class Receiver:
    """One such system; `url` is its hook."""

    manner: Manner
    tls: ssl.SSLContext | None = None
    got: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    _under_way: int = 0

    def __post_init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._lock = threading.Lock()
        kind = "https" if self.tls else "http"
        self.url = f"{kind}://127.0.0.1:{self._door.getsockname()[1]}/pages?of=line"
        threading.Thread(target=self._listen, daemon=True).start()

    def ids(self) -> list[str]:
        return [one.headers["chatline-id"] for one in self.got]

    def close(self) -> None:
        self._ended.set()
        self._door.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for the next connection
        self._door.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            with self._opened(connection) as opened:
                self.got.append(_read(opened))
                self.manner(opened, self._ended)
        except OSError:
            pass  # they hung up, which is theirs to do
        finally:
            with self._lock:
                self._under_way -= 1

    def _opened(self, connection: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection


def _read(connection: socket.socket) -> Request:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += connection.recv(65_536)
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65_536)
    return Request(time.monotonic(), line, headers, body)


@contextmanager
def receiver(manner: Manner | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """One that takes everything, unless it is given a manner."""
    running = Receiver(manner or answers(OK), tls)
    try:
        yield running
    finally:
        running.close()
