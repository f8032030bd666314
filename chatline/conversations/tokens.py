"""What a visitor's tab holds: a nonce that the page was given by us, and a token that finds their conversation again.

Neither stores anything. A token becomes a row with the first words; until then it is only a signed random number.
A nonce starts one visitor, and no second one: its mark goes into the tokens given for it, and into that visitor's row.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer, TimestampSigner

from chatline.errors import Refused

NONCE_LIFE = timedelta(minutes=10)
"""From opening the page to its first socket; the page renews it by being opened again."""

TOKEN_LIFE = timedelta(hours=24)
"""How long a tab finds its conversation; the next day it is told plainly that it is gone."""

TICKET_LIFE = timedelta(minutes=15)
"""How long a page without scripts that was asleep can still look by itself for what is new."""

_nonces = TimestampSigner(salt="visitor.nonce")
_tokens = TimestampSigner(salt="visitor.token")
_tickets = TimestampSigner(salt="visitor.ticket")
_marks = Signer(salt="visitor.start")


def new_nonce(line: str, site: str = "") -> str:
    """For a page of this line (its slug), shown in that site (its key) or on a page of our own."""
    return _nonces.sign(f"{line}.{site}.{secrets.token_urlsafe(12)}")


def check_nonce(nonce: str, line: str, site: str = "") -> None:
    """Raises Refused `stale_page` unless we gave this nonce to a page of this line and site lately."""
    try:
        told = _nonces.unsign(nonce, max_age=NONCE_LIFE)
    except BadSignature:
        told = ""
    if told.rpartition(".")[0] != f"{line}.{site}":
        raise Refused("Please open this page again.", code="stale_page")


def new_token(given: str = "") -> str:
    """256 random bits, signed with the time, marked with what it was given for: a nonce, or a token that is over."""
    mark = _marks.signature(given) if given else secrets.token_urlsafe(32)
    return _tokens.sign(f"{secrets.token_urlsafe(32)}.{mark}")


def start_of(token: str) -> str:
    """The mark of what this token was given for; no two visitors may start with the same."""
    return token.split(":")[0].partition(".")[2]


def is_ours(token: str, *, lately: bool = True) -> bool:
    """True for a token that we made: within its life, or at any time."""
    try:
        _tokens.unsign(token, max_age=TOKEN_LIFE if lately else None)
    except BadSignature:
        return False
    return True


def new_ticket(visitor: UUID) -> str:
    """To look at this visitor's conversation and do nothing else; unlike a token it may stand in an address."""
    return _tickets.sign(visitor.hex)


def look(ticket: str, life: timedelta = TICKET_LIFE) -> UUID | None:
    """Whose conversation this ticket of ours shows, or None if it is older than its `life`."""
    try:
        return UUID(_tickets.unsign(ticket, max_age=life))
    except BadSignature:
        return None
