"""A shift of texting in virtual time, with everything going wrong that can: one run for each seed.

    python -m tests.flows.texting --runs 1000 --first 0        in a SQLite database in memory
    python -m tests.flows.texting --minutes 60                 `make soak`
    DATABASE_URL=postgres://... python -m tests.flows.texting --runs 100

The line's own webhooks, verbs and courier, the provider's own client, and the simulated network with a script of faults
drawn from the seed; courier processes die, and the line refuses webhooks as it does without a database. What is promised
is looked at after every step and at the end; a run that breaks a promise prints its seed and what happened.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import time_machine

if TYPE_CHECKING:
    from chatline.conversations.models import Delivery
    from tests.cast import Cast
    from tests.sms.network import Network

PHONES = ("+12025550101", "+12025550102", "+12025550103")
STEPS = 14
QUIET_HOURS = 2
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

MIX = {
    "a_phone_texts": 6,
    "a_phone_texts_a_keyword": 1,
    "sam_takes": 4,
    "sam_answers": 6,
    "sam_sends_it_again": 1,
    "the_courier_sends": 7,
    "a_courier_dies": 2,
    "the_network_tells": 7,
    "the_line_is_without_its_database": 1,
    "time_passes": 3,
    "doubts_are_looked_into": 2,
}


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass
class Tally:
    """What was tried, over all runs."""

    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        seen = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return f"{self.runs} runs: {seen}"


class Shift:
    """One run. `network` is the simulated one, with the line's courier; time is the test's."""

    def __init__(self, seed: int, cast: "Cast", network: "Network", clock: Any, tally: Tally) -> None:
        self.dice = random.Random(seed)
        self.cast, self.network, self.clock, self.tally = cast, network, clock, tally
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.words: dict[str, str] = {}
        self.states: dict[UUID, str] = {}
        self.opted_out: dict[str, bool] = {}
        self.number = 0

    def run(self) -> None:
        names = [name for name, weight in MIX.items() for _ in range(weight)]
        for _ in range(STEPS):
            getattr(self, self.dice.choice(names))()
            self.look()
        self.come_to_rest()
        self.look_back()

    def new_words(self) -> str:
        self.number += 1
        return f"these are words number {self.number}"

    # --- what happens -------------------------------------------------------------------------------------

    def a_phone_texts(self) -> None:
        self._text(self.new_words())

    def a_phone_texts_a_keyword(self) -> None:
        self._text(self.dice.choice(("STOP", "STOP", "START", "HELP")))

    def _text(self, words: str) -> None:
        from tests.cast import SHORT_CODE

        sid = self.network.carrier.text(self.dice.choice(PHONES), SHORT_CODE, words)
        self.words[sid] = words
        self.tally.counts["texts of phones"] += 1

    def sam_takes(self) -> None:
        from routing import queue

        self._try(lambda: queue.take(self.cast.sam.id))

    def sam_answers(self) -> None:
        from chatline.conversations.models import Conversation

        held = list(
            Conversation.objects.filter(volunteer=self.cast.sam, state="active").order_by("opened_at")
        )
        if held:
            row = self.dice.choice(held)
            self._try(lambda: self.cast.answers(row, self.new_words()))

    def sam_sends_it_again(self) -> None:
        from chatline.conversations import actions
        from chatline.conversations.models import Message

        for message in Message.objects.filter(resend=True, conversation__volunteer=self.cast.sam)[:1]:
            conversation, seq = message.conversation_id, message.seq
            self._try(lambda: actions.resend(self.cast.sam.id, conversation, seq))
            self.tally.counts["sent again by a person"] += 1

    def _try(self, verb: Callable[[], object]) -> None:
        from chatline.errors import ChatlineError

        try:
            verb()
        except ChatlineError as refusal:
            self.tally.counts[f"refused: {refusal.code}"] += 1

    def the_courier_sends(self) -> None:
        for _ in range(3):
            self.network.courier.send_next()

    def a_courier_dies(self) -> None:
        """After its claim: before the request, or after it and before anything is written down."""
        from django.utils import timezone

        from chatline.sms import courier

        letters = courier.claim(1, timezone.now())
        if letters and self.dice.random() < 0.5:
            courier.send(letters[0])
        self.tally.counts["couriers died"] += len(letters)

    def the_network_tells(self) -> None:
        self._tell(lambda post: self.network.answer(post))

    def the_line_is_without_its_database(self) -> None:
        self._tell(lambda post: (503, "", ""))

    def _tell(self, answer: Callable[[Any], tuple[int, str, str]]) -> None:
        for post in self.network.carrier.due():
            status, kind, body = answer(post)
            self._note(post, status)
            self.network.carrier.answered(post.job, status, kind=kind, body=body)
            self.tally.counts[f"webhooks answered {status}"] += 1

    def _note(self, post: Any, status: int) -> None:
        """The order in which the line first took each text."""
        sid, sender = post.fields["MessageSid"], post.fields["From"]
        if status != 200 or sid not in self.words or sid in self.taken[sender]:
            return
        self.taken[sender].append(sid)
        word = self.words[sid]
        if word in {"STOP", "START"}:
            self.opted_out[sender] = word == "STOP"

    def time_passes(self) -> None:
        self.clock.shift(timedelta(seconds=self.dice.choice((1, 5, 20, 60, 200))))

    def doubts_are_looked_into(self) -> None:
        from chatline.sms import courier, reconcile

        courier.sweep()
        for _ in range(3):
            reconcile.look_for_one()

    # --- until nothing moves ------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """Everything goes well from now on, and time passes until nothing is left to be done."""
        from chatline.demo.faults import Script

        self.network.carrier.play(Script())
        end = timedelta(hours=QUIET_HOURS)
        passed = timedelta()
        while passed < end:
            while self.network.courier.send_next():
                pass
            self.the_network_tells()
            self.doubts_are_looked_into()
            self.look()
            wait = self.network.carrier.next_due()
            if self._is_at_rest() and (wait is None or wait > 24 * 3600):
                return
            step = timedelta(seconds=min(60.0, max(1.0, wait or 60.0)))
            self.clock.shift(step)
            passed += step
        raise Broken(f"not at rest after {end}: {self._open()}")

    def _open(self) -> "list[Delivery]":
        from django.db.models import Q

        from chatline.conversations.models import Delivery

        open_ones = Q(state__in=("ready", "posting")) | Q(state="unknown", settled_at=None)
        return list(Delivery.objects.filter(open_ones))

    def _is_at_rest(self) -> bool:
        return not self._open()

    # --- what is promised ---------------------------------------------------------------------------------

    def look(self) -> None:
        """After every step: no state falls, but for what was certainly not sent; no handset gets an oid twice."""
        from chatline.conversations.models import Delivery
        from chatline.conversations.states import rank

        for oid, state in Delivery.objects.values_list("oid", "state"):
            before = self.states.get(oid, "ready")
            if rank(state) < rank(before) and (before, state) != ("posting", "ready"):
                raise Broken(f"a delivery fell from {before} to {state}")
            self.states[oid] = state
        if doubled := self.network.carrier.doubled():
            raise Broken(f"a handset got the same text again: {doubled}")

    def sent(self, to: str, oid: UUID) -> None:
        """The provider is asked to text somebody: never somebody who has stopped, but to confirm that."""
        from chatline.conversations.models import Delivery

        self.tally.counts["requests to send"] += 1
        if self.opted_out.get(to) and Delivery.objects.get(oid=oid).purpose != "stop":
            raise Broken("a text to somebody who had stopped")

    def look_back(self) -> None:
        for phone in PHONES:
            self._heard_once_and_in_order(phone)
            self._answered_in_order(phone)
        self._every_delivery_has_its_end()

    def _heard_once_and_in_order(self, phone: str) -> None:
        from chatline.conversations import keys
        from chatline.conversations.models import Message, Receipt
        from chatline.conversations.saying import place_of_text
        from chatline.sms.inbound import fingerprinter

        sids = self.taken[phone]
        seen = set(Receipt.objects.filter(provider_id__in=sids).values_list("provider_id", flat=True))
        if seen != set(sids):
            raise Broken(f"texts that were taken and not stored: {set(sids) - seen}")
        mine = fingerprinter().of(phone, self.cast.line.id)
        rows = Message.objects.filter(sender_kind="visitor", conversation__visitor__fingerprint=mine)
        said = [
            keys.sealer(row.conversation_id).unseal(
                bytes(row.text_sealed), place_of_text(row.conversation_id, row.seq)
            )
            for row in rows.order_by("id")
        ]
        plain = [word for word in said if word.startswith("these")]
        expected = [self.words[sid] for sid in sids if self.words[sid].startswith("these")]
        if plain != expected:
            raise Broken(f"texts of one person: {expected} became {plain}")
        self.tally.counts["texts stored once and in order"] += len(plain)

    def _answered_in_order(self, phone: str) -> None:
        """What Sam wrote arrived in that order, but for what was sent again."""
        from chatline.conversations.models import Delivery

        ids = {str(oid): one for oid, one in Delivery.objects.filter(again_of=None).values_list("oid", "id")}
        order = [ids[bubble.oid] for bubble in self.network.carrier.transcript(phone) if bubble.oid in ids]
        if order != sorted(order):
            raise Broken(f"texts arrived out of order: {order}")
        self.tally.counts["texts on handsets"] += len(order)

    def _every_delivery_has_its_end(self) -> None:
        from chatline.conversations.models import Delivery

        shown = {bubble.oid for phone in PHONES for bubble in self.network.carrier.transcript(phone)}
        for delivery in Delivery.objects.select_related("message"):
            self.tally.counts[f"ended {delivery.state}"] += 1
            if delivery.state in {"ready", "posting"}:
                raise Broken(f"a delivery without an end: {delivery.state}")
            if delivery.state in {"rejected", "dropped"} and str(delivery.oid) in shown:
                raise Broken(f"a delivery that ended {delivery.state} and arrived")
            if delivery.state == "unknown" and not self._is_shown(delivery):
                raise Broken("a text in doubt that nobody is shown")

    def _is_shown(self, delivery: "Delivery") -> bool:
        """Settled, and offered to the volunteer unless the line said it by itself or it was sent again."""
        if not delivery.settled_at:
            return False
        if delivery.message is None or delivery.purpose != "reply" or hasattr(delivery, "again"):
            return True
        return delivery.message.resend or delivery.part > 1
