"""R-08's exception: a legal hold keeps one locked copy, by two people, for a time; forgetting goes on as promised."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from chatline.conversations import holds, keys, leaving, retention
from chatline.conversations.models import Conversation, Delivery, Hold, Key
from chatline.conversations.states import Medium, State
from chatline.errors import BadInput, NotFound, Refused
from chatline.people.actions import add_staff
from chatline.people.models import Alarm, AuditEntry, Role, Staff
from routing.carrier_words import Keyword
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

WEEK = timedelta(days=7)


@pytest.fixture
def nora(cast: Cast) -> Staff:
    return add_staff("nora", "Nora", cast.line.id, Role.MANAGER)


def closed(cast: Cast, medium: Medium = Medium.WEB) -> Conversation:
    row = cast.talks(medium=medium)
    Conversation.objects.filter(id=row.id).update(
        state=State.CLOSED, closed_at=timezone.now(), close_reason="done"
    )
    return row


def ask(cast: Cast, row: Conversation) -> UUID:
    return holds.ask(cast.maria.id, row.id, "court_order", "12 C 345/26", timezone.now() + WEEK)


def held(cast: Cast, nora: Staff, medium: Medium = Medium.WEB) -> tuple[Conversation, UUID]:
    row = closed(cast, medium)
    hold = ask(cast, row)
    holds.confirm(nora.id, hold)
    return row, hold


def words_of(hold: UUID) -> list[str]:
    keys.forget_opened()
    return [one.text for one in holds.hand_over(hold).words]


def check_that_nothing_opens_after_its_end(cast: Cast, hold: UUID) -> None:
    late = timezone.now() + WEEK
    while retention.forget_due(late):
        pass
    with pytest.raises(keys.Forgotten):
        words_of(hold)
    assert not Key.objects.filter(owner=hold).exists()


def alarms() -> list[str]:
    return list(Alarm.objects.filter(cleared_at=None, code="not_forgotten").values_list("subject", flat=True))


# --- two people ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-08")
def test_whoever_asked_for_a_hold_cannot_confirm_it(cast: Cast) -> None:
    hold = ask(cast, closed(cast))
    with pytest.raises(Refused, match="Somebody else"):
        holds.confirm(cast.maria.id, hold)
    assert not holds.standing().exists()


@pytest.mark.requirement("R-08")
def test_the_database_itself_refuses_a_hold_by_one_person(cast: Cast) -> None:
    hold = ask(cast, closed(cast))
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(id=hold).update(confirmed_by=cast.maria.id)


@pytest.mark.requirement("R-08")
def test_a_hold_that_nobody_confirmed_keeps_nothing(cast: Cast) -> None:
    row = closed(cast)
    hold = ask(cast, row)
    leaving.erase(row.visitor_id)
    with pytest.raises(keys.Forgotten):
        words_of(hold)


def test_what_was_erased_between_asking_and_confirming_is_not_kept(cast: Cast, nora: Staff) -> None:
    row = closed(cast)
    hold = ask(cast, row)
    leaving.erase(row.visitor_id)
    with pytest.raises(Refused) as refused:
        holds.confirm(nora.id, hold)
    assert refused.value.code == "forgotten"


@pytest.mark.parametrize("who", ["sam", "alex", "olive"])
def test_only_managers_of_the_line_find_holds(cast: Cast, who: str) -> None:
    row = closed(cast)
    with pytest.raises(NotFound):
        holds.ask(getattr(cast, who).id, row.id, "claim", "7", timezone.now() + WEEK)


def test_a_conversation_that_is_not_over_cannot_be_held(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        ask(cast, cast.talks())
    assert refused.value.code == "still_open"


@pytest.mark.parametrize("days", [-1, 400])
def test_a_hold_ends_on_a_day_within_a_year(cast: Cast, days: int) -> None:
    row = closed(cast)
    with pytest.raises(BadInput) as refused:
        holds.ask(cast.maria.id, row.id, "claim", "7", timezone.now() + timedelta(days=days))
    assert refused.value.code == "bad_end"


def test_every_step_of_a_hold_stands_in_the_audit_log(cast: Cast, nora: Staff) -> None:
    row, hold = held(cast, nora)
    words_of(hold)
    holds.end(nora.id, hold)
    told = AuditEntry.objects.filter(subject=str(row.id), verb__contains="hold").order_by("id")
    assert [(one.verb, one.actor) for one in told] == [
        ("ask_hold", cast.maria.id),
        ("confirm_hold", nora.id),
        ("hand_over_hold", None),
        ("end_hold", nora.id),
    ]


def test_holds_are_counted_for_good(cast: Cast, nora: Staff) -> None:
    _, hold = held(cast, nora)
    holds.end(nora.id, hold)
    assert holds.counted(cast.line.id) == {"asked": 1, "confirmed": 1, "standing": 0}


# --- what is kept -------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-08")
def test_under_a_hold_the_words_are_gone_from_every_screen_and_kept_in_the_copy(
    cast: Cast, nora: Staff
) -> None:
    row, hold = held(cast, nora)
    assert leaving.erase(row.visitor_id)
    with pytest.raises(keys.Forgotten):
        keys.sealer(row.id)
    assert "hello" in words_of(hold)


def test_a_hold_does_not_keep_the_line_from_forgetting_in_time(cast: Cast, nora: Staff) -> None:
    row, hold = held(cast, nora)
    old = timezone.now() - timedelta(days=cast.line.keep_words_days + 2)
    Conversation.objects.filter(id=row.id).update(closed_at=old)
    while retention.forget_due(timezone.now()):
        pass
    retention.prove_forgotten(timezone.now())
    assert not Key.objects.filter(owner=row.id).exists()
    assert "hello" in words_of(hold)
    assert alarms() == []


@pytest.mark.requirement("R-08")
def test_when_its_day_comes_everything_that_is_overdue_is_forgotten_at_once(cast: Cast, nora: Staff) -> None:
    row, hold = held(cast, nora)
    leaving.erase(row.visitor_id)
    check_that_nothing_opens_after_its_end(cast, hold)


@pytest.mark.breaks("R-08")
def test_a_hold_that_does_not_end_by_itself_is_caught_when_its_day_has_come(
    cast: Cast, nora: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, hold = held(cast, nora)
    leaving.erase(row.visitor_id)
    monkeypatch.setattr(holds, "end_due", lambda _now: False)
    with pytest.raises(pytest.fail.Exception):
        check_that_nothing_opens_after_its_end(cast, hold)


def test_a_hold_ended_by_hand_opens_nothing_any_more(cast: Cast, nora: Staff) -> None:
    row, hold = held(cast, nora)
    leaving.erase(row.visitor_id)
    holds.end(cast.maria.id, hold)
    with pytest.raises(keys.Forgotten):
        words_of(hold)


def test_ending_a_hold_early_leaves_what_is_not_due_yet(cast: Cast, nora: Staff) -> None:
    row, hold = held(cast, nora)
    holds.end(cast.maria.id, hold)
    assert keys.sealer(row.id)


@pytest.mark.requirement("R-08")
def test_a_key_of_a_hold_that_outlives_it_is_an_alarm(cast: Cast, nora: Staff) -> None:
    _, hold = held(cast, nora)
    Hold.objects.filter(id=hold).update(ends_at=timezone.now() - timedelta(days=2))
    retention.prove_forgotten(timezone.now())
    assert alarms() == ["demo"]


@pytest.mark.parametrize(("is_held", "receipt"), [(True, "deleted_held"), (False, "deleted")])
def test_whoever_texts_delete_is_told_of_a_copy_if_there_is_one(
    cast: Cast, nora: Staff, is_held: bool, receipt: str
) -> None:
    held(cast, nora, Medium.SMS) if is_held else closed(cast, Medium.SMS)
    cast.texts("DELETE", keyword=Keyword.DELETE)
    assert Delivery.objects.filter(message=None).latest("id").purpose == receipt


# --- handed over --------------------------------------------------------------------------------------------


def test_the_operator_writes_the_copy_for_its_owner_alone(cast: Cast, nora: Staff, tmp_path: Path) -> None:
    row, hold = held(cast, nora)
    leaving.erase(row.visitor_id)
    call_command("holdcopy", str(hold), str(tmp_path / "copy"))
    written = tmp_path / "copy" / "words.txt"
    assert "\thello\n" in written.read_text()
    assert written.stat().st_mode & 0o077 == 0


def test_the_operator_gets_nothing_of_a_hold_that_has_ended(cast: Cast, nora: Staff, tmp_path: Path) -> None:
    _, hold = held(cast, nora)
    holds.end(nora.id, hold)
    with pytest.raises(CommandError, match="erased"):
        call_command("holdcopy", str(hold), str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()
