"""A socket of the load client: as little as the protocol allows, so that what is measured is the server.

(Measured beside the `websockets` package: a third of its processor time a frame.) It does not check what the server is
not expected to get wrong: no handshake key, no fragments, no compression, which it never offers.
"""

import asyncio
import base64
import os
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Refused(ConnectionError):
    """The handshake was not answered with 101; holds the answer's first line."""


class Socket(asyncio.Protocol):
    """Calls `hear` with the payload of each text frame."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = False
        self._transport: asyncio.Transport
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
        if not self.opened.done():
            self.opened.set_exception(Refused("closed during the handshake"))

    def greet(self, path: str, headers: dict[str, str]) -> None:
        """Sends the handshake; `opened` tells how it was answered."""
        lines = [
            f"GET {path} HTTP/1.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done() and not self._handshake_is_over():
            return
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == TEXT:
                self.hear(payload)
            elif opcode == PING:
                self._send(PONG, payload)
            elif opcode == CLOSE:
                self._transport.close()

    def _handshake_is_over(self) -> bool:
        head, blank, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not blank:
            return False
        self._buffer = bytearray(rest)
        first_line = head.partition(b"\r\n")[0]
        if b" 101 " in first_line:
            self.opened.set_result(None)
            return True
        self.opened.set_exception(Refused(first_line.decode(errors="replace")))
        return False

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length > 125:
            start = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:start], "big")
        end = start + length
        if len(buffer) < end:
            return None
        frame = buffer[0] & 0x0F, bytes(buffer[start:end])
        del buffer[:end]
        return frame

    def send(self, payload: bytes) -> None:
        self._send(TEXT, payload)

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        head = bytes([0x80 | opcode, 0x80 | length]) if length < 126 else _long_head(opcode, length)
        mask = os.urandom(4)
        pad = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(length, "big")
        self._transport.write(head + mask + masked)

    def close(self) -> None:
        if not self.ended:
            self._send(CLOSE, (1000).to_bytes(2, "big"))


def _long_head(opcode: int, length: int) -> bytes:
    return bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")


async def connect(port: int, path: str, headers: dict[str, str], hear: Callable[[bytes], None]) -> Socket:
    """An open socket to 127.0.0.1. Raises Refused."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(hear), "127.0.0.1", port)
    socket.greet(path, {"Host": f"127.0.0.1:{port}", **headers})
    await asyncio.wait_for(socket.opened, 20)
    return socket
