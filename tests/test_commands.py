"""The commands with which a line begins in an empty database."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands
from django.test import Client

from chatline.lines.models import Line, Number
from chatline.people.models import Membership, Role, Staff
from tests.cast import Cast

OURS = sorted(name for name, app in get_commands().items() if app == "chatline")


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_line_and_its_manager(client: Client) -> None:
    told = run("addline", "Harbor line", "--number", "57230", "--language", "en", "--language", "es")
    assert "/sms/inbound/#ct=2000&rt=3500&tt=15000&rc=3&rp=ct,rt,5xx" in told
    line = Line.objects.get()
    assert (line.slug, line.languages) == ("harbor-line", ["en", "es"])
    assert Number.objects.get().number == "57230"
    link = run("addstaff", "kim", "--role", "manager").split()[-1]
    assert Membership.objects.get().role == Role.MANAGER
    assert client.get(link.removeprefix("http://127.0.0.1:8000"), follow=True).context["validlink"] is True


@pytest.mark.django_db
def test_a_new_line_is_tried_before_it_opens_unless_it_is_told_to_open() -> None:
    told = run("addline", "Harbor line")
    line = Line.objects.get()
    assert line.opened_at is None
    assert line.try_code in told
    run("addline", "Bay line", "--open")
    assert Line.objects.get(slug="bay-line").opened_at


@pytest.mark.django_db
def test_somebody_with_a_link_cannot_sign_in_without_it(client: Client) -> None:
    run("addline", "Harbor line")
    run("addstaff", "kim")
    assert not Staff.objects.get().has_usable_password()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["addline", "Demo", "--slug", "demo"], "already a line called demo"),
        (["addline", "New line", "--number", "57230"], "57230 belongs to a line already"),
        (["addline", "New line", "--short-name", "x" * 25], "short_name: This has 25 characters"),
        (["addline", "New line", "--number", "12-34"], "number: Write a number"),
        (["addline", "New line", "--emergency", "help"], "emergency: A number"),
        (["addstaff", "SAM", "--line", "demo"], "already somebody called SAM"),
        (["addstaff", "a b", "--line", "demo"], "2 to 60 letters"),
        (["export", "nowhere"], "no line called nowhere"),
        (["import", "/nowhere.toml"], "cannot be read"),
        (["addstaff", "sam", "--line", "demo"], "already somebody called sam"),
        (["addstaff", "new"], "Name the line"),
        (["addstaff", "new", "--line", "nowhere"], "Name the line"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(words: list[str], why: str, cast: Cast) -> None:
    before = (Line.objects.count(), Staff.objects.count())
    with pytest.raises(CommandError, match=why):
        run(*words)
    assert (Line.objects.count(), Staff.objects.count()) == before


@pytest.mark.django_db
def test_a_line_goes_into_a_file_and_comes_back(tmp_path: Path, cast: Cast) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(run("export", "demo"))
    assert run("import", str(file)) == "Nothing differs.\n"
    file.write_text(file.read_text().replace('"Demo line"', '"Our line"').replace('"911"', '"112"'))
    told = run("import", str(file), "--dry-run")
    assert "Name and pages: Name\n  - Demo line\n  + Our line\n" in told
    assert "Needs --sure: People in danger" in told
    assert Line.objects.get(slug="demo").name == "Demo line"
    with pytest.raises(CommandError, match="other_emergency"):
        run("import", str(file))
    run("import", str(file), "--sure")
    assert Line.objects.get(slug="demo").emergency == "112"
    assert run("export", "demo") == file.read_text()


@pytest.mark.django_db
def test_a_file_that_is_wrong_is_told_by_field_and_code_and_changes_nothing(
    tmp_path: Path, cast: Cast
) -> None:
    file = tmp_path / "demo.toml"
    file.write_text('format = 1\nslug = "demo"\n[identity]\nname = ""\n[limits]\nkeep_words_days = "7"\n')
    with pytest.raises(CommandError) as refused:
        run("import", str(file))
    assert "identity.name: This must not be empty. (empty)" in str(refused.value)
    assert "limits.keep_words_days: This is a whole number. (wrong_type)" in str(refused.value)
    assert Line.objects.get(slug="demo").name == "Demo line"


def test_the_wire_is_printed_as_json_schema() -> None:
    told = json.loads(run("schema"))
    assert set(told) == {"from_visitor", "from_desk", "to_visitor", "to_desk"}


@pytest.mark.parametrize("name", OURS)
def test_every_command_says_what_it_is_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(name, "--help")
    assert len(capsys.readouterr().out.split("\n\n")[1]) > 20
