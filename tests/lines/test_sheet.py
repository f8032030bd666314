"""A line as a document: what may stand in it, and that it is the same in rows, in a file and back."""

import itertools
from copy import deepcopy
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatline.errors import BadInput
from chatline.lines import changes, files, ladders, rules, scripting, sheet
from chatline.lines.actions import add_line
from chatline.lines.changes import Unsure, Wrong
from chatline.lines.importing import import_line
from chatline.lines.models import Change, Holiday, Hook, Line, Number, Reply, Rung
from chatline.people.models import AuditEntry
from routing.risk import Level
from routing.risk.templates import CATEGORIES
from tests.cast import Cast
from tests.lines.sheets import SHEETS
from tests.web.test_reading import TEXTS

pytestmark = pytest.mark.django_db

FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
slugs = (f"line-{number}" for number in itertools.count())


# --- files ------------------------------------------------------------------------------------------------


@given(SHEETS)
@settings(max_examples=60, deadline=None)
def test_a_file_gives_back_what_was_written_into_it(one: sheet.Sheet) -> None:
    assert files.read(files.write("a-line", one)) == ("a-line", one)


@given(SHEETS)
@settings(max_examples=60, deadline=None)
def test_what_the_tests_generate_may_stand(one: sheet.Sheet) -> None:
    assert [problem for section, value in one.items() for problem in rules.check(section, value)] == []


@pytest.mark.both
@given(SHEETS, st.booleans())
@FEW
def test_a_line_that_was_imported_is_exported_as_the_same_file(one: sheet.Sheet, exists: bool) -> None:
    slug = next(slugs)
    Number.objects.all().delete()
    Line.objects.all().delete()
    if exists:
        add_line("Another", slug=slug)
    import_line(files.write(slug, one), sure=True)
    line = sheet.line_of(slug)
    told = files.write(slug, sheet.read(line))
    assert sheet.read(line) == one
    assert not any(import_line(told).differences.values())
    assert files.write(slug, sheet.read(line)) == told


@given(SHEETS, SHEETS)
@FEW
def test_a_dry_run_tells_the_same_and_changes_nothing(first: sheet.Sheet, second: sheet.Sheet) -> None:
    slug = next(slugs)
    Line.objects.all().delete()
    import_line(files.write(slug, first))
    second |= {"numbers": first["numbers"], "sites": first["sites"]}
    before, counted = sheet.read(sheet.line_of(slug)), Change.objects.count()
    would = import_line(files.write(slug, second), dry=True)
    assert (sheet.read(sheet.line_of(slug)), Change.objects.count()) == (before, counted)
    assert import_line(files.write(slug, second), sure=True) == would


BAD_FILES = {
    "not_toml": 'format = 1\nslug = "a\n',
    "bad_format": 'slug = "a-line"\n',
    "unknown_section": "format = 1\n[passwords]\n",
    "wrong_type": "format = 1\nslug = 3\n",
}


