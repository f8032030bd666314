"""Websites with the chat, as managers set them up."""

from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from chatline.errors import NotFound
from chatline.lines import actions
from chatline.lines.models import Site
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Role, Staff
from chatline.web.sites import PROBLEMS
from tests.cast import Cast
from tests.lines.test_embedding import BROKEN

pytestmark = pytest.mark.django_db

THEIRS = "https://www.example.org"


@pytest.fixture
def maria(client: Client, cast: Cast) -> Client:
    client.force_login(cast.maria)
    return client


def adds(client: Client, cast: Cast, **fields: str) -> Any:
    given = {"line": str(cast.line.id), "name": "Example", "origins": THEIRS, **fields}
    return client.post("/manage/sites/add/", given)


def path(cast: Cast, verb: str = "") -> str:
    return f"/manage/sites/{cast.site.id}/{verb}"


def ways(cast: Cast) -> list[tuple[str, str]]:
    verbs = ("change/", "revoke/", "allow/", "look/", "test/")
    return [
        ("get", "/manage/sites/"),
        ("post", "/manage/sites/add/"),
        ("get", path(cast)),
        ("get", path(cast, "revoke/")),
        *(("post", path(cast, verb)) for verb in verbs),
    ]


@pytest.mark.parametrize("who", ["sam", "robin", "alex", "olive"])
def test_to_whom_does_not_manage_a_line_there_is_nothing_here(who: str, client: Client, cast: Cast) -> None:
    client.force_login(getattr(cast, who))
    assert {getattr(client, how)(where).status_code for how, where in ways(cast)} == {404}


def test_a_manager_of_another_line_sees_and_changes_nothing_of_this_one(client: Client, cast: Cast) -> None:
    client.force_login(add_staff("noor", "Noor", cast.other_line.id, Role.MANAGER))
    assert "The other website" not in client.get("/manage/sites/").content.decode()
    assert {getattr(client, how)(where).status_code for how, where in ways(cast)[2:]} == {404}
    assert adds(client, cast).status_code == 400
    assert Site.objects.get() == cast.site


def test_whoever_is_not_signed_in_is_asked_to(client: Client, cast: Cast) -> None:
    for how, where in ways(cast):
        assert getattr(client, how)(where)["Location"] == f"/accounts/login/?next={where}"


@pytest.mark.parametrize(("who", "there"), [("maria", True), ("alex", False)])
def test_only_managers_are_shown_the_way(who: str, there: bool, client: Client, cast: Cast) -> None:
    client.force_login(getattr(cast, who))
    assert ('href="/manage/"' in client.get("/desk/").content.decode()) == there


def test_a_post_without_its_form_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maria)
    assert client.post(path(cast, "revoke/")).status_code == 403


def test_a_site_is_added_with_its_origins_in_their_one_form(maria: Client, cast: Cast) -> None:
    adds(maria, cast, origins=f"{THEIRS.upper()}/\n\nhttps://b.example:8443")
    site = Site.objects.get(name="Example")
    assert (site.line, site.origins) == (cast.line, [THEIRS, "https://b.example:8443"])
    entry = AuditEntry.objects.get(verb="add_site", actor=cast.maria.id)
    assert (entry.subject, entry.detail["origins"]) == (str(site.id), f"{THEIRS} https://b.example:8443")


def test_an_origin_that_is_none_is_refused_with_the_reason_and_kept_in_the_form(
    maria: Client, cast: Cast
) -> None:
    response = adds(maria, cast, origins="http://www.example.org")
    assert response.status_code == 400
    page = response.content.decode()
    assert "must start with https://" in page
    assert "http://www.example.org</textarea>" in page
    assert response.context["form"].errors.as_data()["origins"][0].code == "origin_insecure"
    assert not Site.objects.filter(name="Example").exists()


def test_the_snippet_carries_the_key_and_the_lines_own_label(maria: Client, cast: Cast) -> None:
    cast.line.launcher = 'Talk to "us"'
    cast.line.save()
    response = maria.get(path(cast))
    snippet = f'data-site="{cast.site.key}" data-label="Talk to &quot;us&quot;" async></script>'
    assert snippet in response.context["snippet"]
    assert escape(snippet) in response.content.decode()


def test_other_origins_take_the_place_of_those_before(maria: Client, cast: Cast) -> None:
    maria.post(path(cast, "change/"), {"name": "New", "origins": THEIRS})
    site = Site.objects.get(id=cast.site.id)
    assert (site.name, site.origins) == ("New", [THEIRS])


def test_a_site_that_moved_has_to_be_tested_again(cast: Cast) -> None:
    Site.objects.filter(id=cast.site.id).update(
        checked_at=cast.line.created_at, checked_on="http://127.0.0.1:8000"
    )
    actions.change_site(cast.maria.id, cast.site.id, "Same place", ["http://127.0.0.1:8000", THEIRS])
    assert Site.objects.get(id=cast.site.id).checked_on == "http://127.0.0.1:8000"
    actions.change_site(cast.maria.id, cast.site.id, "Moved", [THEIRS])
    site = Site.objects.get(id=cast.site.id)
    assert (site.checked_at, site.checked_on) == (None, "")


def test_revoking_is_asked_once_more_and_can_be_taken_back(maria: Client, cast: Cast) -> None:
    assert "Revoke The other website?" in maria.get(path(cast, "revoke/")).content.decode()
    assert Site.objects.get(id=cast.site.id).revoked_at is None
    maria.post(path(cast, "revoke/"))
    assert Site.objects.get(id=cast.site.id).revoked_at
    maria.post(path(cast, "allow/"))
    assert Site.objects.get(id=cast.site.id).revoked_at is None
    assert list(AuditEntry.objects.filter(actor=cast.maria.id).values_list("verb", flat=True)) == [
        "revoke_site",
        "allow_site",
    ]


def test_every_finding_has_its_words() -> None:
    assert {code for _, codes in BROKEN for code in codes} == set(PROBLEMS)


def test_html_is_looked_at(maria: Client, cast: Cast) -> None:
    page = maria.post(path(cast, "look/"), {"html": "<p>nothing</p>"}).content.decode()
    assert 'data-code="nothing_found"' in page
    good = f'<script src="http://127.0.0.1:8000/widget.js" data-site="{cast.site.key}"></script>'
    assert "Nothing wrong is seen here" in maria.post(path(cast, "look/"), {"html": good}).content.decode()


def test_a_test_is_given_for_a_page_of_the_site_alone(maria: Client, cast: Cast) -> None:
    response = maria.post(path(cast, "test/"), {"address": "http://127.0.0.1:8000/some/page?a=b#top"})
    assert response.context["link"].startswith("http://127.0.0.1:8000/some/page?a=b#chatline-check=")
    assert response.context["frame"].startswith(f"http://127.0.0.1:8000/embed/{cast.site.key}/check/?token=")
    refused = maria.post(path(cast, "test/"), {"address": THEIRS})
    assert refused.status_code == 400
    assert refused.context["address"].errors.as_data()["address"][0].code == "origin_unknown"


@pytest.mark.parametrize("verb", ["change_site", "revoke_site", "allow_site"])
def test_a_verb_itself_refuses_whoever_does_not_manage_the_line(verb: str, cast: Cast) -> None:
    more = ("Name", [THEIRS]) if verb == "change_site" else ()
    before = Site.objects.values().get()
    who: list[Staff] = [cast.sam, cast.alex, cast.olive]
    for one in who:
        with pytest.raises(NotFound):
            getattr(actions, verb)(one.id, cast.site.id, *more)
    assert Site.objects.values().get() == before
