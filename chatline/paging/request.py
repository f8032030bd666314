"""One POST to somebody else's server, within ten seconds whatever it does. Of the answer only the status is read.

Our own socket under the standard library's request, because a time-out for each read does not end a server that sends
a byte every second, and because the connection must go to the very address that was checked.
"""

import http.client
import re
import socket
import ssl
import time
from collections.abc import Mapping
from functools import cache

from chatline.paging.addresses import Address, look_up

DEADLINE = 10.0
"""Seconds for everything: connect, TLS, request, status."""

PATIENCE = 5.0
"""Seconds that a single wait may last: for a connection, for the next bytes."""

HEAD = 1_024
"""Bytes of an answer that are read at most, in search of its status."""

_STATUS = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)[ \r]")
_INTERIM = re.compile(rb"\AHTTP/1\.[01] 1\d\d[ \r].*?\r\n\r\n", re.DOTALL)


class Garbage(Exception):
    """What came is no answer."""


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status that was answered. Raises Forbidden, Garbage, OSError (TimeoutError, SSLError), HTTPException."""
    until = time.monotonic() + DEADLINE
    address = look_up(url)
    with _connected(address, until) as connected:
        request = http.client.HTTPConnection(address.host, address.port)
        # What the name of the host is sent without.
        request.default_port = 443 if address.secure else 80
        request.sock = connected
        connected.settimeout(_left(until))
        request.request("POST", address.path, body, {**headers, "Connection": "close"})
        return _status(connected, until)


def _connected(address: Address, until: float) -> socket.socket:
    """To the first of its addresses that answers."""
    failure: OSError = OSError("no address")
    for family, where in address.found:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(until))
            connection.connect(where)
            if not address.secure:
                return connection
            connection.settimeout(_left(until))
            return _tls().wrap_socket(connection, server_hostname=address.host)
        except OSError as error:
            connection.close()
            failure = error
    raise failure


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(until: float) -> float:
    """How long the next wait may last. Raises TimeoutError."""
    left = min(PATIENCE, until - time.monotonic())
    if left <= 0:
        raise TimeoutError
    return left


def _status(connected: socket.socket, until: float) -> int:
    head, may_read = b"", HEAD
    while may_read:
        connected.settimeout(_left(until))
        more = connected.recv(may_read)
        may_read -= len(more)
        head = _INTERIM.sub(b"", head + more)
        if b"\r\n" in head and (status := _STATUS.match(head)):
            return int(status[1])
        if not more or not b"HTTP/1.".startswith(head[:7]):
            break
    raise Garbage
