"""An alarm for requests that name our account and are not signed by it: by our own mistake such a text is lost.

The mistake is ours when the public address, a token or the proxy is wrong, and then every text is refused. So the
alarm is raised for the webhook that refused, and cleared by the next request that the same webhook accepts. Each
process writes either at most once a minute, whatever it is sent.
"""

import logging
import time
from collections.abc import Callable

from django.db import Error as DatabaseFailure

from chatline.people.actions import clear_alarm, raise_alarm

log = logging.getLogger(__name__)

ALARM = "signature_refused"
"""Its subject is the webhook: `inbound`, `fallback`, `status`, `page` or `page_status`."""

EVERY_SECONDS = 60.0

_written: dict[tuple[str, bool], float] = {}
"""When this process last raised (True) or cleared (False) it."""


def refused(webhook: str) -> None:
    if _due(webhook, True):
        _safely(raise_alarm, webhook)
        # Whatever was cleared before, this one is not.
        _written.pop((webhook, False), None)


def accepted(webhook: str) -> None:
    """Call it once the request is done with: nothing a person said may wait for this."""
    if _due(webhook, False):
        _safely(clear_alarm, webhook)


def _due(webhook: str, raising: bool) -> bool:
    now = time.monotonic()
    if now - _written.get((webhook, raising), float("-inf")) < EVERY_SECONDS:
        return False
    _written[webhook, raising] = now
    return True


def _safely(verb: Callable[[str, str], None], webhook: str) -> None:
    try:
        verb(ALARM, webhook)
    except DatabaseFailure as failure:
        # The answer does not depend on it, and the next minute tries again.
        log.error("alarm_not_written error=%s", type(failure).__name__)
