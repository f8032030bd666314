"""Risk over a conversation, from the one entry to the rows: answers, plans in pieces, and what a person decided."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Message
from chatline.conversations.states import Medium
from routing import asked, dispatcher, escalation, intake, queue
from routing.intake import Heard
from routing.models import Flag, Outcome
from routing.risk import Evidence, Level
from routing.risk.talk import Trace
from tests.cast import Cast, new_key
from tests.routing.times import MINUTE

pytestmark = [pytest.mark.both, pytest.mark.django_db]

NONE, CONCERN, HIGH, IMMINENT = Level
THOUGHTS = "Are you thinking of suicide?"


@pytest.fixture
def held(cast: Cast) -> Conversation:
    """Sam has just taken somebody who said hello."""
    return cast.talks()


def last_level() -> Level:
    return Level(Message.objects.filter(sender_kind="visitor").latest("seq").level)


def level() -> Level:
    return Level(Conversation.objects.get().level)


def said(cast: Cast, *texts: str) -> list[Level]:
    """What they say in turn, and the level of each."""
    found = []
    for text in texts:
        cast.visits(text)
        found.append(last_level())
    return found


# --- answers ----------------------------------------------------------------------------------------------


def test_yes_is_high_after_the_question(cast: Cast, held: Conversation) -> None:
    cast.answers(held, THOUGHTS)
    assert (said(cast, "yes"), Flag.objects.get().level) == ([HIGH], HIGH)


def test_yes_to_a_plan_after_yes_to_thoughts_is_imminent(cast: Cast, held: Conversation) -> None:
    cast.answers(held, THOUGHTS)
    cast.visits("yes")
    cast.answers(held, "Do you have a plan?")
    assert (said(cast, "yes"), Flag.objects.get().level) == ([IMMINENT], IMMINENT)


def test_a_question_that_was_softened_afterwards_is_still_the_question(
    cast: Cast, held: Conversation
) -> None:
    cast.answers(held, THOUGHTS)
    cast.answers(held, "You can tell me anything.")
    assert said(cast, "yes") == [HIGH]


def test_what_was_asked_before_their_last_words_is_answered_already(cast: Cast, held: Conversation) -> None:
    cast.answers(held, THOUGHTS)
    assert said(cast, "hello, are you there", "yes") == [NONE, NONE]


def test_no_lowers_nothing(cast: Cast, held: Conversation) -> None:
    cast.visits("i want to die")
    cast.answers(held, THOUGHTS)
    assert (said(cast, "no"), level()) == ([NONE], HIGH)


def test_an_answer_by_text_counts_too(cast: Cast) -> None:
    row = cast.talks(medium=Medium.SMS)
    cast.answers(row, THOUGHTS)
    cast.texts("Yes")
    assert last_level() is HIGH


def socket(cast: Cast, row: Conversation, text: str) -> Heard:
    return Heard(
        line=cast.line.id,
        medium=Medium.WEB,
        key=new_key(),
        text=text,
        visitor=row.visitor_id,
        conversation=row.id,
    )


def two_talks(cast: Cast) -> list[Conversation]:
    cast.ready(cast.sam, seats=4)
    for who in ("one", "other"):
        cast.visits("hello", who)
    return [queue.take(cast.sam.id) for _ in range(2)]


def test_in_a_list_each_answer_meets_its_own_question(cast: Cast) -> None:
    first, second = two_talks(cast)
    cast.answers(first, THOUGHTS)
    cast.answers(second, "Do you like music?")
    intake.receive_list([socket(cast, row, "yes") for row in (first, second, first)])
    levels = Message.objects.filter(key__startswith="key-", sender_kind="visitor").order_by(
        "conversation", "seq"
    )
    found = {
        row.id: [one.level for one in levels if one.conversation_id == row.id] for row in (first, second)
    }
    assert found == {first.id: [NONE, HIGH, NONE], second.id: [NONE, NONE]}


def queries(list_: list[Heard]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        intake.receive_list(list_)
    return len(captured)


def test_questions_cost_one_query_for_a_whole_list_and_none_for_long_words(cast: Cast) -> None:
    rows = two_talks(cast)
    for row in rows:
        cast.answers(row, "How are you?")
    long = "i went to school today and it was as it is every day there, loud and long"
    without = queries([socket(cast, row, long) for row in rows])
    for row in rows:
        cast.answers(row, "How are you?")
    assert queries([socket(cast, row, "fine") for row in rows]) == without + 1


def test_a_question_under_a_key_that_is_gone_is_no_question(
    cast: Cast, held: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.answers(held, THOUGHTS)
    Message.objects.filter(sender_kind="volunteer").update(text_sealed=b"damaged")
    assert said(cast, "yes") == [NONE]


# --- over the conversation --------------------------------------------------------------------------------


def test_a_plan_told_in_pieces_is_imminent(cast: Cast, held: Conversation) -> None:
    assert said(cast, "i want to die", "tonight", "my dads gun is here with me")[-1] is IMMINENT
    assert level() is IMMINENT


def test_the_flag_says_what_completed_the_plan(cast: Cast, held: Conversation) -> None:
    said(cast, "i want to die", "tonight", "i have the pills here")
    reason = Flag.objects.get().reasons[-1]
    plan = next(one for one in Flag.objects.get().reasons if one["template"] == "talk.plan")
    assert (plan["seq"], plan["category"], plan["subject"], plan["level"]) == (4, "suicide", "self", IMMINENT)
    assert reason["seq"] == 4


def test_a_message_keeps_of_what_and_of_whom_each_reason_is(cast: Cast, held: Conversation) -> None:
    cast.visits("i want to die")
    message = Message.objects.get(level=HIGH)
    assert message.reasons == [["suicide.wish_to_die", 2, 13, HIGH, "suicide", "self"]]


def test_what_is_kept_holds_no_words_and_is_the_same_after_reading_it_back(
    cast: Cast, held: Conversation
) -> None:
    said(cast, "i want to die", "tonight", "i have the pills here")
    kept = Conversation.objects.get().evidence
    evidence = Evidence.from_json(kept)
    assert evidence.to_json() == kept
    assert {facet: part.seq for facet, part in evidence.parts.items()} == {
        "ideation": 2,
        "time": 3,
        "means": 4,
    }
    assert evidence.traces["suicide"].level is IMMINENT
    assert not any(word in str(kept) for word in ("die", "tonight", "pills"))


def test_ordinary_talk_keeps_nothing(cast: Cast, held: Conversation) -> None:
    said(cast, "i will go to bed early tonight", "thank you")
    assert Conversation.objects.get().evidence == {}


def test_a_conversation_that_is_given_back_keeps_what_was_said(cast: Cast, held: Conversation) -> None:
    cast.visits("i want to die")
    before = Conversation.objects.get().evidence
    queue.release(cast.sam.id, held.id)
    assert Conversation.objects.get().evidence == before != {}


def test_a_new_conversation_begins_with_nothing(cast: Cast, held: Conversation) -> None:
    cast.visits("i feel so hopeless")
    queue.close(cast.sam.id, held.id, "done")
    dispatcher.carry_out_closes(timezone.now() + MINUTE)
    cast.visits("hello again")
    assert Conversation.objects.latest("opened_at").evidence == {}


def test_what_is_erased_is_not_held_against_them(cast: Cast) -> None:
    cast.texts("i feel so hopeless")
    leaving.erase(Conversation.objects.get().visitor_id)
    assert Conversation.objects.get().evidence == {}


# --- what a person decided --------------------------------------------------------------------------------


def resolve(cast: Cast, outcome: str) -> None:
    escalation.resolve(cast.alex.id, Flag.objects.get(state="open").id, outcome, "as it was")


def test_a_false_flag_does_not_rise_again_by_what_was_seen_falsely(cast: Cast, held: Conversation) -> None:
    cast.visits("i want to die")
    resolve(cast, Outcome.FALSE_FLAG)
    assert (said(cast, "tonight"), level()) == ([NONE], NONE)


def test_kept_evidence_would_raise_a_false_flag_again(
    cast: Cast, held: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break."""
    monkeypatch.setattr(Evidence, "without", lambda evidence, _: evidence)
    cast.visits("i want to die")
    resolve(cast, Outcome.FALSE_FLAG)
    said(cast, "i have the pills here")
    assert level() is HIGH


def test_what_was_watched_counts_on_and_said_again_calls_again(cast: Cast, held: Conversation) -> None:
    said(cast, "i want to die", "i have the pills here")
    resolve(cast, Outcome.WATCHED)
    assert said(cast, "i still have the pills here") == [HIGH]
    assert Flag.objects.filter(state="open").count() == 1


def test_if_adding_up_fails_somebody_has_to_read_it(
    cast: Cast, held: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Trace, "after", broken)
    cast.visits("i want to die")
    assert (last_level(), Conversation.objects.get().unscreened) == (HIGH, True)


def test_who_spoke_last_is_known_without_a_query(cast: Cast, held: Conversation) -> None:
    held.refresh_from_db()
    assert not asked.staff_spoke_last(held)
    cast.answers(held, "hello")
    held.refresh_from_db()
    assert asked.staff_spoke_last(held)
