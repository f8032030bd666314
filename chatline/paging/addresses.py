"""Where a hook may lead: public addresses by https. Looked up once: what was checked is what is connected to."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

IP = IPv4Address | IPv6Address

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

_INNER = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
"""Inner services of clouds (Azure's, Oracle's) that Python counts as public; all others are link-local or private."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""Stands for the IPv4 address in its last 32 bits (RFC 6052)."""


class Forbidden(Exception):
    """The address is none that a hook may have."""


@dataclass(frozen=True, slots=True)
class Address:
    """`found` are the socket addresses of `host`, each with its family; `path` begins with a slash."""

    host: str
    port: int
    path: str
    secure: bool
    found: tuple[tuple[int, tuple[object, ...]], ...]


def look_up(url: str) -> Address:
    """Raises Forbidden, or OSError for a name that leads nowhere."""
    parts = _allowed(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = tuple((family, where) for family, _, _, _, where in answers)
    # One that is forbidden among several is somebody's trick, or a mistake that would show only now and then.
    if not all(may_be_reached(ip_address(str(where[0]))) for _, where in found):
        raise Forbidden
    path = parts.path or "/"
    return Address(host, port, f"{path}?{parts.query}" if parts.query else path, secure, found)


def _allowed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise Forbidden from None
    here = settings.DEMO and parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or "@" in parts.netloc or not (parts.scheme == "https" or here):
        raise Forbidden
    return parts


def may_be_reached(ip: IP) -> bool:
    """Whether a hook may lead there: this machine in the demo, else what is public, whatever form it is written in."""
    inner = _meant(ip)
    if settings.DEMO and inner.is_loopback:
        return True
    return inner.is_global and not inner.is_multicast and not any(inner in network for network in _INNER)


def _meant(ip: IP) -> IP:
    """The IPv4 address that an IPv6 one only wraps."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
