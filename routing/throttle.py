"""How much one sender may do in a while. What is too much is held back, never lost: `slow_down` says when to try again.

The counts live in this process's memory and die with it. Somebody's socket lives in one process, and what is kept of an
address is a name that only this process knows, for a day at most; so nothing here could be shared, and nothing fails
when the bus does. With several web processes a line takes in so many times as many newcomers, which is meant: the
limits are there to keep one sender from filling the queue, not to count people.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerHour, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from chatline.errors import ChatlineError
from routing.proof import challenge_for, is_proof

ADDRESS_KEPT = 24 * 3600.0
"""Seconds after which the key behind the names of addresses is thrown away: two days of one person cannot be joined."""

LONGEST_WAIT = 30.0
"""Seconds after which whoever is held back asks again, however long it may take: somebody else may have had enough."""

NETWORK_BITS = {4: 24, 6: 56}
"""How much of an address names a sender: about a household, so that nobody is one in the table."""


_NEAR = [
    ipaddress.ip_network(one)
    for one in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]


_ONCE = RateLimitItemPerHour(1)


class SlowDown(ChatlineError):
    """Nothing was stored. The same request succeeds later, and clients send it again by themselves."""

    code = "slow_down"
    detail = "That was a lot at once. It goes out in a moment."
    challenge: str | None = None
    """What to prove in order to be let in sooner (`routing/proof.py`); null where only time helps."""


class Throttle:
    """Counts in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._key, self._key_made = os.urandom(32), time.monotonic()

    def says(self, who: UUID | str) -> None:
        """One thing said by a visitor, whom their id or the token of their tab names. Raises SlowDown."""
        self._count(("visitor", str(who)))

    def staff_says(self, staff: UUID) -> None:
        """Raises SlowDown."""
        self._count(("staff", str(staff)))

    def arrives(self, line: UUID, address: str | None, token: str, proof: str = "") -> None:
        """A new conversation by web; `address` is null where it is not the sender's own. Raises SlowDown.

        The tab that `token` names is counted once: whoever was let in and has to send their first words again, because
        the database was away, must not use up what is left for their address. Nor does who is held back.
        """
        if not self._limiter.test(_ONCE, "tab", token):
            return
        challenge = challenge_for(token, settings.PROOF_BITS)
        asked = self._is_rush(line, token) and settings.PROOF_BITS > 0 and not is_proof(challenge, proof)
        # Whoever cannot prove anything has a door of their own, which no number of proofs can fill.
        counted = [("unproven" if asked else "line", str(line))]
        if address is not None:
            counted.append(("newcomers", self._name(address)))
        try:
            self._count(*counted)
        except SlowDown as held:
            held.challenge = challenge if asked else None
            raise
        self._limiter.hit(_ONCE, "tab", token)

    def _is_rush(self, line: UUID, token: str) -> bool:
        """Whether more tabs come to the line than ever do in earnest; it is over as soon as fewer come."""
        rates = rates_of(settings.LIMITS["rush"])
        rush = not all(self._limiter.test(rate, "rush", str(line)) for rate in rates)
        if self._limiter.hit(_ONCE, "came", token):
            for rate in rates:
                self._limiter.hit(rate, "rush", str(line))
        return rush

    def _count(self, *counted: tuple[str, str]) -> None:
        """One more of each kind for each of whom, or of none of them. Raises SlowDown."""
        hits = [(rate, kind, who) for kind, who in counted for rate in rates_of(settings.LIMITS[kind])]
        full = [hit for hit in hits if not self._limiter.test(*hit)]
        if full:
            wait = max(self._limiter.get_window_stats(*hit).reset_time for hit in full) - time.time()
            raise SlowDown(retry_after=round(min(max(wait, 0.5), LONGEST_WAIT), 1))
        for hit in hits:
            self._limiter.hit(*hit)

    def _name(self, address: str) -> str:
        if time.monotonic() - self._key_made > ADDRESS_KEPT:
            self._key, self._key_made = os.urandom(32), time.monotonic()
        return hmac.digest(self._key, network_of(address).encode(), "sha256").hex()


@lru_cache(maxsize=16)
def rates_of(text: str) -> Sequence[RateLimitItem]:
    """`10/10 seconds; 30/minute`, as `limits` writes it. Raises ValueError for what is not a rate."""
    return parse_many(text)


def network_of(address: str) -> str:
    """The network that stands for a sender; what is no address stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((mapped, NETWORK_BITS[mapped.version]), strict=False))


def sender_of(peer: str, forwarded: str, trusted: Iterable[str]) -> str | None:
    """Whose request it is: of the addresses that proxies noted, the last that no trusted proxy has; or else the peer.

    `forwarded` is X-Forwarded-For, which anybody may write, so it counts from the right and only behind proxies of
    ours (`CHATLINE_TRUSTED_PROXIES`, addresses or networks). Null where the peer is a proxy that nobody named: then
    everybody would be one sender.
    """
    networks = [ipaddress.ip_network(one, strict=False) for one in trusted]
    if not _is_in(peer, networks):
        return None if _is_near(peer) else peer
    for one in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_in(one, networks):
            return one
    return None


def _is_in(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False


def _is_near(address: str) -> bool:
    """An address inside some house (RFC 1918, RFC 4193, loopback), which no visitor of a website comes from."""
    return _is_in(address, _NEAR) or not address


throttle = Throttle()
