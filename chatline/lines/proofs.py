"""The live test of a page: a manager asks for it, the page's own chat frame tries to leave, and we see it arrive.

What travels is one signed word that says who asked, for which site and where; nothing is stored until it arrives.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core import signing

from chatline.errors import Refused

LIFE = timedelta(minutes=15)
"""From asking to pressing the button in the page; asking again costs nothing."""

_SALT = "site.check"


@dataclass(frozen=True, slots=True)
class Check:
    """`origin` is the one of the site's that is tested, `by` the manager who asked."""

    site: int
    origin: str
    by: UUID


def ask(check: Check) -> str:
    return signing.dumps([check.site, check.origin, str(check.by)], salt=_SALT)


def read(token: str) -> Check:
    """Raises Refused `check_over` unless we signed this within its life."""
    try:
        site, origin, by = signing.loads(token, salt=_SALT, max_age=LIFE)
    except signing.BadSignature:
        raise Refused("This test is over. Please ask for a new one.", code="check_over") from None
    return Check(site, origin, UUID(by))
