"""A mail server on this machine that says what a test lets it say."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

SILENCE = ""
"""An answer that never comes."""

FINE = {
    "EHLO": "250 here",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "RSET": "250 ok",
    ".": "250 taken",
    "QUIT": "221 bye",
}


@dataclass
class MailServer:
    says: Mapping[str, str]
    letters: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as lines:
            lines.write(b"220 here\r\n")
            lines.flush()
            while line := lines.readline().decode().strip():
                verb = line.split()[0].upper()
                if not self._say(lines, verb):
                    return
                if verb == "DATA":
                    self.letters.append(_letter(lines))
                    if not self._say(lines, "."):
                        return

    def _say(self, lines: object, verb: str) -> bool:
        answer = {**FINE, **self.says}[verb]
        if answer == SILENCE:
            self._ended.wait(60)
            return False
        lines.write(f"{answer}\r\n".encode())  # type: ignore[attr-defined]  # a socket's file
        lines.flush()  # type: ignore[attr-defined]  # the same
        return True


def _letter(lines: object) -> str:
    told = []
    while (line := lines.readline().decode()) not in {".\r\n", ""}:  # type: ignore[attr-defined]  # a socket's file
        told.append(line)
    return "".join(told)


@contextmanager
def mail_server(**says: str) -> Iterator[MailServer]:
    running = MailServer(says)
    try:
        yield running
    finally:
        running.close()
