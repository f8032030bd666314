"""The provider and its handsets as a process of their own, in memory, for this computer only.

    python -m chatline.demo.alone --port 8900 --line http://127.0.0.1:8000 --account AC... --token ... --delay 0.1

The line's `TWILIO_API_URL` is then http://127.0.0.1:8900. A message is created at once and answered after `delay`
seconds. Tests look in through `/_emu/` (`control.py`), or run `Alone` in a thread of their own and look at its
`carrier`. Faults really break connections; one that is "refused" is reset instead, because it was taken by then, and
`down` refuses all there are.
"""

import argparse
import select
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chatline.demo import control, rest
from chatline.demo.answers import Answer
from chatline.demo.carrier import Carrier
from chatline.demo.postman import Postman

EARLY_SECONDS = 0.2
"""How long an answer waits where the callback is to come before it."""

SILENT_SECONDS = 60.0
"""How long a request may wait in vain; whoever asks gives up long before."""

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER without time: closing then resets the connection."""


class Alone:
    """The network at `http://127.0.0.1:port` (0 for any free one), started and stopped from outside."""

    def __init__(
        self,
        line: str,
        account: str,
        token: str,
        *,
        port: int = 0,
        delay: float = 0.0,
        numbers: tuple[str, ...] = ("57230",),
        width: int = 16,
    ) -> None:
        self.delay = delay
        self._server = _Server(self, port)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.carrier = Carrier(account, line, tokens=lambda: [token], numbers=numbers, base=self.url)
        self.postman = Postman(self.carrier, lambda: token, width)

    def start(self) -> None:
        self.postman.start()
        self._serve()

    def stop(self) -> None:
        self._close()
        self.postman.stop()

    def down(self, seconds: float) -> None:
        """Refuses connections, and ends those that are open, for so long."""
        self._close()
        time.sleep(seconds)
        self._server = _Server(self, self.port)
        self._serve()

    def _serve(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="alone", daemon=True).start()

    def _close(self) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them
    request_queue_size = 256

    def __init__(self, alone: Alone, port: int) -> None:
        self.alone = alone
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]  # never a pair here
        # No word of farewell before it, which a reset must not have.
        self._open.discard(request)
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked went away in the middle: that is what is tested with this."""

    def hang_up(self) -> None:
        for one in list(self._open):
            # One may have been closed in the meantime.
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece

    def do_any(self) -> None:
        alone, url = self.server.alone, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if url.path.startswith("/_emu/"):
            done = control.answer(alone.carrier, self.command, url.path.removeprefix("/_emu/"), body)
            alone.postman.wake()
        else:
            done = self._provided(alone, url.path, url.query, body)
        self._answer(done)

    do_GET = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815  # the names that the library looks for

    def _provided(self, alone: Alone, path: str, query: str, body: bytes) -> Answer:
        done = rest.answer(
            alone.carrier,
            self.command,
            path,
            dict(parse_qsl(query, keep_blank_values=True)),
            dict(parse_qsl(body.decode(), keep_blank_values=True)),
            rest.credentials_of(self.headers.get("Authorization", "")),
        )
        alone.postman.wake()
        if wait := alone.delay + (EARLY_SECONDS if done.early else 0.0):
            time.sleep(wait)
        return done

    def _answer(self, done: Answer) -> None:
        if done.broken:
            self._break(done.broken)
            return
        self.send_response(done.status)
        for name, value in done.headers.items():
            self.send_header(name, value)
        if done.status != 204:
            self.send_header("Content-Length", str(len(done.body)))
        self.end_headers()
        self.wfile.write(done.body)

    def _break(self, how: str) -> None:
        self.close_connection = True
        if how == "silence":
            # It ends when the other side hangs up.
            select.select([self.connection], [], [], SILENT_SECONDS)
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def log_message(self, format: str, *args: object) -> None:
        """Requests name numbers: nothing is logged."""


def main() -> None:
    """Runs until it is interrupted."""
    asked = argparse.ArgumentParser(
        prog="python -m chatline.demo.alone", description="The provider, on this computer."
    )
    asked.add_argument("--port", type=int, required=True)
    asked.add_argument("--line", required=True, help="the line's public address; nothing else is ever called")
    asked.add_argument("--account", required=True)
    asked.add_argument("--token", required=True)
    asked.add_argument("--delay", type=float, default=0.0, help="seconds before each answer (0)")
    asked.add_argument("--number", action="append", help="a number of the line (57230); may be repeated")
    given = asked.parse_args()
    numbers = tuple(given.number or ("57230",))
    alone = Alone(given.line, given.account, given.token, port=given.port, delay=given.delay, numbers=numbers)
    alone.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        alone.stop()


if __name__ == "__main__":
    main()
