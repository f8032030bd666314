"""Says when pages by e-mail would go nowhere."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError
from django.db.models import Q

from chatline.lines.ladders import Channel
from chatline.lines.models import Line
from routing.models import Contact

SCHEMES = {"smtp", "smtps", "console", "memory"}


@register()
def the_mail_server_is_one(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    parts = urlsplit(settings.EMAIL_URL)
    has_host = parts.hostname or parts.scheme in {"console", "memory"}
    if not settings.EMAIL_URL or (parts.scheme in SCHEMES and has_host):
        return []
    hint = "Set EMAIL_URL to smtp://user:password@host:587 or smtps://user:password@host."
    return [Error("EMAIL_URL names no mail server.", hint, id="chatline.E050")]


@register()
def pages_by_email_go_somewhere(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Only a warning: the ladder goes on by text and voice."""
    if settings.EMAIL_URL or not _counts_on_email():
        return []
    hint = "Set EMAIL_URL to smtp://user:password@host:587, or take e-mail out of the ladders."
    return [
        Warning("Supervisors are to be paged by e-mail, and no mail server is set.", hint, id="chatline.W050")
    ]


def _counts_on_email() -> bool:
    """Whether a ladder has an e-mail, the ready one counting too, or somebody gave an address."""
    by_email = Q(rungs=None) | Q(rungs__channel=Channel.EMAIL)
    try:
        return Line.objects.filter(by_email).exists() or Contact.objects.exclude(email_sealed=None).exists()
    except (DatabaseError, SynchronousOnlyOperation):
        # Before the first migration there is nobody to page; in a server's event loop it was said before.
        return False
