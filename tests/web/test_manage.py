"""The pages of managers: a line set up by plain forms, as a browser without scripts would send them."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations.models import Message
from chatline.lines import changes, sheet
from chatline.lines.difference import TITLES
from chatline.lines.hooks import secret_of
from chatline.lines.models import Change, Hook, Line, Script
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Membership, Role, Staff
from chatline.web.manage.forms import FORMS
from chatline.web.manage.scripts import FINDINGS, PURPOSES
from routing import nobody, phrasing, reaching
from routing.models import Flag, Page
from routing.reaching import Reach
from tests.cast import A_NUMBER, RISKY, Cast

pytestmark = pytest.mark.django_db

AT = "/manage/lines/demo/"


@pytest.fixture
def maria(client: Client, cast: Cast) -> Client:
    client.force_login(cast.maria)
    return client


def typed(client: Client, path: str, form: int = -1) -> dict[str, Any]:
    """What a browser would send if somebody changed nothing in a form of this page."""
    page = client.get(path).content.decode()
    body = re.findall(r"<form method=\"post\".*?</form>", page.split("<main")[1], re.DOTALL)[form]
    given: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", body):
        at = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if at["name"] != "csrfmiddlewaretoken" and (at.get("type") != "checkbox" or " checked" in tag):
            usual = "on" if at.get("type") == "checkbox" else ""
            given[at["name"]] = unescape(at.get("value", usual))
    for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', body, re.DOTALL):
        given[name] = unescape(text)
    for name, choices in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', choices) or re.search(
            r'value="([^"]*)"', choices
        )
        assert chosen
        given[name] = chosen[1]
    return given


def saves(client: Client, path: str, form: int = -1, **fields: Any) -> Any:
    return client.post(path, {**typed(client, path, form), **fields}, follow=True)


def the_line() -> Line:
    return Line.objects.get(slug="demo")


# --- rights -----------------------------------------------------------------------------------------------


def ways(cast: Cast) -> list[tuple[str, str]]:
    person, change = cast.sam.id, Change.objects.get(line=cast.line).id  # that the website was added
    gets = ["", "open/", "identity/", "hours/", "limits/", "scripts/", "scripts/welcome/en/", "numbers/",
            "numbers/1/", "replies/", "resources/", "ladder/", "ladder/1/", "hooks/", "phrases/", "on-call/", "holds/",
            "people/", f"people/{person}/take/volunteer/", f"people/{person}/deactivate/", "changes/",
            f"changes/{change}/"]  # fmt: skip
    posts = ["open/", "identity/", "hours/", "limits/", "scripts/welcome/en/", "numbers/", "numbers/1/", "replies/",
             "resources/", "ladder/", "ladder/1/", "hooks/", "phrases/", "phrases/try/", "on-call/",
             "people/", "people/give/", f"people/{person}/link/", f"people/{person}/take/volunteer/",
             f"people/{person}/deactivate/", f"people/{person}/activate/", f"changes/{change}/"]  # fmt: skip
    return [*(("get", AT + one) for one in gets), *(("post", AT + one) for one in posts)]


@pytest.mark.parametrize("who", ["sam", "alex", "olive", "noor"])
def test_to_whom_does_not_manage_the_line_there_is_nothing_here(who: str, client: Client, cast: Cast) -> None:
    add_staff("noor", "Noor", cast.other_line.id, Role.MANAGER)
    client.force_login(Staff.objects.get(username=who))
    assert {getattr(client, how)(where).status_code for how, where in ways(cast)} == {404}


def test_every_way_is_there_for_its_manager_and_asks_others_to_sign_in(client: Client, cast: Cast) -> None:
    for how, where in ways(cast):
        assert getattr(client, how)(where)["Location"] == f"/accounts/login/?next={where}"
    client.force_login(cast.maria)
    assert {client.get(where).status_code for how, where in ways(cast) if how == "get"} == {200}


def test_a_manager_sees_their_own_lines(maria: Client, cast: Cast) -> None:
    page = maria.get("/manage/").content.decode()
    assert "Demo line" in page
    assert "Other line" not in page


def test_every_section_has_a_page(maria: Client, cast: Cast) -> None:
    page = maria.get(AT).content.decode()
    for section, title in TITLES.items():
        where = "/manage/sites/" if section == "sites" else f"{AT}{section}/"
        assert f'<a href="{where}">{title}</a>' in page
        assert maria.get(where).status_code == 200


# --- fields -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", FORMS)
def test_a_form_that_is_sent_as_it_came_changes_nothing(section: str, maria: Client, cast: Cast) -> None:
    before = sheet.read(the_line())
    page = saves(maria, f"{AT}{section}/").content.decode()
    assert "Nothing was different" in page
    assert sheet.read(the_line()) == before


def test_a_save_shows_what_changed_and_offers_to_undo_it(maria: Client, cast: Cast) -> None:
    page = saves(
        maria, f"{AT}identity/", name="New name", languages="en, ar", asks_risk="on"
    ).content.decode()
    assert re.search(r"<dt>Name</dt>.*?Demo line</del>.*?New name</ins>", page, re.DOTALL)
    assert (the_line().name, the_line().languages) == ("New name", ["en", "ar"])
    change = Change.objects.get(section="identity")
    assert f'href="{AT}changes/{change.id}/"' in page
    maria.post(f"{AT}changes/{change.id}/")
    assert the_line().name == "Demo line"


def test_what_may_not_stand_is_told_at_its_field_and_stays_typed(maria: Client, cast: Cast) -> None:
    response = saves(maria, f"{AT}identity/", exit_url="http://example.org", short_name="x" * 30)
    assert response.status_code == 400
    page = response.content.decode()
    assert 'id="id_exit_url_error"' in page
    assert 'id="id_short_name_error"' in page
    assert 'value="http://example.org"' in page
    assert the_line().short_name == "Demo line"


def test_hours_are_typed_as_people_write_them(maria: Client, cast: Cast) -> None:
    given = typed(maria, f"{AT}hours/")
    del given["always"]
    given |= {"zone": "America/New_York", "monday": "9-12, 1pm-5pm", "saturday": "18-02",
              "holidays": "2026-12-25 closed\r\n2026-12-31 9-12"}  # fmt: skip
    maria.post(f"{AT}hours/", given)
    assert sheet.read_section(the_line(), "hours") == {
        "zone": "America/New_York",
        "weekly": {"monday": ["09:00-12:00", "13:00-17:00"], "saturday": ["18:00-02:00"]},
        "holidays": {"2026-12-25": [], "2026-12-31": ["09:00-12:00"]},
    }
    assert typed(maria, f"{AT}hours/")["monday"] == "09:00-12:00, 13:00-17:00"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"monday": "whenever"}, "monday"),
        ({"monday": "9-17, 12-13"}, "monday"),
        ({}, "always"),
        ({"monday": "9-17", "always": "on"}, "always"),
        ({"monday": "9-17", "holidays": "Christmas closed"}, "holidays"),
        ({"monday": "9-17", "holidays": "2026-12-25 closed\n2026-12-25 9-12"}, "holidays"),
    ],
)
def test_hours_that_are_none_are_told_at_their_field(
    fields: dict[str, str], where: str, maria: Client, cast: Cast
) -> None:
    given = typed(maria, f"{AT}hours/")
    del given["always"]
    response = maria.post(f"{AT}hours/", {**given, **fields})
    assert response.status_code == 400
    assert f'id="id_{where}_error"' in response.content.decode()
    assert not the_line().hours.exists()


def test_what_is_dangerous_is_asked_once_more_with_all_that_was_typed(maria: Client, cast: Cast) -> None:
    page = saves(maria, f"{AT}limits/", keep_words_days="7", talk_minutes="60").content.decode()
    assert "no undo brings it back" in page
    assert the_line().keep_words_days == 30
    sure = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    maria.post(f"{AT}limits/", sure)
    assert (the_line().keep_words_days, the_line().talk_minutes) == (7, 60)


def test_of_two_managers_the_second_is_told_and_nothing_is_lost(maria: Client, cast: Cast) -> None:
    mine = typed(maria, f"{AT}identity/")
    saves(maria, f"{AT}identity/", name="Theirs")
    response = maria.post(f"{AT}identity/", {**mine, "launcher": "Mine"})
    page = response.content.decode()
    assert response.status_code == 400
    assert "Somebody else has saved this part" in page
    assert 'value="Mine"' in page
    assert re.search(r"<dt>Name</dt>.*?Theirs</del>.*?Demo line</ins>", page, re.DOTALL)
    assert the_line().name == "Theirs"
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    maria.post(f"{AT}identity/", {**mine, "name": "Theirs", "launcher": "Mine", "seen": seen[1]})
    assert (the_line().name, the_line().launcher) == ("Theirs", "Mine")


def test_a_form_that_does_not_say_what_it_was_made_from_saves_nothing(maria: Client, cast: Cast) -> None:
    given = typed(maria, f"{AT}identity/")
    del given["seen"]
    assert maria.post(f"{AT}identity/", {**given, "name": "New"}).status_code == 400
    assert the_line().name == "Demo line"


# --- lists ------------------------------------------------------------------------------------------------


def shortcuts() -> list[str]:
    return [one["shortcut"] for one in sheet.read_section(the_line(), "replies")]


def test_a_list_is_added_to_ordered_changed_and_shortened(maria: Client, cast: Cast) -> None:
    where = f"{AT}replies/"
    for shortcut in ("hi", "breathe", "bye"):
        saves(maria, where, shortcut=shortcut, text=f"{shortcut},\r\nfriend")
    assert shortcuts() == ["hi", "breathe", "bye"]
    saves(maria, where, form=0, do="up 3")
    assert shortcuts() == ["hi", "bye", "breathe"]
    saves(maria, where, form=0, do="down 1")
    assert shortcuts() == ["bye", "hi", "breathe"]
    page = saves(maria, f"{where}2/", shortcut="hello").content.decode()
    assert "/hello (en)" in page
    saves(maria, where, form=0, do="remove 1")
    assert shortcuts() == ["hello", "breathe"]
    assert sheet.read_section(the_line(), "replies")[1]["text"] == "breathe,\nfriend"


def test_a_second_of_the_same_is_refused_and_stays_typed(maria: Client, cast: Cast) -> None:
    where = f"{AT}replies/"
    saves(maria, where, shortcut="hi", text="one")
    response = saves(maria, where, shortcut="hi", text="another")
    assert response.status_code == 400
    assert "another</textarea>" in response.content.decode()
    assert len(shortcuts()) == 1


def test_a_number_is_taken_away_only_when_that_is_meant(maria: Client, cast: Cast) -> None:
    page = saves(maria, f"{AT}numbers/", form=0, do="remove 1").content.decode()
    assert "answered by nobody" in page
    assert the_line().numbers.count() == 1
    sure = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    maria.post(f"{AT}numbers/", sure)
    assert the_line().numbers.count() == 0


@pytest.mark.parametrize("do", ["remove 9", "remove 0", "burn 1", "up x", ""])
def test_a_button_that_there_is_not_does_nothing(do: str, maria: Client, cast: Cast) -> None:
    before = sheet.read(the_line())
    assert maria.post(f"{AT}numbers/", {**typed(maria, f"{AT}numbers/"), "do": do}).status_code == 404
    assert sheet.read(the_line()) == before


# --- texts ------------------------------------------------------------------------------------------------

WELCOME = f"{AT}scripts/welcome/en/"


def test_every_text_has_a_title_and_its_usual_words(maria: Client, cast: Cast) -> None:
    page = maria.get(f"{AT}scripts/").content.decode()
    assert [str(title) for title in PURPOSES.values() if str(title) not in unescape(page)] == []
    assert "Demo line: you are not alone." in typed(maria, WELCOME)["text"].replace(
        "{{ line.short_name }}", "Demo line"
    )


def test_a_text_in_a_lines_own_words_and_back(maria: Client, cast: Cast) -> None:
    saves(maria, WELCOME, text="{{ line.short_name }}: hello.", do="save")
    assert Script.objects.get(purpose="welcome").text == "{{ line.short_name }}: hello."
    saves(maria, WELCOME, do="usual")
    assert not Script.objects.filter(purpose="welcome").exists()


WORDINGS = {
    "many_parts": "{{ line.short_name }}: we hear you. " * 8,
    "link": "{{ line.short_name }}: see www.example.org now.",
    "topic_word": "{{ line.short_name }}: the suicide line.",
    "hard_to_read": "{{ line.short_name }}: your communication necessitates considerable professional deliberation.",
    "no_name": "Hello. We are here.",
}


@pytest.mark.parametrize("code", FINDINGS)
def test_a_look_at_a_text_finds_what_to_mind_and_saves_nothing(code: str, maria: Client, cast: Cast) -> None:
    page = saves(maria, WELCOME, text=WORDINGS[code], do="look").content.decode()
    assert re.findall(r'<li data-code="(\w+)">', page) == [code]
    assert not Script.objects.exists()


def test_a_look_shows_parts_and_what_a_locked_phone_shows(maria: Client, cast: Cast) -> None:
    text = "{{ line.short_name }}: we are here — day and night, for all. Write to us."
    page = saves(maria, WELCOME, text=text, do="look").content.decode()
    assert re.search(r"<dt>Parts</dt><dd>1 <span[^>]*>UCS-2", page)
    assert "Demo line: we are here — day and night,…" in page


def test_a_text_cannot_read_more_of_the_line_than_it_may(maria: Client, cast: Cast) -> None:
    for text in ("{{ line.sites.all.0.key }}", "{% include 'desk.html' %}", "{{ line.name|safe }}"):
        for do in ("look", "save"):
            assert saves(maria, WELCOME, text=text, do=do).status_code == 400
    assert not Script.objects.exists()


# --- people -----------------------------------------------------------------------------------------------


def test_somebody_new_is_invited_by_a_link_that_is_shown_once(maria: Client, cast: Cast) -> None:
    given = {"name": "Kim", "username": "kim", "role": "volunteer"}
    page = maria.post(f"{AT}people/", given).content.decode()
    link = re.search(r"http://127.0.0.1:8000(/accounts/link/[^<]+)", page)
    assert link
    assert Membership.objects.get(staff__username="kim").role == "volunteer"
    assert AuditEntry.objects.get(verb="add_staff", actor=cast.maria.id)
    assert "/accounts/link/" not in maria.get(f"{AT}people/").content.decode()
    assert Client().get(link[1], follow=True).context["validlink"] is True


@pytest.mark.parametrize(
    ("field", "value"), [("username", "SAM"), ("username", "a b"), ("role", "king"), ("name", " ")]
)
def test_an_invitation_that_cannot_be_is_refused_at_its_field(
    field: str, value: str, maria: Client, cast: Cast
) -> None:
    given = {"name": "Kim", "username": "kim", "role": "volunteer", field: value}
    response = maria.post(f"{AT}people/", given)
    assert response.status_code == 400
    assert field in response.context["invite"].errors
    assert Staff.objects.filter(username__iexact="kim").count() == 0


def test_a_role_is_given_and_taken_after_asking(maria: Client, cast: Cast) -> None:
    maria.post(f"{AT}people/give/", {"more-username": "Olive", "more-role": "supervisor"})
    assert Membership.objects.filter(staff=cast.olive, line=cast.line).count() == 1
    where = f"{AT}people/{cast.olive.id}/take/supervisor/"
    assert "Take this role from Olive?" in maria.get(where).content.decode()
    assert Membership.objects.filter(staff=cast.olive, line=cast.line).count() == 1
    maria.post(where)
    assert Membership.objects.filter(staff=cast.olive, line=cast.line).count() == 0


def refused(response: Any) -> str:
    assert response.status_code == 409
    return str(response.context["refused"])


def test_the_last_manager_cannot_go(maria: Client, cast: Cast) -> None:
    assert "needs a manager" in refused(maria.post(f"{AT}people/{cast.maria.id}/take/manager/"))
    assert "needs a manager" in refused(maria.post(f"{AT}people/{cast.maria.id}/deactivate/"))
    assert maria.get(AT).status_code == 200


def test_somebody_of_another_line_is_not_let_go_from_there(maria: Client, cast: Cast) -> None:
    maria.post(f"{AT}people/give/", {"more-username": "olive", "more-role": "volunteer"})
    assert "do not manage" in refused(maria.post(f"{AT}people/{cast.olive.id}/deactivate/"))
    assert "do not manage" in refused(maria.post(f"{AT}people/{cast.olive.id}/link/"))
    cast.olive.refresh_from_db()
    assert cast.olive.is_active


def test_whoever_is_let_go_is_signed_out_and_may_come_back(maria: Client, cast: Cast) -> None:
    sam = Client()
    sam.force_login(cast.sam)
    maria.post(f"{AT}people/{cast.sam.id}/deactivate/")
    assert sam.get("/desk/").status_code == 302
    maria.post(f"{AT}people/{cast.sam.id}/activate/")
    assert sam.get("/desk/").status_code == 302
    sam.force_login(cast.sam)
    assert sam.get("/desk/").status_code == 200


@pytest.mark.parametrize("verb", ["take/volunteer", "deactivate", "activate", "link"])
def test_nobody_of_another_line_is_found_here(verb: str, maria: Client, cast: Cast) -> None:
    for person in (cast.olive.id, uuid4()):
        assert maria.post(f"{AT}people/{person}/{verb}/").status_code == 404


# --- opening ----------------------------------------------------------------------------------------------


def test_a_line_is_opened_after_asking_what_it_lacks(maria: Client, cast: Cast) -> None:
    Line.objects.filter(id=cast.line.id).update(opened_at=None)
    page = maria.get(AT).content.decode()
    assert cast.line.try_code in page
    assert 'data-code="no_alternatives"' in page
    assert "Open Demo line?" in maria.get(f"{AT}open/").content.decode()
    maria.post(f"{AT}open/")
    assert the_line().opened_at
    assert cast.line.try_code not in maria.get(AT).content.decode()


# --- changes ----------------------------------------------------------------------------------------------


def test_changes_are_listed_with_who_and_what_newest_first(maria: Client, cast: Cast) -> None:
    saves(maria, f"{AT}identity/", name="First")
    saves(maria, f"{AT}identity/", name="Second")
    page = maria.get(f"{AT}changes/").content.decode()
    assert page.index("Second</ins>") < page.index("First</ins>")
    assert "Maria" in page
    assert (
        page.count("/changes/") - page.count(f'{AT}changes/"') == 2
    )  # the latest of its part, and the website's


def test_an_undo_that_is_no_longer_possible_says_why(maria: Client, cast: Cast) -> None:
    saves(maria, f"{AT}identity/", name="First")
    first = Change.objects.get(section="identity")
    saves(maria, f"{AT}identity/", name="Second")
    response = maria.post(f"{AT}changes/{first.id}/")
    assert response.status_code == 409
    assert "changed again since" in response.content.decode()
    assert the_line().name == "Second"


def test_a_change_of_another_line_is_not_found_here(maria: Client, cast: Cast) -> None:
    change = Change.objects.create(
        line=cast.other_line, section="replies", before=[], after=[1], by=None, at=cast.line.created_at
    )
    for ask in (maria.get, maria.post):
        assert ask(f"{AT}changes/{change.id}/").status_code == 404
    assert "[1]" not in maria.get(f"{AT}replies/?saved={change.id}").content.decode()


# --- about flags --------------------------------------------------------------------------------------------


def pressed(client: Client, path: str, do: str) -> Any:
    """What a button of a list sends."""
    return client.post(path, {**typed(client, path, 0), "do": do}, follow=True)


def test_a_rung_is_added_where_its_second_is(maria: Client, cast: Cast) -> None:
    page = saves(maria, f"{AT}ladder/", after="90", channel="voice", whom="supervisors").content.decode()
    assert "After 90 s: a phone call to all supervisors" in page
    assert re.search(r"After 1 min 30 s</h2>.*?A phone call</strong> to all supervisors", page, re.DOTALL)
    assert {"after": 90, "whom": "supervisors", "channel": "voice"} in sheet.read_section(
        the_line(), "ladder"
    )


def test_the_last_rung_at_once_is_not_taken_away(maria: Client, cast: Cast) -> None:
    where = f"{AT}ladder/"
    for _ in range(2):
        pressed(maria, where, "remove 1")
    page = pressed(maria, where, "remove 1")
    assert page.status_code == 400
    assert "Somebody must be called at once" in page.content.decode()
    assert sheet.read_section(the_line(), "ladder")[0]["after"] == 0


def test_a_ladder_says_whom_it_calls_in_vain(maria: Client, cast: Cast) -> None:
    assert 'data-code="nobody_on_call"' in maria.get(f"{AT}ladder/").content.decode()
    reaching.set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    assert 'data-code="no_phone"' in maria.get(f"{AT}ladder/").content.decode()
    reaching.set_contact(cast.alex.id, cast.alex.id, Reach(A_NUMBER))
    assert "findings" not in maria.get(f"{AT}ladder/").content.decode()


def test_words_to_another_system_are_asked_about_once_more(maria: Client, cast: Cast) -> None:
    given: dict[str, Any] = {"name": "Pager", "url": "https://pager.example.org/", "words": "on"}
    page = saves(maria, f"{AT}hooks/", **given).content.decode()
    assert "leaves this server" in page
    assert not Hook.objects.exists()
    page = saves(maria, f"{AT}hooks/", **given, sure="1").content.decode()
    assert secret_of(Hook.objects.get().oid) in page


def test_what_a_hook_did_not_take_is_listed_beside_it_without_any_words(maria: Client, cast: Cast) -> None:
    hook = Hook.objects.create(line=cast.line, name="Pager", url="https://pager.example.org/")
    assert "not taken" not in maria.get(f"{AT}hooks/").content.decode()
    cast.visits(RISKY)
    cast.visits("hello", "somebody else")
    nobody.watch(timezone.now())
    to_hook = {"channel": "hook", "target": hook.oid, "hook": hook, "made_at": timezone.now()}
    Page.objects.create(
        flag=Flag.objects.get(), **to_hook, state="dead", error="timeout", not_before=timezone.now()
    )
    Page.objects.filter(hook=hook).update(state="dead", error="timeout")
    page = maria.get(f"{AT}hooks/").content.decode()
    assert [page.count(one) for one in ("About a flag", "About an alarm", "timeout")] == [1, 1, 2]
    assert "pills" not in page


def test_the_on_call_list_is_put_in_order_and_shows_no_number(maria: Client, cast: Cast) -> None:
    reaching.set_contact(cast.alex.id, cast.alex.id, Reach(A_NUMBER, "alex@example.org"))
    where = f"{AT}on-call/"
    for do in (f"add {cast.alex.id}", f"add {cast.maria.id}", f"up {cast.maria.id}"):
        page = maria.post(where, {"do": do}, follow=True).content.decode()
    assert [one.name for one in reaching.on_call(cast.line.id)] == ["Maria", "Alex"]
    assert "Phone set" in page
    assert A_NUMBER not in page
    assert "alex@example.org" not in page
    maria.post(where, {"do": f"remove {cast.maria.id}"})
    assert [one.name for one in reaching.on_call(cast.line.id)] == ["Alex"]


@pytest.mark.parametrize("do", ["", "add", "add nobody", "climb {alex}", "add {olive}"])
def test_whoever_is_not_of_the_line_is_not_put_on_its_list(do: str, maria: Client, cast: Cast) -> None:
    do = do.format(alex=cast.alex.id, olive=cast.olive.id)
    assert maria.post(f"{AT}on-call/", {"do": do}).status_code in {302, 404}
    assert reaching.on_call(cast.line.id) == []


def test_a_message_is_tried_and_nothing_of_it_is_kept(maria: Client, cast: Cast) -> None:
    quarry = {"language": "en", "category": "suicide", "level": "imminent", "text": "(at|off) the old quarry"}
    changes.save(None, cast.line.id, "phrases", [quarry])
    before = [model.objects.count() for model in (Message, AuditEntry, Change)]
    words = "i want to die, i am at the old quarry <b>"
    page = maria.post(f"{AT}phrases/try/", {"message": words}).content.decode()
    assert "want to die</mark>" in page
    assert "<mark>at the old quarry</mark> &lt;b&gt;" in page
    assert [model.objects.count() for model in (Message, AuditEntry, Change)] == before


def test_what_few_people_wrote_is_no_number_for_managers(maria: Client, cast: Cast) -> None:
    quarry = {"language": "en", "category": "suicide", "level": "concern", "text": "the old quarry"}
    changes.save(None, cast.line.id, "phrases", [quarry])
    reasons = [[phrasing.template_of(quarry), 0, 5, 1, "suicide", "self"]]
    for n in range(5):
        cast.visits("hello", who=f"visitor {n}")
        Message.objects.filter(seq=1).update(level=1, reasons=reasons)
        told = maria.get(f"{AT}phrases/").content.decode()
        assert ("under 5" in told.split('id="found"')[0]) == (n < 4)
