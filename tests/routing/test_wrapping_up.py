"""The gate on closing, and what a volunteer says when they close."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chatline.conversations import guide, keys, leaving, noting, planning, reads
from chatline.conversations.models import Conversation, Note, Plan, RiskAnswer, WrapUp
from chatline.conversations.reads import Ask
from chatline.conversations.states import Contact, NoteKind
from chatline.conversations.wrapping_up import TOPICS, Wrapped
from chatline.errors import BadInput, Refused
from routing import asking, dispatcher, queue
from tests.cast import RISKY, Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]

WHY = "They only asked for our hours."


@pytest.fixture
def asked(cast: Cast) -> Cast:
    """The line wants the question about suicide asked."""
    cast.line.asks_risk = True
    cast.line.save()
    return cast


def closes(cast: Cast, row: Conversation, **wrapped: Any) -> Conversation:
    return queue.close(cast.sam.id, row.id, "done", Wrapped(**wrapped) if wrapped else None)


def code(cast: Cast, row: Conversation, **wrapped: Any) -> str:
    with pytest.raises(Refused) as refusal:
        closes(cast, row, **wrapped)
    return refusal.value.code


def notes(row: Conversation) -> list[tuple[str, str]]:
    """As whoever holds it reads them."""
    stretch = next(
        one for one in reads.read_on([Ask(staff=row.volunteer_id)])[0] if one.conversation.id == row.id
    )
    return [(one.kind, one.text) for one in stretch.noted]


# --- the gate ---------------------------------------------------------------------------------------------


def test_nothing_closes_before_the_question_was_asked(asked: Cast) -> None:
    row = asked.talks()
    assert code(asked, row) == "risk_not_asked"
    assert code(asked, row, contact="self", not_asked="  ") == "risk_not_asked"
    row.refresh_from_db()
    assert row.closing_at is None
    assert not WrapUp.objects.exists()


@pytest.mark.parametrize("reply", ["no", "unsaid"])
def test_whoever_asked_may_close(asked: Cast, reply: str) -> None:
    row = asked.talks()
    asking.answer(asked.sam.id, row.id, "thoughts", reply)
    assert closes(asked, row).closing_at


@pytest.mark.parametrize("contact", list(Contact))
def test_whoever_says_why_not_may_close_and_the_reason_is_kept_sealed(asked: Cast, contact: str) -> None:
    row = closes(asked, asked.talks(), contact=contact, not_asked=WHY)
    assert (row.risk_asked, WrapUp.objects.get().contact) == ("not_appropriate", contact)
    assert notes(row) == [("not_asked", WHY)]
    assert WHY.encode() not in bytes(Note.objects.get().text_sealed)


def test_a_reason_does_not_undo_that_it_was_asked(asked: Cast) -> None:
    row = asked.talks()
    asking.answer(asked.sam.id, row.id, "thoughts", "no")
    assert closes(asked, row, not_asked=WHY).risk_asked == "asked"
    assert notes(row) == []


def test_an_open_flag_comes_before_every_reason(asked: Cast) -> None:
    row = asked.talks()
    asked.visits(RISKY)
    assert code(asked, row, contact="abuse", not_asked=WHY) == "open_flag"


def test_a_line_that_does_not_want_it_lets_close(cast: Cast) -> None:
    assert closes(cast, cast.talks()).closing_at


# --- what is said at the close ----------------------------------------------------------------------------


def test_topics_and_trouble_are_kept_for_the_counts(cast: Cast) -> None:
    row = closes(cast, cast.talks(), topics=["money", "grief", "money"], trouble=True)
    kept = WrapUp.objects.get(conversation=row)
    assert (kept.topics, kept.trouble, kept.by) == (["grief", "money"], True, cast.sam.id)


@pytest.mark.parametrize("topics", [["weather"], list(TOPICS)[:9]])
def test_other_topics_or_too_many_are_refused_and_nothing_is_kept(cast: Cast, topics: list[str]) -> None:
    row = cast.talks()
    with pytest.raises(BadInput):
        closes(cast, row, topics=topics, agreed="to be kept with the rest only")
    assert not WrapUp.objects.exists()
    assert not Note.objects.exists()


def test_an_undo_keeps_what_was_said_and_the_next_close_changes_it_without_doubling_words(
    asked: Cast,
) -> None:
    row = asked.talks()
    closes(asked, row, topics=["grief"], not_asked=WHY, agreed="a walk on Sunday")
    queue.undo_close(asked.sam.id, row.id)
    asked.answers(row, "one more thing")
    closes(asked, row, topics=["money"], not_asked=WHY, agreed="a walk on Sunday")
    assert WrapUp.objects.get().topics == ["money"]
    assert notes(row) == [("not_asked", WHY), ("agreed", "a walk on Sunday")]


def test_readers_are_told_of_what_a_close_wrote(asked: Cast) -> None:
    row = asked.talks()
    before = row.version
    closes(asked, row, not_asked=WHY, agreed="a walk")
    row.refresh_from_db()
    versions = list(Note.objects.order_by("version").values_list("version", flat=True))
    assert versions == [before + 1, before + 2]
    assert (row.guide_version, row.version) == (before + 2, before + 3)


# --- forgotten --------------------------------------------------------------------------------------------


def erased(cast: Cast) -> Conversation:
    """A conversation beside which everything was written, closed, and erased as its visitor asked."""
    row = cast.talks()
    noting.write_note(cast.sam.id, row.id, "they have a dog")
    asking.answer(cast.sam.id, row.id, "thoughts", "no")
    planning.write_plan(cast.sam.id, row.id, {"coping": "a walk"})
    closes(cast, row, topics=["grief"], agreed="a walk on Sunday")
    dispatcher.carry_out_closes(timezone.now() + queue.UNDO + timedelta(seconds=1))
    leaving.erase(cast.visitor_of())
    row.refresh_from_db()
    return row


def readable(row: Conversation) -> list[object]:
    """What can still be read of all that was written beside it."""
    sealers = keys.sealers([row.id], erased=[row.id])
    notes = guide.notes_since({row.id: 0}, {row.id: row}, sealers)[row.id]
    told = guide.guides([row.id], {row.id: row}, sealers)[row.id]
    return [*(note.text for note in notes if note.text), *told.answers, *([told.plan] if told.plan else [])]


def test_with_the_words_all_that_was_written_beside_them_is_forgotten_and_the_counts_stay(
    asked: Cast,
) -> None:
    row = erased(asked)
    assert readable(row) == []
    assert (Note.objects.count(), RiskAnswer.objects.count(), Plan.objects.count()) == (2, 0, 0)
    assert (row.risk_asked, WrapUp.objects.get().topics) == ("asked", ["grief"])


def test_answers_that_outlive_the_key_would_be_noticed(asked: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The break: an erasure destroys the key and deletes nothing."""
    monkeypatch.setattr(guide, "forget", lambda row: None)
    assert [type(one).__name__ for one in readable(erased(asked))] == ["AnswerRow"]


def test_nothing_more_is_written_beside_words_that_were_erased(cast: Cast) -> None:
    row = cast.talks()
    cast.visits(RISKY)
    leaving.erase(cast.visitor_of())
    dispatcher.erase_overdue(timezone.now() + timedelta(hours=25))
    for verb in (
        lambda: noting.write_note(cast.sam.id, row.id, "a note"),
        lambda: asking.answer(cast.sam.id, row.id, "thoughts", "yes"),
        lambda: planning.write_plan(cast.sam.id, row.id, {"coping": "a walk"}),
    ):
        with pytest.raises(keys.Forgotten):
            verb()
    assert NoteKind.NOTE not in Note.objects.values_list("kind", flat=True)
