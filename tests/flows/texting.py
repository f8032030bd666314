"""A shift of texting in virtual time, with everything going wrong that can: one run for each seed.

The line's own webhooks, verbs and courier, the provider's own client, and the simulated network with a script of faults
drawn from the seed; couriers die, and the line refuses webhooks as it does without a database. What is promised is
looked at after every step and at the end. `soak.py` plays many.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import requests
import time_machine
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Q
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone

from chatline.conversations import actions, keys
from chatline.conversations.models import Conversation, Delivery, Message, Receipt
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import rank
from chatline.demo import wire
from chatline.demo.faults import Script
from chatline.demo.records import Post
from chatline.errors import ChatlineError
from chatline.sms import courier, fallback, gateway, reconcile, spool, strays
from chatline.sms.fingerprints import fingerprints_of
from chatline.sms.inbound import Text
from routing import queue
from tests.cast import SHORT_CODE, Cast
from tests.sms.network import FORM, InProcess, Network

PHONES = ("+12025550101", "+12025550102", "+12025550103")
STEPS = 15
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
REST_SECONDS = 2 * 3600
FALLBACK = "/sms/fallback/"
DAYS = 4 * 24 * 3600.0
"""Far beyond the latest repetition of a webhook."""

MIX = {
    "a_phone_texts": 6,
    "a_phone_texts_a_keyword": 1,
    "sam_takes": 2,
    "sam_answers": 6,
    "sam_sends_it_again": 1,
    "the_courier_sends": 7,
    "a_courier_dies": 2,
    "the_network_tells": 7,
    "the_line_is_without_its_database": 1,
    "time_passes": 3,
    "doubts_are_looked_into": 2,
}
STEP_NAMES = [name for name, weight in MIX.items() for _ in range(weight)]


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


class Air(Network):
    """The network whose posts reach the webhooks without a test client, and whose time is `time_machine`'s."""

    def __init__(self, seed: int, pass_time: Callable[[float], None]) -> None:
        super().__init__(seed)
        self.clock, self.pass_time = time.time, pass_time
        self.line_is_down = False
        self.heard: Callable[[Post, int], None] = lambda post, status: None

    def _post(self, one: Post) -> None:
        down = self.line_is_down and not one.url.endswith(FALLBACK)
        answer = HttpResponse(status=503) if down else answer_to(one)
        self.heard(one, answer.status_code)
        kind, body = answer.get("Content-Type", ""), answer.content.decode()
        self.carrier.answered(one.job, answer.status_code, kind=kind, body=body)


def answer_to(post: Post) -> HttpResponse:
    """What the line's view answers to a request of the provider's."""
    url = urlsplit(post.url)
    path = f"{url.path}?{url.query}" if url.query else url.path
    headers = wire.headers(post)
    request = _requests.post(path, urlencode(post.fields), content_type=FORM, headers=headers)
    view, arguments, more = resolve(url.path)
    answer: HttpResponse = view(request, *arguments, **more)
    return answer


_requests = RequestFactory()
_wire = InProcess()
"""One for all runs, because the provider's client takes long to make."""


def play(seed: int, cast: Cast, tally: Tally) -> None:
    """One run; what it wrote is taken back. Raises Broken."""
    with time_machine.travel(EPOCH, tick=False) as clock, transaction.atomic():
        air = _wire.network = Air(seed, lambda seconds: clock.shift(timedelta(seconds=seconds)))
        wire.carrier = lambda: air.carrier  # type: ignore[assignment]  # the cached one of the demonstration
        air.carrier.play(Script.random(seed))
        shift = Shift(seed, cast, air, tally)
        air.heard, _wire.fail = shift.heard, shift.asked
        try:
            shift.run()
        finally:
            transaction.set_rollback(True)


def plug_in() -> None:
    """From now on what the gateway sends goes to the network of the run, and the fallback waits for no thread."""
    gateway.transport = lambda: _wire
    gateway._client.cache_clear()
    vars(fallback)["_attempt"] = attempt


def attempt(text: Text) -> "Future[None]":
    """As the fallback's own, in this thread: its connection is the run's."""
    outcome: Future[None] = Future()
    try:
        if isinstance(_wire.network, Air) and _wire.network.line_is_down:
            raise OperationalError("the server is gone")
        strays.receive(text)
        outcome.set_result(None)
    except DatabaseError as failure:
        outcome.set_exception(failure)
    return outcome


