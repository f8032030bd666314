"""What a visitor's tab holds: a nonce that the page was given by us, and a token that finds their conversation again.

Neither stores anything. A token becomes a row with the first words; until then it is only a signed random number.
"""

import secrets
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner

from chatline.errors import Refused

NONCE_LIFE = timedelta(minutes=10)
"""From opening the page to its first socket; the page renews it by being opened again."""

TOKEN_LIFE = timedelta(hours=24)
"""How long a tab finds its conversation; the next day it is told plainly that it is gone."""

_nonces = TimestampSigner(salt="visitor.nonce")
_tokens = TimestampSigner(salt="visitor.token")


def new_nonce(line: str) -> str:
    return _nonces.sign(f"{line}.{secrets.token_urlsafe(9)}")


def check_nonce(nonce: str, line: str) -> None:
    """Raises Refused `stale_page` unless we gave this nonce to a page of this line lately."""
    try:
        told = _nonces.unsign(nonce, max_age=NONCE_LIFE)
    except BadSignature:
        told = ""
    if told.rpartition(".")[0] != line:
        raise Refused("Please open this page again.", code="stale_page")


def new_token() -> str:
    """256 random bits, signed with the time."""
    return _tokens.sign(secrets.token_urlsafe(32))


def is_ours(token: str) -> bool:
    """True for a token that we made within its life."""
    try:
        _tokens.unsign(token, max_age=TOKEN_LIFE)
    except BadSignature:
        return False
    return True
