"""The commands with which a line begins in an empty database."""

import json
from io import StringIO

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


def test_the_wire_is_printed_as_json_schema() -> None:
    told = json.loads(run("schema"))
    assert set(told) == {"from_visitor", "from_desk", "to_visitor", "to_desk"}


@pytest.mark.parametrize("name", OURS)
def test_every_command_says_what_it_is_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(name, "--help")
    assert len(capsys.readouterr().out.split("\n\n")[1]) > 20
