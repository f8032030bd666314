"""Conversations as a machine: any verb at any time, and what must always be so holds after each of them.

A small reference (who holds what, what was said, what is flagged) is kept beside the rows and compared with them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.test import TestCase
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from chatline.conversations import actions, deliveries, feelings, leaving, noting, reads
from chatline.conversations.actions import Saying
from chatline.conversations.deliveries import News
from chatline.conversations.models import Conversation, Delivery, Message
from chatline.conversations.reads import Ask
from chatline.conversations.saying import Stored
from chatline.conversations.states import DeliveryState, RiskQuestion, RiskReply, State
from chatline.conversations.wrapping_up import Wrapped
from chatline.errors import ChatlineError
from chatline.lines.actions import pause, resume
from consumers import frames
from routing import asking, dispatcher, escalation, queue, timers
from routing.carrier_words import Keyword
from routing.models import Desk, Flag, FlagState, Outcome
from routing.reception import Outlook
from tests.cast import A_NUMBER, ANOTHER_NUMBER, RISKY, Cast
from tests.flows import rows

EXAMPLES, STEPS_EACH = 30, 40
TABS = ("tab one", "tab two")
NUMBERS = (A_NUMBER, ANOTHER_NUMBER)
WORDS = ("hello", "is anybody there", "hola, no puedo dormir", RISKY)
MIX = [
    name
    for name, weight in {
        "says_something": 5,
        "says_it_again": 3,
        "texts_a_keyword": 2,
        "leaves": 1,
        "asks_for_another": 2,
        "feels": 1,
        "takes": 6,
        "answers_": 4,
        "releases": 2,
        "closes": 4,
        "undoes": 1,
        "flags": 1,
        "notes": 1,
        "asks": 3,
        "acknowledges": 1,
        "resolves": 3,
        "seconds_pass": 3,
        "a_minute_passes": 1,
        "a_day_passes": 1,
        "somebody_waits_long": 2,
        "somebody_is_silent": 1,
        "the_line_pauses": 1,
        "the_provider_reports": 4,
        "somebody_reads": 4,
    }.items()
    for _ in range(weight)
]
"""What happens on a line, and about how often."""


tried: Counter[str] = Counter()
"""How often each rule ran to its end, and how often it was refused."""


@dataclass
class Page:
    """What one reader has gathered so far, kept as their page keeps it, and the cursors they would send."""

    ask: Ask
    states: dict[UUID, Any] = field(default_factory=dict)
    messages: dict[UUID, dict[int, Any]] = field(default_factory=dict)
    notes: dict[UUID, dict[int, Any]] = field(default_factory=dict)
    guides: dict[UUID, Any] = field(default_factory=dict)

    def asks(self) -> Ask:
        return Ask(
            self.ask.visitor, self.ask.staff, {one: state.version for one, state in self.states.items()}
        )

    def after(self, stretches: list[reads.Stretch]) -> "Page":
        """A new page: this one, and what was read on from its cursors."""
        page = Page(self.ask)
        for stretch in stretches:
            row = stretch.conversation
            page.states[row.id] = self.states.get(row.id)
            page.messages[row.id] = self.messages.get(row.id, {}) | {said.seq: said for said in stretch.said}
            page.notes[row.id] = self.notes.get(row.id, {}) | {note.id: note for note in stretch.noted}
            page.guides[row.id] = stretch.guide or self.guides.get(row.id)
            if page.states[row.id] is None or row.version > page.states[row.id].version:
                page.states[row.id] = self._state(row)
        return page

    def _state(self, row: Conversation) -> object:
        return (
            frames.desk_state(row, self.ask.staff, row.opened_at)
            if self.ask.staff
            else frames.visitor_state(row, Outlook())
        )


def is_held() -> bool:
    return Conversation.objects.filter(state=State.ACTIVE).exists()


def is_unresolved() -> bool:
    return Flag.objects.exclude(state=FlagState.RESOLVED).exists()


def one_of(rows: QuerySet[Any], at: int) -> Any:
    found = list(rows)
    return found[at % len(found)]


at = st.integers(0, 3)


class Machine(RuleBasedStateMachine):
    """One line, two volunteers, a supervisor, two tabs, two phones."""

    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.keys = 0
        self.versions: dict[UUID, tuple[int, str]] = {}
        self.answers: dict[tuple[str, str], tuple[str, Stored]] = {}
        self.pages: dict[UUID, Page] = {}
        self.erased: dict[UUID, tuple[datetime, int]] = {}
        self.cast.tokens.clear()
        self.cast.ready(self.cast.sam, seats=1)
        self.cast.ready(self.cast.robin, seats=2)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def do(self, name: str, verb: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Runs a verb with its hooks after commit; a refusal is an answer. Returns what it returned, or None."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            try:
                answer = verb(*arguments, **more)
            except ChatlineError as refusal:
                tried[f"{name}: {refusal.code}"] += 1
                return None
        tried[name] += 1
        return answer

    @rule(what=st.sampled_from(MIX), at=at, also=at)
    def step(self, what: str, at: int, also: int) -> None:
        """One rule with a mix of its own: hypothesis would choose among many rules without knowing a line's day."""
        getattr(self, what)(at, also)

    def new_key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    # --- visitors -----------------------------------------------------------------------------------------

    def says_something(self, who_: int, which: int) -> None:
        who, words, key = (TABS + NUMBERS)[who_], WORDS[which], self.new_key()
        answer = self.do("visitor says", self._says(who), words, who, key)
        if answer:
            self.answers[who, key] = (words, answer.stored)

    def _says(self, who: str) -> Callable[..., Any]:
        return self.cast.visits if who in TABS else self.cast.texts

    def says_it_again(self, at: int, _: int) -> None:
        """The answer to a repeated key is the first one, whatever happened in between."""
        if not self.answers:
            return
        (who, key), (words, stored) = list(self.answers.items())[-1 - at % len(self.answers)]
        count = Message.objects.count()
        answer = self.do("visitor repeats", self._says(who), words, who, key)
        assert answer, "a repeated key was refused"
        told = (answer.stored.conversation, answer.stored.seq, answer.stored.at)
        assert told == (stored.conversation, stored.seq, stored.at)
        assert Message.objects.count() == count

    def texts_a_keyword(self, who: int, which: int) -> None:
        number, keyword = NUMBERS[who % 2], list(Keyword)[which]
        self.do(keyword, self.cast.texts, keyword.upper(), number, self.new_key(), keyword=keyword)

    def leaves(self, at: int, how: int) -> None:
        """The tab is closed for good: its next words come from somebody new."""
        if not self.cast.tokens:
            return
        erases = how % 2
        tab = list(self.cast.tokens)[at % len(self.cast.tokens)]
        self.do(
            "erase" if erases else "end", leaving.erase if erases else leaving.end, self.cast.visitor_of(tab)
        )
        del self.cast.tokens[tab]
        self.answers = {key: kept for key, kept in self.answers.items() if key[0] != tab}

    def asks_for_another(self, at: int, _: int) -> None:
        if is_held():
            row = one_of(Conversation.objects.filter(state=State.ACTIVE).order_by("opened_at"), at)
            self.do("ask for another", queue.another, row.visitor_id)

    def feels(self, at: int, value: int) -> None:
        if self.cast.tokens:
            tab = list(self.cast.tokens)[at % len(self.cast.tokens)]
            self.do(
                "feel", feelings.tell, self.cast.visitor_of(tab), ("before", "after")[value % 2], value * 2
            )

    # --- volunteers ---------------------------------------------------------------------------------------

    def takes(self, who: int, _: int) -> None:
        taken = self.do("take", queue.take, (self.cast.sam, self.cast.robin)[who % 2].id)
        assert not taken or taken.open_flags or taken.volunteer_id != taken.avoids_id, (
            "given to whom they avoid"
        )

    def answers_(self, at: int, whose: int) -> None:
        self._does("say", at, whose)

    def releases(self, at: int, whose: int) -> None:
        self._does("release", at, whose)

    def closes(self, at: int, whose: int) -> None:
        self._does("close", at, whose)

    def undoes(self, at: int, whose: int) -> None:
        self._does("undo", at, whose)

    def flags(self, at: int, whose: int) -> None:
        self._does("flag", at, whose)

    def notes(self, at: int, whose: int) -> None:
        self._does("note", at, whose)

    def asks(self, at: int, whose: int) -> None:
        self._does("ask", at, whose)

    def _does(self, verb: str, at: int, whose: int) -> None:
        """Mostly by whoever holds the conversation; now and then by the other one, who must be refused."""
        if not is_held():
            return
        row = one_of(Conversation.objects.filter(state=State.ACTIVE).order_by("opened_at"), at)
        staff = (
            row.volunteer_id if whose else ({self.cast.sam.id, self.cast.robin.id} - {row.volunteer_id}).pop()
        )
        verbs: dict[str, Callable[[], object]] = {
            "say": lambda: actions.say(Saying(staff, row.id, self.new_key(), "I am here")),
            "release": lambda: queue.release(staff, row.id),
            "close": lambda: queue.close(staff, row.id, "done", Wrapped(agreed="call Ana")),
            "undo": lambda: queue.undo_close(staff, row.id),
            "flag": lambda: escalation.raise_by_hand(staff, row.id, "look at this"),
            "note": lambda: noting.write_note(staff, row.id, "they like dogs"),
            "ask": lambda: asking.answer(staff, row.id, list(RiskQuestion)[at], RiskReply.YES),
        }
        before = row.version
        answer = self.do(verb, verbs[verb])
        row.refresh_from_db()
        assert whose or (answer is None and row.version == before), "done by somebody who does not hold it"

    # --- a supervisor -------------------------------------------------------------------------------------

    def acknowledges(self, at: int, _: int) -> None:
        if not is_unresolved():
            return
        flag = one_of(Flag.objects.exclude(state=FlagState.RESOLVED).order_by("raised_at"), at)
        self.do("acknowledge", escalation.acknowledge, self.cast.alex.id, flag.id)

    def resolves(self, at: int, how: int) -> None:
        """Always possible to somebody who gives a reason, whatever happened to the conversation meanwhile."""
        if not is_unresolved():
            return
        outcome, reason = (Outcome.WATCHED, Outcome.FALSE_FLAG)[how % 2], ("", "we spoke")[how // 2]
        flag = one_of(Flag.objects.exclude(state=FlagState.RESOLVED).order_by("raised_at"), at)
        done = self.do("resolve", escalation.resolve, self.cast.alex.id, flag.id, outcome, reason)
        assert done or not reason

    # --- time, and the provider ---------------------------------------------------------------------------

    def seconds_pass(self, long: int, _: int) -> None:
        seconds = 11 if long else 1
        self.do("closes due", dispatcher.carry_out_closes, timezone.now() + timedelta(seconds=seconds))

    def a_minute_passes(self, *_: int) -> None:
        self.do("offers lapse", dispatcher.lapse_offers, timezone.now() + timedelta(seconds=61))

    def a_day_passes(self, *_: int) -> None:
        self.do("erasures overdue", dispatcher.erase_overdue, timezone.now() + timedelta(hours=25))

    def somebody_waits_long(self, long: int, _: int) -> None:
        now = timezone.now() + timedelta(minutes=(3, 11, 26, 13 * 60)[long])
        self.do("expired", timers.expire_waiting, now)
        self.do("told of waiting", timers.tell_waiting, now)
        self._is_now_again()

    def somebody_is_silent(self, *_: int) -> None:
        """As long as it takes to be let go; all that was sent has arrived."""
        for sent in Delivery.objects.filter(message__conversation__state=State.ACTIVE):
            self.do("arrived", deliveries.record, News(sent.oid, DeliveryState.DELIVERED))
        for minutes in (11, 27):
            now = timezone.now() + timedelta(minutes=minutes)
            self.do("silences", timers.end_silences, now)
            self.do("closes due", dispatcher.carry_out_closes, now + timedelta(seconds=11))
            for asked in Delivery.objects.filter(purpose="still_there"):
                self.do("arrived", deliveries.record, News(asked.oid, DeliveryState.DELIVERED))
        self._is_now_again()

    def _is_now_again(self) -> None:
        """What was said later than now would keep the line from saying anything now."""
        Conversation.objects.filter(told_at__gt=timezone.now()).update(told_at=None)

    def the_line_pauses(self, goes_on: int, _: int) -> None:
        self.do("resume" if goes_on else "pause", resume if goes_on else pause, self.cast.line.id)

    def the_provider_reports(self, at: int, which: int) -> None:
        if not Delivery.objects.exists():
            return
        state = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNKNOWN, DeliveryState.SENT)[
            which
        ]
        self.do("report", deliveries.record, News(one_of(Delivery.objects.order_by("-id"), at).oid, state))

    # --- readers ------------------------------------------------------------------------------------------

    def readers(self) -> list[UUID]:
        visitors = Conversation.objects.order_by("opened_at").values_list("visitor", flat=True)
        return [self.cast.sam.id, self.cast.robin.id, *dict.fromkeys(visitors)]

    def page_of(self, reader: UUID) -> Page:
        is_staff = reader in {self.cast.sam.id, self.cast.robin.id}
        return self.pages.get(reader) or Page(Ask(staff=reader) if is_staff else Ask(visitor=reader))

    def somebody_reads(self, at: int, _: int) -> None:
        """Their cursor moves; everybody else's grows old."""
        readers = self.readers()
        reader = readers[at % len(readers)]
        page = self.page_of(reader)
        self.pages[reader] = page.after(reads.read_on([page.asks()])[0])
        tried["read"] += 1

    # --- what must always be so ---------------------------------------------------------------------------

    @invariant()
    def reading_on_from_any_cursor_is_a_fresh_read(self) -> None:
        pages = [self.page_of(reader) for reader in self.readers()]
        fresh = [Page(page.ask) for page in pages]
        found = reads.read_on([page.asks() for page in [*pages, *fresh]])
        for page, new, read, all_of_it in zip(
            pages, fresh, found[: len(pages)], found[len(pages) :], strict=True
        ):
            assert page.after(read) == new.after(all_of_it)
            for stretch in all_of_it:
                upto = self.erased_upto(stretch.conversation)
                erased = {said.text for said in stretch.said if said.seq <= upto}
                assert erased <= {""}, "erased and still readable"

    def erased_upto(self, row: Conversation) -> int:
        """The last thing said before it was erased: a texter may have gone on after that."""
        if row.erased_at is None:
            return 0
        if self.erased.get(row.id, (None, 0))[0] != row.erased_at:
            self.erased[row.id] = (row.erased_at, row.last_seq)
        return self.erased[row.id][1]

    @invariant()
    def the_rows_agree(self) -> None:
        everybody = Conversation.objects.select_related("visitor", "line").prefetch_related(
            "messages", "steps", "flags"
        )
        for row in everybody:
            rows.numbered(row)
            rows.flagged(row)
            rows.stepped(row)
            rows.told(row)
            self.versioned(row)
        rows.owned(list(everybody), dict(Desk.objects.values_list("staff", "seats")))

    def versioned(self, row: Conversation) -> None:
        """Nothing that its readers see changes without a new version; a closed one has no reader but its visitor."""
        if row.state == State.CLOSED:
            return
        small = repr(frames.desk_state(row, row.volunteer_id, row.opened_at))
        version, before = self.versions.get(row.id, (-1, ""))
        assert row.version > version or (row.version == version and small == before), (
            "changed without a new version"
        )
        self.versions[row.id] = (row.version, small)
