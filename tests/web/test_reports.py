"""Reports as those who answer for a line read them: whose they are, what they hide, what a spreadsheet gets."""

import csv
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations import reads
from chatline.demo import history
from chatline.lines.models import Line
from chatline.people.actions import add_staff
from chatline.people.models import Role, Staff
from chatline.web.report_tables import Table
from chatline.web.reports import write_csv
from routing import board, walls
from tests.cast import Cast

pytestmark = pytest.mark.django_db

TABLES = {"contacts", "answers", "left", "flags", "feelings", "asked", "load", "texts"}


@pytest.fixture
def past(cast: Cast) -> Cast:
    history.make(cast.line, [cast.sam, cast.robin], cast.alex, timezone.now(), people=300)
    return cast


def page(client: Client, who: Staff, **asked: str) -> Any:
    client.force_login(who)
    return client.get("/reports/", asked)


def shown(response: Any) -> set[str]:
    return set(re.findall(r'<section class="report card" id="(\w+)"', response.content.decode()))


def sheet(client: Client, name: str, **asked: str) -> list[list[str]]:
    text = client.get(f"/reports/{name}.csv", asked).content.decode().removeprefix("\ufeff")
    return list(csv.reader(StringIO(text)))


@pytest.mark.parametrize("who", ["sam", "robin", "olive"])
def test_for_whoever_answers_for_no_line_there_is_nothing_here(who: str, client: Client, cast: Cast) -> None:
    assert page(client, getattr(cast, who)).status_code == 404
    assert client.get("/reports/answers.csv").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(client: Client, cast: Cast) -> None:
    for where in ("/reports/", "/reports/answers.csv"):
        assert client.get(where)["Location"] == f"/accounts/login/?next={where}"


def test_a_line_of_others_cannot_be_asked_for(client: Client, past: Cast) -> None:
    noor = add_staff("noor", "Noor", past.other_line.id, Role.SUPERVISOR)
    assert page(client, noor, line="demo").status_code == 400
    assert client.get("/reports/answers.csv", {"line": "demo"}).status_code == 404
    assert "Demo line" not in page(client, noor).content.decode()


def test_a_supervisor_reads_everything(client: Client, past: Cast) -> None:
    assert shown(page(client, past.alex)) == TABLES
    assert [one[0] for one in sheet(client, "load")] == ["Volunteer", "Robin", "Sam"]


def test_a_manager_does_not_read_what_each_volunteer_carried(client: Client, past: Cast) -> None:
    response = page(client, past.maria)
    assert shown(response) == TABLES - {"load"}
    assert "Robin" not in response.content.decode()
    assert client.get("/reports/load.csv").status_code == 404


def test_who_supervises_one_line_and_manages_another_reads_load_of_the_first_alone(
    client: Client, past: Cast
) -> None:
    past.alex.memberships.create(line=past.other_line, role=Role.MANAGER)
    assert "load" in shown(page(client, past.alex, line="demo"))
    assert "load" not in shown(page(client, past.alex, line="other"))


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_last_days_end_with_yesterday(days: int, client: Client, past: Cast) -> None:
    told = page(client, past.alex, days=str(days)).context["report"]
    assert told.span.days == days
    assert told.span.last == timezone.now().date() - timedelta(days=1)


def test_days_between_two_dates(client: Client, past: Cast) -> None:
    last = timezone.now().date() - timedelta(days=3)
    first = last - timedelta(days=13)
    told = page(client, past.alex, since=str(first), until=str(last)).context["report"]
    assert (told.span.first, told.span.last) == (first, last)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"since": "2026-11-02", "until": "2026-11-03"}, "seven days at least"),
        ({"since": "2020-01-01", "until": "2026-01-01"}, "a year at most"),
        ({"since": "2999-01-01", "until": "2999-01-31"}, "must be over"),
        ({"since": "yesterday"}, "Enter a valid date"),
        ({"until": "0001-01-01"}, "seven days at least"),
        ({"days": "3"}, "Select a valid choice"),
        ({"line": "nowhere"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_reported_is_said(asked: dict[str, str], why: str, client: Client, cast: Cast) -> None:
    response = page(client, cast.alex, **asked)
    assert response.status_code == 400
    assert why in response.content.decode()
    assert shown(response) == set()
    assert client.get("/reports/answers.csv", asked).status_code == 404


def test_a_line_to_which_nobody_came_is_reported_too(client: Client, cast: Cast) -> None:
    response = page(client, cast.alex)
    assert shown(response) == TABLES
    assert response.context["report"].people == 0


def test_every_plot_has_a_title_a_description_and_its_numbers_in_a_table(client: Client, past: Cast) -> None:
    html = page(client, past.alex).content.decode()
    sections = re.findall(r'<section class="report card".*?</section>', html, re.DOTALL)
    plots = [one for one in sections if "<svg" in one]
    assert len(plots) == len(TABLES) - 1
    for one in plots:
        assert re.search(r'<svg [^>]*role="img"[^>]*><title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>', one)
        assert one.count('<th scope="row">') >= 2
        assert "style=" not in one


def test_page_and_spreadsheet_hide_the_same(client: Client, past: Cast) -> None:
    html = page(client, past.alex).content.decode()
    hidden = re.findall(r"<td>(?:<span[^>]*>·</span><span[^>]*>)?not shown", html)
    in_sheets = sum(row.count("not shown") for name in TABLES for row in sheet(client, name))
    assert len(hidden) == in_sheets > 0
    numbers = [int(cell) for row in sheet(client, "contacts")[1:] for cell in row if cell.isdecimal()]
    assert [one for one in numbers if 0 < one < 5] == []


def test_a_spreadsheet_says_whose_and_which_days_it_is(client: Client, past: Cast) -> None:
    client.force_login(past.alex)
    response = client.get("/reports/answers.csv", {"days": "7"})
    last = timezone.now().date() - timedelta(days=1)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="demo-answers-{last - timedelta(days=6)}-{last}.csv"' in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store"
    assert sheet(client, "answers", days="7")[0] == ["Answered after", "People", "Share"]


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_a_name_never_becomes_a_formula(name: str) -> None:
    out = StringIO(newline="")
    write_csv(out, Table("load", "", "", ["Volunteer", name], [[name, -5, None]]))
    head, row = csv.reader(StringIO(out.getvalue().removeprefix("\ufeff"), newline=""))
    assert head == ["Volunteer", f"'{name}"]
    assert row == [f"'{name}", "-5", "not shown"]


def test_a_line_with_a_zone_that_nobody_knows_is_reported_by_utc(client: Client, past: Cast) -> None:
    Line.objects.filter(id=past.line.id).update(time_zone="Nowhere/Land")
    assert page(client, past.alex).status_code == 200


# --- the made-up past ---------------------------------------------------------------------------------------


def test_the_past_is_over_and_holds_no_words(past: Cast) -> None:
    rows = past.line.conversation_set.all()
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    assert rows.count() == 300
    assert not rows.exclude(state="closed", erased_at__isnull=False, last_seq=0, first_taken_at=None).exists()
    assert not rows.filter(opened_at__gte=today).exists()


def test_a_past_that_is_there_stays_as_it_is(past: Cast) -> None:
    history.make(past.line, [past.sam], past.alex, timezone.now(), people=300)
    assert past.line.conversation_set.count() == 300


def test_nobody_of_the_past_shows_on_the_live_line(past: Cast) -> None:
    assert board.queue([past.line.id]) == []
    assert reads.recent_wait(past.line.id) is None
    now = walls.now([past.line.id], timezone.now())
    assert (now.waiting, now.flags, now.talks, now.unsure, now.failed) == (0, 0, 0, 0, 0)
