"""What a volunteer is shown of one message, made of all that was tried to deliver it. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from chatline.conversations.states import FINAL, DeliveryState, rank


class Attempt(NamedTuple):
    """One delivery of a message: which part of it, how far it came, why it failed, whether it may be repeated."""

    part: int
    state: DeliveryState
    fault: str = ""
    repeatable: bool = False


class Shown(NamedTuple):
    """The columns of the message."""

    delivery: str
    fault: str
    resend: bool


def shown(attempts: Iterable[Attempt]) -> Shown:
    """The worst of its parts, each as its latest attempt left it (they come in the order in which they were made).

    A part that failed is worse than one in doubt, which is worse than one under way, and those that have come least far
    are worse than those that arrived: a message has arrived when all of it has.
    """
    latest = {attempt.part: attempt for attempt in attempts}
    if not latest:
        return Shown("", "", False)
    worst = min(latest.values(), key=_goodness)
    return Shown(worst.state, worst.fault, any(one.repeatable for one in latest.values()))


def _goodness(attempt: Attempt) -> int:
    if attempt.state == DeliveryState.DELIVERED:
        return FINAL
    if rank(attempt.state) == FINAL:
        return -2
    return -1 if attempt.state == DeliveryState.UNKNOWN else rank(attempt.state)
