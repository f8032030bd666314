"""A provider's shelf on this machine, over real connections: contents behind a signed address, some of them spoiled."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SIGNED = "/signed/ME1"


@dataclass
class Shelf:
    """`requests` are the paths that were asked for, each with the credentials that came along, or None."""

    base: str = ""
    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: reply(handler, 404)
    requests: list[tuple[str, str | None]] = field(default_factory=list)


def reply(handler: BaseHTTPRequestHandler, status: int, content: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(content)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def behind_redirect(
    then: Callable[[BaseHTTPRequestHandler], None], to: str = SIGNED
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Redirects to the signed address, and answers there."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/signed/"):
            then(handler)
        else:
            reply(handler, 307, b"<moved/>", Location=to)

    return answer


def without_end(handler: BaseHTTPRequestHandler) -> None:
    """More and more, with no length told before."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(2_000):
        handler.wfile.write(b"%x\r\n%s\r\n" % (65_536, bytes(65_536)))


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, each in time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"\xff")
        time.sleep(0.05)


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Half of what it said."""
    handler.send_response(200)
    handler.send_header("Content-Length", "400")
    handler.end_headers()
    handler.wfile.write(bytes(200))


@contextmanager
def shelf() -> Iterator[Shelf]:
    here = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.requests.append((self.path, self.headers["Authorization"]))
            try:
                here.answer(self)
            except OSError:  # whoever asked has heard enough
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        here.base = f"http://127.0.0.1:{server.server_port}/carrier"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield here
        server.shutdown()
        serving.join()
