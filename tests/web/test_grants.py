"""The pages of grants: asked by one, agreed to by another, shown once in the answer to a POST."""

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations.models import Conversation, Grant
from chatline.conversations.states import Medium, State
from chatline.people.models import AuditEntry, Staff
from tests.cast import A_NUMBER, Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db, pytest.mark.requirement("R-26")]

INDEX = "/supervise/grants/"
WHY = "she may be on the bridge"


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    row = cast.talks(medium=Medium.SMS)
    Conversation.objects.filter(id=row.id).update(state=State.CLOSED, closed_at=timezone.now())
    return row


def as_(who: Staff) -> Client:
    client = Client()
    client.force_login(who)
    return client


def asks(cast: Cast, talk: Conversation, **more: str) -> Grant:
    wanted = {"thing": "number", "reason": "danger", "why": WHY, **more}
    assert as_(cast.alex).post(f"{INDEX}ask/{talk.id}/", wanted).status_code == 302
    return Grant.objects.latest("asked_at")


def test_one_asks_another_agrees_and_the_first_sees_it(cast: Cast, talk: Conversation) -> None:
    one = asks(cast, talk)
    assert WHY in as_(cast.maria).get(INDEX).content.decode()
    as_(cast.maria).post(f"{INDEX}{one.id}/approve/")
    shown = as_(cast.alex).post(f"{INDEX}{one.id}/show/")
    assert A_NUMBER in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]


def test_every_page_of_whoever_may_agree_says_so_until_it_is_decided(cast: Cast, talk: Conversation) -> None:
    one = asks(cast, talk)

    def told() -> list[bool]:
        pages = ((cast.maria, "/manage/"), (cast.alex, INDEX), (cast.sam, "/desk/"), (cast.olive, "/desk/"))
        return ["Second person needed" in as_(who).get(page).content.decode() for who, page in pages]

    assert told() == [True, False, False, False]
    as_(cast.maria).post(f"{INDEX}{one.id}/approve/")
    assert told() == [False] * 4


def test_before_anybody_agreed_it_is_not_shown(cast: Cast, talk: Conversation) -> None:
    one = asks(cast, talk)
    told = as_(cast.alex).post(f"{INDEX}{one.id}/show/")
    assert (told.status_code, A_NUMBER in told.content.decode()) == (409, False)


def test_no_page_of_grants_shows_the_number_by_itself(cast: Cast, talk: Conversation) -> None:
    asks(cast, talk, alone="on")
    for where in (INDEX, f"{INDEX}?handle=a", f"{INDEX}ask/{talk.id}/"):
        assert A_NUMBER not in as_(cast.alex).get(where).content.decode()


def test_a_drawn_conversation_is_read_on_the_page(cast: Cast, talk: Conversation) -> None:
    member = cast.sam.memberships.get().pk
    as_(cast.alex).post(f"{INDEX}draw/", {"volunteer": member, "reason": "feedback"})
    shown = as_(cast.alex).post(f"{INDEX}{Grant.objects.get().id}/show/").content.decode()
    assert "hello" in shown
    assert AuditEntry.objects.latest("id").verb == "reveal"


def test_what_was_approved_alone_is_looked_at_by_a_manager(cast: Cast, talk: Conversation) -> None:
    one = asks(cast, talk, alone="on")
    as_(cast.maria).post(f"{INDEX}{one.id}/look/")
    one.refresh_from_db()
    assert one.seen_by_id == cast.maria.id


def test_another_line_has_nothing_to_ask_for(cast: Cast, talk: Conversation) -> None:
    Conversation.objects.update(line=cast.other_line)
    assert as_(cast.alex).get(f"{INDEX}ask/{talk.id}/").status_code == 404
    assert talk.visitor.handle not in as_(cast.alex).get(INDEX, {"handle": "a"}).content.decode()