@pytest.mark.parametrize("code", BAD_FILES)
def test_a_file_that_is_none_is_refused_with_a_code(code: str) -> None:
    with pytest.raises(BadInput) as refused:
        import_line(BAD_FILES[code], "a-line")
    assert refused.value.code == code
    if code == "not_toml":
        assert "line 2" in refused.value.detail


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("identity", "name"), " ", "empty"),
        (("identity", "name"), "x" * 61, "too_long"),
        (("identity", "name"), "a\x00b", "characters"),
        (("identity", "languages"), ["english"], "not_a_language"),
        (("identity", "exit_url"), "http://www.example.org", "not_an_address"),
        (("identity", "exit_url"), 'https://a.example"><script>', "not_an_address"),
        (("identity", "asks_risk"), 1, "wrong_type"),
        (("identity", "colour"), "red", "unknown_field"),
        (("limits", "keep_words_days"), 0, "out_of_range"),
        (("limits", "keep_words_days"), True, "wrong_type"),
        (("limits", "quiet_close_minutes"), 3, "close_before_ask"),
        (("hours", "zone"), "Mars/Olympus", "zone_unknown"),
        (("hours", "weekly"), {"funday": ["09:00-17:00"]}, "not_a_day"),
        (("hours", "weekly"), {"monday": ["9-5"]}, "not_a_span"),
        (("hours", "weekly"), {"monday": ["09:00-17:00", "16:00-18:00"]}, "overlap"),
        (("hours", "weekly"), {"monday": []}, "never_open"),
        (("hours", "holidays"), {"2026-02-30": []}, "not_a_day"),
        (("scripts", "goodbye"), {"en": "x"}, "unknown_purpose"),
        (("scripts", "welcome"), {"en": "{{ line.try_code }}"}, "script_fact"),
        (("scripts", "welcome"), {"en": "{% include 'x' %}"}, "script_form"),
        (("scripts", "welcome"), {"en": "{% if alternatives %}x"}, "script_form"),
        (("scripts", "alternatives"), {"en": "{{ alternatives }}"}, "script_fact"),
        (("numbers",), [{"number": "12-34", "account": "", "per_second": None}], "not_a_number"),
        (
            ("sites",),
            [{"key": "k", "name": "n", "origins": ["http://x.org"], "revoked": False}],
            "origin_insecure",
        ),
        (("replies",), [{"shortcut": "hi", "language": "en", "text": "x"}] * 2, "twice"),
        (("resources",), [{"kind": "song", "language": "en", "title": "t", "text": "x"}], "not_a_choice"),
        (("replies",), {"shortcut": "hi"}, "wrong_type"),
        (("ladder",), [], "not_at_once"),
        (("ladder",), [{"after": 30, "whom": "on_call", "channel": "text"}], "not_at_once"),
        (("ladder",), [{"after": 0, "whom": "on_call", "channel": "screen"}], "cannot_reach"),
        (("ladder",), [{"after": 0, "whom": "systems", "channel": "voice"}], "cannot_reach"),
        (("ladder",), [{"after": 0, "whom": "managers", "channel": "hook"}], "cannot_reach"),
        (("ladder",), [{"after": 0, "whom": "everybody", "channel": "text"}], "not_a_choice"),
        (
            ("hooks",),
            [{"name": "Pager", "url": "http://pager.example.org", "words": False}],
            "not_an_address",
        ),
        (
            ("phrases",),
            [{"language": "en", "category": "suicide", "level": "high", "text": "the (quarry"}],
            "not_a_phrase",
        ),
        (
            ("phrases",),
            [{"language": "en", "category": "suicide", "level": "none", "text": "x"}],
            "not_a_choice",
        ),
    ],
)
def test_what_may_not_stand_in_a_sheet_is_refused_by_field_and_code_and_nothing_is_lost(
    path: tuple[str, ...], value: Any, code: str
) -> None:
    line = add_line("A line")
    before = sheet.read(line)
    wanted = deepcopy(before)
    if len(path) == 1:
        wanted[path[0]] = value
    else:
        wanted[path[0]][path[1]] = value
    wanted["identity"]["launcher"] = "Talk"  # good, but must not be saved beside what is bad
    with pytest.raises(Wrong) as refused:
        import_line(files.write(line.slug, wanted), sure=True)
    assert [one.code for one in refused.value.problems] == [code]
    assert refused.value.problems[0].field.startswith(".".join(path))
    assert sheet.read(sheet.line_of(line.slug)) == before


def test_every_automatic_text_may_be_worded_anew_and_its_own_words_are_allowed() -> None:
    assert {file.name.split(".")[0] for file in TEXTS} | {"alternatives"} == set(scripting.PURPOSES)
    wrong = {
        file.name: found
        for file in TEXTS
        if (found := scripting.problem(file.name.split(".")[0], file.read_text()))
    }
    assert wrong == {}


# --- importing --------------------------------------------------------------------------------------------


def test_a_new_line_from_a_file_is_not_open_yet() -> None:
    outcome = import_line('format = 1\nslug = "harbor"\n[identity]\nname = "Harbor line"\n')
    assert outcome.new
    line = sheet.line_of("harbor")
    assert (line.name, line.opened_at, line.emergency) == ("Harbor line", None, "911")


def test_what_a_file_leaves_out_stays(cast: Cast) -> None:
    import_line('format = 1\nslug = "demo"\n[limits]\nmost_waiting = 7\n')
    line = Line.objects.get(slug="demo")
    assert (line.most_waiting, line.keep_words_days, line.languages) == (7, 30, ["en", "es"])
    assert Number.objects.get().number == "57230"


@pytest.mark.parametrize(("section", "code"), [("numbers", "number_missing"), ("sites", "site_missing")])
def test_a_file_does_not_take_away_numbers_or_websites_by_leaving_them_out(
    section: str, code: str, cast: Cast
) -> None:
    with pytest.raises(Wrong) as refused:
        import_line(f'format = 1\nslug = "demo"\n{section} = []\n', sure=True)
    assert [one.code for one in refused.value.problems] == [code]


