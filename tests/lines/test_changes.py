"""Saves of a line's sheet: told, undone for a day, and never one over another."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from chatline.errors import NotFound, Refused
from chatline.lines import actions, changes, sheet
from chatline.lines.changes import Unsure, Wrong
from chatline.lines.difference import DANGERS, Difference, dangers, differences
from chatline.lines.models import Change, Line, Number
from chatline.people.actions import add_staff
from chatline.people.models import Role
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


def identity(cast: Cast, **other: Any) -> dict[str, Any]:
    return {**sheet.read_section(Line.objects.get(id=cast.line.id), "identity"), **other}


def renamed(cast: Cast, name: str, **more: Any) -> Change:
    done = changes.save(cast.maria.id, cast.line.id, "identity", identity(cast, name=name), **more)
    assert done
    return done


def now_called(cast: Cast) -> str:
    return Line.objects.get(id=cast.line.id).name


# --- told -------------------------------------------------------------------------------------------------


def test_what_changed_is_told_in_words(cast: Cast) -> None:
    done = changes.save(
        cast.maria.id,
        cast.line.id,
        "identity",
        identity(cast, launcher="Talk", languages=["en"], asks_risk=True),
    )
    assert done
    assert changes.told(done) == [
        Difference("Languages", "en, es", "en"),
        Difference("Button on websites", "", "Talk"),
        Difference("Asks about the risk question before closing", "no", "yes"),
    ]


def test_hours_and_lists_are_told_by_day_and_item() -> None:
    hours = {"zone": "UTC", "weekly": {"monday": ["09:00-17:00"]}, "holidays": {"2026-12-25": []}}
    later = {"zone": "UTC", "weekly": {"monday": ["10:00-17:00"]}, "holidays": {}}
    assert differences("hours", hours, later) == [
        Difference("Monday", "09:00-17:00", "10:00-17:00"),
        Difference("2026-12-25", "closed", ""),
    ]
    assert differences("ladder", [ON_SCREEN], [ON_SCREEN, CALLED]) == [
        Difference("After 60 s: a phone call to the on-call list", "", "there")
    ]
    hi, bye = ({"shortcut": name, "language": "en", "text": name.upper()} for name in ("hi", "bye"))
    assert differences("replies", [hi], [hi, bye]) == [Difference("/bye (en)", "", "BYE")]
    assert differences("replies", [hi, bye], [bye, hi]) == [
        Difference("Order", "/hi (en), /bye (en)", "/bye (en), /hi (en)")
    ]


def test_a_website_that_is_added_by_its_own_page_is_a_change_too(cast: Cast) -> None:
    actions.revoke_site(cast.maria.id, cast.site.id)
    latest = Change.objects.latest("id")
    assert changes.told(latest)[0].after.endswith("revoked yes")
    changes.undo(cast.maria.id, latest.id, sure=True)
    cast.site.refresh_from_db()
    assert cast.site.revoked_at is None


# --- dangerous --------------------------------------------------------------------------------------------

NUMBER = {"number": "57230", "account": "", "per_second": None}
ON_SCREEN = {"after": 0, "whom": "on_shift", "channel": "screen"}
CALLED = {"after": 60, "whom": "on_call", "channel": "voice"}
HOOK = {"name": "Pager", "url": "https://pager.example.org/", "words": False}
LIMITS = {"keep_words_days": 30, "keep_number_hours": 24}
DANGEROUS: dict[str, tuple[str, Any, Any]] = {
    "keeps_shorter": ("limits", LIMITS, {**LIMITS, "keep_words_days": 29}),
    "other_exit": ("identity", {"exit_url": "a", "emergency": "1"}, {"exit_url": "b", "emergency": "1"}),
    "other_emergency": ("identity", {"exit_url": "a", "emergency": "1"}, {"exit_url": "a", "emergency": "2"}),
    "other_numbers": ("numbers", [NUMBER], []),
    "calls_nobody_away": ("ladder", [ON_SCREEN, CALLED], [ON_SCREEN]),
    "hook_with_words": ("hooks", [HOOK], [{**HOOK, "words": True}]),
    "site_revoked": ("sites", [{"key": "a", "revoked": False}], [{"key": "a", "revoked": True}]),
}


@pytest.mark.parametrize("code", DANGERS)
def test_what_is_dangerous_is_seen(code: str) -> None:
    section, before, after = DANGEROUS[code]
    assert dangers(section, before, after) == [code]
    assert dangers(section, before, before) == []


def test_words_that_go_to_another_address_are_a_danger_anew() -> None:
    told = {**HOOK, "words": True}
    assert dangers("hooks", [told], [{**told, "url": "https://other.example.org/"}]) == ["hook_with_words"]
    assert dangers("hooks", [told], [HOOK]) == []


def test_keeping_longer_is_not_dangerous() -> None:
    assert dangers("limits", LIMITS, {**LIMITS, "keep_words_days": 31}) == []


def test_a_dangerous_save_must_be_meant(cast: Cast) -> None:
    value = identity(cast, emergency="112")
    with pytest.raises(Unsure) as refused:
        changes.save(cast.maria.id, cast.line.id, "identity", value)
    assert refused.value.dangers == ["other_emergency"]
    assert Line.objects.get(id=cast.line.id).emergency == "911"
    changes.save(cast.maria.id, cast.line.id, "identity", value, sure=True)
    assert Line.objects.get(id=cast.line.id).emergency == "112"


# --- undone -----------------------------------------------------------------------------------------------


def test_a_save_is_undone_and_the_undoing_can_be_undone(cast: Cast) -> None:
    first = renamed(cast, "New name")
    second = changes.undo(cast.maria.id, first.id)
    assert now_called(cast) == "Demo line"
    changes.undo(cast.maria.id, second.id)
    assert now_called(cast) == "New name"


def refusal(cast: Cast, change: Change) -> str:
    with pytest.raises(Refused) as refused:
        changes.undo(cast.maria.id, change.id)
    return refused.value.code


def test_a_save_is_undone_once(cast: Cast) -> None:
    first = renamed(cast, "New name")
    changes.undo(cast.maria.id, first.id)
    assert refusal(cast, first) == "undone_already"


def test_a_save_is_not_undone_over_a_later_one(cast: Cast) -> None:
    first = renamed(cast, "New name")
    renamed(cast, "Newer name")
    assert refusal(cast, first) == "changed_since"
    assert now_called(cast) == "Newer name"


def test_another_section_may_have_changed_since(cast: Cast) -> None:
    first = renamed(cast, "New name")
    changes.save(None, cast.line.id, "replies", [{"shortcut": "hi", "language": "en", "text": "Hello."}])
    changes.undo(cast.maria.id, first.id)
    assert now_called(cast) == "Demo line"


@pytest.mark.parametrize(("hours", "possible"), [(23.9, True), (24.1, False)])
def test_a_save_is_undone_for_a_day(hours: float, possible: bool, cast: Cast) -> None:
    first = renamed(cast, "New name")
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
        if possible:
            changes.undo(cast.maria.id, first.id)
        else:
            assert refusal(cast, first) == "undo_over"
    assert now_called(cast) == ("Demo line" if possible else "New name")


def test_a_number_that_went_to_another_line_is_not_taken_back(cast: Cast) -> None:
    changes.save(cast.maria.id, cast.line.id, "numbers", [], sure=True)
    actions.add_number(cast.other_line, "57230")
    with pytest.raises(Wrong) as refused:
        changes.undo(cast.maria.id, Change.objects.latest("id").id, sure=True)
    assert [one.code for one in refused.value.problems] == ["number_taken"]
    assert Number.objects.get().line_id == cast.other_line.id


# --- rights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["sam", "alex", "olive", "noor"])
def test_only_whoever_manages_the_line_saves_undoes_or_opens_it(who: str, cast: Cast) -> None:
    noor = add_staff("noor", "Noor", cast.other_line.id, Role.MANAGER)
    one = noor if who == "noor" else getattr(cast, who)
    change = renamed(cast, "New name")
    Line.objects.filter(id=cast.line.id).update(opened_at=None)
    for verb in (
        lambda: changes.save(one.id, cast.line.id, "identity", identity(cast, name="Theirs")),
        lambda: changes.undo(one.id, change.id),
        lambda: actions.open_line(one.id, cast.line.id),
    ):
        with pytest.raises(NotFound):
            verb()
    assert now_called(cast) == "New name"
    assert Line.objects.get(id=cast.line.id).opened_at is None


# --- at once ----------------------------------------------------------------------------------------------


def test_whoever_comes_second_is_told_and_what_was_saved_stays(cast: Cast) -> None:
    seen = sheet.digest(identity(cast))
    mine = identity(cast, launcher="Mine")
    renamed(cast, "Theirs", seen=seen)
    with pytest.raises(Refused) as refused:
        changes.save(cast.maria.id, cast.line.id, "identity", mine, seen=seen)
    assert refused.value.code == "changed_meanwhile"
    assert now_called(cast) == "Theirs"


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_many_managers_at_once_one_saves_and_all_others_are_told() -> None:
    cast = make_cast()
    seen = sheet.digest(identity(cast))
    values = [identity(cast, name=f"Name {number}") for number in range(6)]
    together, told = threading.Barrier(len(values)), []

    def saves(value: dict[str, Any]) -> None:
        together.wait()
        try:
            changes.save(cast.maria.id, cast.line.id, "identity", value, seen=seen)
            told.append(value["name"])
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    people = [threading.Thread(target=saves, args=[value]) for value in values]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(told)[1:] == ["changed_meanwhile"] * 5
    assert sorted(told)[0] == now_called(cast)
    assert Change.objects.filter(section="identity").count() == 1