class Shift:
    """One run."""

    def __init__(self, seed: int, cast: Cast, air: Air, tally: Tally) -> None:
        self.dice = random.Random(seed)
        self.cast, self.air, self.tally = cast, air, tally
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.words: dict[str, str] = {}
        self.states: dict[UUID, str] = {}
        self.stopped: dict[str, bool] = {}
        self.spooled: set[str] = set()
        self.number = 0
        self.forbidden = ""

    def run(self) -> None:
        self.cast.ready(self.cast.sam, seats=4)
        self.a_phone_texts()
        self.the_network_tells()
        self.sam_takes()
        for _ in range(STEPS):
            getattr(self, self.dice.choice(STEP_NAMES))()
            self.look()
        self.come_to_rest()
        self.air.settle_all(DAYS)
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
        self.words[self.air.carrier.text(self.dice.choice(PHONES), SHORT_CODE, words)] = words
        self.tally.counts["texts of phones"] += 1

    def sam_takes(self) -> None:
        self._try(lambda: queue.take(self.cast.sam.id))

    def sam_answers(self) -> None:
        mine = Conversation.objects.filter(volunteer=self.cast.sam, state="active")
        if held := list(mine.order_by("opened_at")):
            row = self.dice.choice(held)
            self._try(lambda: self.cast.answers(row, self.new_words()))

    def sam_sends_it_again(self) -> None:
        message = Message.objects.filter(resend=True, conversation__volunteer=self.cast.sam).first()
        if message is not None:
            self._try(lambda: actions.resend(self.cast.sam.id, message.conversation_id, message.seq))
            self.tally.counts["sent again by a person"] += 1

    def _try(self, verb: Callable[[], object]) -> None:
        try:
            verb()
        except ChatlineError as refusal:
            self.tally.counts[f"refused: {refusal.code}"] += 1

    def the_courier_sends(self) -> None:
        for _ in range(3):
            self.air.courier.send_next()

    def a_courier_dies(self) -> None:
        """After its claim: before the request, or after it and before anything is written down."""
        letters = courier.claim(1, timezone.now())
        if letters and self.dice.random() < 0.5:
            courier.send(letters[0])
        self.tally.counts["couriers that died"] += len(letters)

    def the_network_tells(self) -> None:
        self.air.settle()

    def the_line_is_without_its_database(self) -> None:
        """Webhooks fail meanwhile, until the provider turns to the fallback, which takes the disk."""
        self.air.line_is_down = True
        for _ in range(self.dice.choice((1, 6))):
            self.air.settle(5.0)
        self.air.line_is_down = False

    def time_passes(self) -> None:
        self.air.pass_time(self.dice.choice((1, 5, 20, 60, 200)))

    def doubts_are_looked_into(self) -> None:
        while spool.drain():
            pass
        courier.sweep()
        for _ in range(3):
            reconcile.look_for_one()

    # --- what is heard on the way -------------------------------------------------------------------------

    def heard(self, post: Post, status: int) -> None:
        """The line answered a webhook: the order in which it first took each text is the one that counts."""
        self.tally.counts[f"webhooks answered {status}"] += 1
        sid, sender = post.fields["MessageSid"], post.fields["From"]
        if status != 200 or sid not in self.words or sid in self.taken[sender]:
            return
        self.taken[sender].append(sid)
        if self.air.line_is_down:
            self.spooled.add(sender)
            self.tally.counts["texts kept on the disk"] += 1
        if self.words[sid] in {"STOP", "START"}:
            # A STOP on the disk is not known of before it is drained; a START there takes nothing back that came later.
            self.stopped[sender] = self.words[sid] == "STOP" and not self.air.line_is_down

    def asked(self, request: requests.PreparedRequest) -> None:
        """The line asks the provider for something: never to text somebody who has stopped, but to confirm that."""
        if request.method != "POST":
            return
        form = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
        self.tally.counts["requests to send"] += 1
        oid = UUID(parse_qs(urlsplit(form["StatusCallback"]).query)["oid"][0])
        if self.stopped.get(form["To"]) and Delivery.objects.get(oid=oid).purpose != "stop":
            # Not raised here: the gateway takes whatever breaks during a request for a doubt about the text.
            self.forbidden = f"a text to somebody who had stopped: {oid}"

    # --- until nothing moves ------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """Everything goes well from now on, and time passes until nothing is left to be done."""
        self.air.carrier.play(Script())
        end = time.time() + REST_SECONDS
        while time.time() < end:
            while self.air.courier.send_next():
                pass
            self.air.settle()
            self.look()
            wait = self.air.carrier.next_due()
            soon = wait is not None and wait < REST_SECONDS
            if self._open().exists() or spool.waiting():
                self.doubts_are_looked_into()
            elif not soon:
                return
            self.air.pass_time(min(60.0, max(1.0, wait if wait is not None and soon else 60.0)))
        raise Broken(f"not at rest: {list(self._open().values_list('state', 'purpose', 'attempts'))}")

    def _open(self) -> Any:
        return Delivery.objects.filter(
            Q(state__in=("ready", "posting")) | Q(state="unknown", settled_at=None)
        )

    # --- what is promised ---------------------------------------------------------------------------------

    def look(self) -> None:
        """After every step: no state falls, but of what was certainly not sent; no handset gets an oid twice."""
        for oid, state in Delivery.objects.values_list("oid", "state"):
            before = self.states.get(oid, "ready")
            if rank(state) < rank(before) and (before, state) != ("posting", "ready"):
                raise Broken(f"a delivery fell from {before} to {state}")
            self.states[oid] = state
        if self.forbidden:
            raise Broken(self.forbidden)
        if doubled := self.air.carrier.doubled():
            raise Broken(f"a handset got the same text again: {doubled}")

    def look_back(self) -> None:
        for phone in PHONES:
            self._heard_once_and_in_order(phone)
            self._answered_in_order(phone)
        shown = {bubble.oid for phone in PHONES for bubble in self.air.carrier.transcript(phone)}
        for delivery in Delivery.objects.select_related("message", "again"):
            self._has_its_end(delivery, arrived=str(delivery.oid) in shown)

    def _heard_once_and_in_order(self, phone: str) -> None:
        sids = self.taken[phone]
        stored = Receipt.objects.filter(provider_id__in=sids).count()
        if stored != len(sids):
            raise Broken(f"{len(sids)} texts were taken and {stored} stored")
        expected = [self.words[sid] for sid in sids if self.words[sid].startswith("these")]
        said = [words for words in self._said_by(phone) if words.startswith("these")]
        # What waited on the disk may have been overtaken by what came directly.
        if said != expected and (phone not in self.spooled or sorted(said) != sorted(expected)):
            raise Broken(f"texts of one person: {expected} became {said}")
        self.tally.counts["texts stored, once and in order"] += len(said)

    def _said_by(self, phone: str) -> list[str]:
        mine = fingerprints_of(phone, self.cast.line.id)[0]
        rows = Message.objects.filter(sender_kind="visitor", conversation__visitor__fingerprint=mine)
        return [
            keys.sealer(row.conversation_id).unseal(
                bytes(row.text_sealed), place_of_text(row.conversation_id, row.seq)
            )
            for row in rows.order_by("id")
        ]

    def _answered_in_order(self, phone: str) -> None:
        """What was sent arrived in that order, but for what was sent again."""
        rows = Delivery.objects.filter(again_of=None).values_list("oid", "id")
        ids = {str(oid): one for oid, one in rows}
        order = [ids[bubble.oid] for bubble in self.air.carrier.transcript(phone) if bubble.oid in ids]
        if order != sorted(order):
            raise Broken(f"texts arrived out of order: {order}")
        self.tally.counts["texts on handsets, once and in order"] += len(order)

    def _has_its_end(self, delivery: Delivery, arrived: bool) -> None:
        self.tally.counts[f"ended {delivery.state}"] += 1
        if delivery.state in {"ready", "posting"}:
            raise Broken(f"a delivery without an end: {delivery.state}")
        if delivery.state in {"rejected", "dropped"} and arrived:
            raise Broken(f"a delivery that ended {delivery.state} and arrived")
        if delivery.state == "unknown" and not self._is_shown(delivery):
            raise Broken("a text in doubt that nobody is shown")

    def _is_shown(self, delivery: Delivery) -> bool:
        """Offered to the volunteer, unless the line said it by itself or it was sent again."""
        if delivery.purpose != "reply" or hasattr(delivery, "again"):
            return delivery.settled_at is not None
        assert delivery.message
        return delivery.message.delivery == "unknown" and delivery.message.resend