def test_a_number_of_another_line_is_not_taken(cast: Cast) -> None:
    text = 'format = 1\nslug = "other"\n[[numbers]]\nnumber = "57230"\n'
    with pytest.raises(Wrong) as refused:
        import_line(text, sure=True)
    assert [(one.field, one.code) for one in refused.value.problems] == [("numbers.1.number", "number_taken")]


def test_what_is_dangerous_must_be_meant(cast: Cast) -> None:
    text = 'format = 1\nslug = "demo"\n[identity]\nemergency = "112"\n[limits]\nkeep_words_days = 7\n'
    with pytest.raises(Unsure) as refused:
        import_line(text)
    assert refused.value.dangers == ["other_emergency", "keeps_shorter"]
    assert Line.objects.get(slug="demo").emergency == "911"
    assert import_line(text, dry=True).dangers == ["other_emergency", "keeps_shorter"]
    import_line(text, sure=True)
    assert Line.objects.get(slug="demo").emergency == "112"


def test_all_of_a_file_or_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sheet.read(cast.line)

    write = sheet.write_section

    def breaks(line: Line, section: str, value: Any) -> None:
        if section == "replies":
            raise OSError("the disk is full")
        write(line, section, value)

    wanted = deepcopy(before)
    wanted["identity"]["launcher"] = "Talk"
    wanted["replies"] = [{"shortcut": "hi", "language": "en", "text": "Hello."}]
    monkeypatch.setattr(sheet, "write_section", breaks)
    with pytest.raises(OSError, match="disk"):
        import_line(files.write("demo", wanted))
    assert sheet.read(Line.objects.get(slug="demo")) == before
    assert not Change.objects.exclude(section="sites").exists()


# --- rows -------------------------------------------------------------------------------------------------


def test_an_item_that_stays_keeps_its_row(cast: Cast) -> None:
    hi, bye = ({"shortcut": name, "language": "en", "text": name} for name in ("hi", "bye"))
    changes.save(None, cast.line.id, "replies", [hi, bye])
    row = Reply.objects.get(shortcut="bye").id
    changes.save(None, cast.line.id, "replies", [{**bye, "text": "Goodbye."}])
    assert Reply.objects.values_list("id", "text", "place").get() == (row, "Goodbye.", 0)


def test_a_line_without_rungs_has_the_ready_ladder(cast: Cast) -> None:
    there = sheet.read_section(cast.line, "ladder")
    assert rules.check("ladder", there) == []
    assert [tuple(one.values()) for one in there] == sorted(astuple(rung) for rung in ladders.DEFAULT)
    assert changes.save(None, cast.line.id, "ladder", there) is None
    assert not Rung.objects.exists()


def test_a_hook_whose_address_changes_keeps_its_secret(cast: Cast) -> None:
    pager = {"name": "Pager", "url": "https://pager.example.org/", "words": False}
    changes.save(None, cast.line.id, "hooks", [pager])
    oid = Hook.objects.get().oid
    changes.save(None, cast.line.id, "hooks", [{**pager, "url": "https://other.example.org/"}])
    assert Hook.objects.get().oid == oid


def test_categories_and_levels_of_phrases_are_those_of_the_screen() -> None:
    for category in CATEGORIES:
        assert rules.PHRASE["category"](category) is None
    for level in Level:
        assert (rules.PHRASE["level"](level.word) is None) == (level > Level.NONE)


def test_a_holiday_may_be_closed_or_have_hours_of_its_own(cast: Cast) -> None:
    value = {"zone": "UTC", "weekly": {}, "holidays": {"2026-12-24": ["09:00-12:00"], "2026-12-25": []}}
    changes.save(None, cast.line.id, "hours", value)
    assert [(one.day.day, one.opens is None) for one in Holiday.objects.order_by("day")] == [
        (24, False),
        (25, True),
    ]
    assert sheet.read_section(cast.line, "hours")["holidays"] == value["holidays"]


def test_a_save_is_in_the_audit_log_without_its_values(cast: Cast) -> None:
    changes.save(cast.maria.id, cast.line.id, "identity", _identity(cast, launcher="Talk to us"))
    entry = AuditEntry.objects.get(verb="change_line")
    assert (entry.actor, entry.detail["section"]) == (cast.maria.id, "identity")
    assert "Talk" not in str(entry.detail)


def _identity(cast: Cast, **other: Any) -> dict[str, Any]:
    return {**sheet.read_section(cast.line, "identity"), **other}


def test_nothing_is_kept_of_a_save_that_changes_nothing(cast: Cast) -> None:
    assert changes.save(cast.maria.id, cast.line.id, "identity", _identity(cast)) is None
    assert not Change.objects.filter(section="identity").exists()
