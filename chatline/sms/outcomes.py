"""What is done about the answers to what was sent: on the delivery, on our pace, and for the operator."""

import logging
import random
from collections.abc import Sequence

from django.db import IntegrityError
from django.utils import timezone

from chatline.conversations import deliveries
from chatline.conversations.deliveries import News
from chatline.conversations.models import Delivery
from chatline.conversations.states import DeliveryState
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import codes, pace
from chatline.sms.codes import Then
from chatline.sms.flow import Flow
from chatline.sms.gateway import Accepted, NotSent, Outcome, Rejected, Unknown
from chatline.sms.letters import Letter
from chatline.sms.reports import news_of, react

log = logging.getLogger(__name__)

UNREACHABLE = "provider_unreachable"
LONGEST_PAUSE = 60.0


def learn(answered: Sequence[tuple[Letter, Outcome]], flow: Flow) -> None:
    """Takes in what became of these texts; nothing is written twice, so it may be called again after a failure."""
    for letter, outcome in answered:
        if isinstance(outcome, Rejected):
            # Before it is final: who told the provider to stop must count as stopped even if we die in between.
            react(letter.delivery.oid, outcome.code)
    _write([one for letter, outcome in answered if (one := _news(letter, outcome))])
    for letter, outcome in answered:
        _adapt(letter.delivery, outcome, flow)
        log.info("delivery oid=%s outcome=%s", letter.delivery.oid, type(outcome).__name__)


def _write(news: Sequence[News]) -> None:
    try:
        deliveries.record_list(news)
    except IntegrityError:
        # An id of the provider's that another delivery has already: told about one text must not be lost for all.
        for one in news:
            try:
                deliveries.record(one)
            except IntegrityError:
                log.error("provider_id_twice oid=%s", one.oid)
                deliveries.record(News(one.oid, one.state, None, one.error_code))


def _news(letter: Letter, outcome: Outcome) -> News | None:
    oid = letter.delivery.oid
    match outcome:
        case Accepted(sid):
            return News(oid, DeliveryState.ACCEPTED, provider_id=sid, parts=letter.parts)
        case Rejected(code):
            return news_of(oid, DeliveryState.REJECTED, code=code)
        case Unknown():
            return News(oid, DeliveryState.UNKNOWN)
        case NotSent():
            return None


def _adapt(delivery: Delivery, outcome: Outcome, flow: Flow) -> None:
    now = timezone.now().timestamp()
    match outcome:
        case NotSent(None) | Unknown():
            if flow.failed(now):
                raise_alarm(UNREACHABLE)
            if isinstance(outcome, NotSent):
                deliveries.put_back(delivery, pause(delivery.attempts))
        case NotSent(int(code)):
            _not_taken(delivery, code, flow, now)
        case Rejected():
            went_through(flow, now)
        case Accepted():
            went_through(flow, now)
            if delivery.attempts:
                clear_alarm(codes.SENDER_REFUSED, delivery.visitor.reached_from)


def _not_taken(delivery: Delivery, code: int, flow: Flow, now: float) -> None:
    """The provider answered, and certainly did not take it."""
    then = codes.meaning(code).then
    if then is Then.SLOW:
        deliveries.put_back(delivery, flow.slow_down(now), counts=False)
        return
    went_through(flow, now)
    deliveries.put_back(delivery, LONGEST_PAUSE)
    if then is Then.MEND:
        sender = delivery.visitor.reached_from
        pace.pause(sender, timezone.now() + pace.MENDING)
        raise_alarm(codes.SENDER_REFUSED, sender)


def went_through(flow: Flow, now: float) -> None:
    """The provider answered properly; if it had not before, it is back."""
    if flow.went_through(now):
        clear_alarm(UNREACHABLE)


def pause(attempts: int) -> float:
    """Seconds before the next attempt: doubling to a minute, and never the same for all who were refused together."""
    return min(LONGEST_PAUSE, 2.0 ** min(attempts, 10)) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
