"""Sends what waits to be sent: claim, commit, send, record. Any number of workers may run one.

No transaction is held across HTTP. A courier that dies in the middle leaves its text `posting`; `sweep` makes that
`unknown`, which is looked for at the provider (`reconcile.py`), shown to the volunteer, and never sent again by itself.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from django.db import transaction
from django.utils import timezone

from chatline.conversations import deliveries
from chatline.conversations.states import DeliveryState
from chatline.sms import gateway, letters, pace
from chatline.sms.flow import HANDS, Flow
from chatline.sms.gateway import Outcome
from chatline.sms.letters import Letter
from chatline.sms.outcomes import learn
from chatline.sms.reports import report

log = logging.getLogger(__name__)

HALF_SENT = timedelta(seconds=gateway.CONNECT_SECONDS + gateway.READ_SECONDS + 30)
"""How long a courier may take; who takes longer has died."""

LISTENS = 0.05
"""Seconds that a step waits for an answer when there is nothing else to do."""

GATHERS = 0.02
"""Seconds that it waits for more of them after the first: to record and to claim many costs little more than one."""


class Courier:
    """One worker's sending: texts to several people at once, each by a hand of its own."""

    def __init__(self, hands: int = HANDS) -> None:
        self.flow = Flow(hands)
        self._hands = ThreadPoolExecutor(hands, thread_name_prefix="hand")
        self._done: SimpleQueue[tuple[Letter, Outcome]] = SimpleQueue()
        self._under_way = 0
        self._unrecorded: list[tuple[Letter, Outcome]] = []

    def step(self) -> bool:
        """Records what was answered, sends what may be sent; false if there was neither and nothing is under way."""
        recorded = self._record(self._answered(LISTENS if self._under_way else 0))
        leaving = self._next()
        for letter in leaving:
            self._under_way += 1
            self._hands.submit(self._post, letter)
        return bool(recorded or leaving or self._under_way)

    def send_next(self) -> bool:
        """Sends one text and waits for what becomes of it. False when none may be sent now."""
        leaving = self._next(most=1)
        self._record([(letter, send(letter)) for letter in leaving])
        return bool(leaving)

    def finish(self) -> None:
        """Waits for what is under way and records it."""
        self._hands.shutdown(wait=True)
        self._record(self._answered(0))

    def _next(self, most: int = HANDS) -> list[Letter]:
        now = timezone.now()
        if self.flow.should_ask(now.timestamp()):
            self.flow.answers(gateway.is_up(), now.timestamp())
        may = min(most, self.flow.may_send(now.timestamp(), self._under_way))
        return claim(may, now) if may else []

    def _post(self, letter: Letter) -> None:
        self._done.put((letter, send(letter)))

    def _answered(self, seconds: float) -> list[tuple[Letter, Outcome]]:
        """Everything that was answered; waits so long for the first, and a moment for those that come with it."""
        found: list[tuple[Letter, Outcome]] = []
        try:
            if seconds:
                found.append(self._done.get(timeout=seconds))
                if self._under_way > 1:
                    time.sleep(GATHERS)
            while True:
                found.append(self._done.get_nowait())
        except Empty:
            self._under_way -= len(found)
            return found

    def _record(self, answered: Sequence[tuple[Letter, Outcome]]) -> bool:
        # Should the database be away, what was answered is remembered here until it is back.
        self._unrecorded += answered
        if not self._unrecorded:
            return False
        learn(self._unrecorded, self.flow)
        self._unrecorded = []
        return True


def send(letter: Letter) -> Outcome:
    return gateway.send(letter.number, letter.sender, letter.words, letter.delivery.oid)


# --- claiming ---------------------------------------------------------------------------------------------


def claim(most: int, now: datetime) -> list[Letter]:
    """The next texts that may be sent, at most so many, each to another person. Committed when this returns."""
    waiting = deliveries.waiting(now, pace.resting(now))
    # A look without a lock, because mostly nothing waits; what it found is looked at again under one.
    heads = list(waiting.values_list("id", "visitor__reached_from")[:most])
    if not heads:
        return []
    with transaction.atomic():
        buckets = pace.Buckets.locked({sender for _, sender in heads}, now)
        claimed = deliveries.claim(waiting.filter(id__in=_within(heads, buckets)), most, now)
        for delivery in claimed:
            buckets.take(delivery.visitor.reached_from, 1)
        buckets.save()
    return letters.opened(claimed)


def _within(heads: Sequence[tuple[int, str]], buckets: pace.Buckets) -> list[int]:
    """Of these, in order, those that their sender's bucket allows."""
    left = {sender: buckets.left(sender) for _, sender in heads}
    allowed = []
    for one, sender in heads:
        if left[sender] >= 1:
            left[sender] -= 1
            allowed.append(one)
    return allowed


# --- what was left behind ---------------------------------------------------------------------------------


def sweep() -> bool:
    """Marks what a dead courier left half-sent as `unknown`, drops what is too late. False when there was nothing."""
    now = timezone.now()
    left = deliveries.left_half_sent(now - HALF_SENT)
    for oid in left:
        log.error("delivery_left_half_sent oid=%s", oid)
        report(oid, DeliveryState.UNKNOWN)
    return deliveries.expire(now) or bool(left)
