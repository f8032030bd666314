"""Where a website lives, as browsers compare it: scheme, host and port, and nothing else."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from chatline.errors import BadInput

LOOPBACK = {"localhost", "127.0.0.1"}
MOST = 20
"""Of one site. They all stand in one header of each of its pages."""

_USUAL = {"http": 80, "https": 443}
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def origin_of(written: str) -> str:
    """The one way to write an origin: `https://www.example.org`, with a port where it is not the usual one.

    Raises BadInput: `origin_wildcard`, `origin_scheme`, `origin_host`, `origin_port`, `origin_path` (anything after the
    host but a slash) or `origin_insecure` (http outside this machine: others on the way could write into the page).
    """
    written = written.strip()
    if "*" in written:
        raise BadInput("Name each address by itself; * is not possible.", code="origin_wildcard")
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise BadInput(f"The port in {written} is none.", code="origin_port") from None
    if parts.scheme not in _USUAL or not parts.netloc:
        raise BadInput(f"{written} does not start with https://", code="origin_scheme")
    host = _ascii(parts.hostname or "")
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        raise BadInput(f"{written} names no host.", code="origin_host")
    if port == 0:
        raise BadInput(f"The port in {written} is none.", code="origin_port")
    origin = f"{parts.scheme}://{host}" + (f":{port}" if port and port != _USUAL[parts.scheme] else "")
    if parts.path not in ("", "/") or any(mark in written for mark in "?#"):
        raise BadInput(f"Leave out what comes after the host: {origin}", code="origin_path")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise BadInput(f"{origin} must start with https://", code="origin_insecure")
    return origin


def origins_of(written: Iterable[str]) -> list[str]:
    """Each once, in the given order, blank lines left out. Raises also `origin_missing` and `origins_too_many`."""
    origins = list(dict.fromkeys(origin_of(one) for one in written if one.strip()))
    if not origins:
        raise BadInput("At least one address is needed.", code="origin_missing")
    if len(origins) > MOST:
        raise BadInput(f"One site has at most {MOST} addresses.", code="origins_too_many")
    return origins


def _ascii(host: str) -> str:
    """As it stands in headers: names in other alphabets have a form for that."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""
