"""The page of legal holds, as a browser without scripts would use it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations import holds
from chatline.conversations.models import Conversation, Hold
from chatline.conversations.states import State
from chatline.people.actions import add_staff
from chatline.people.models import Role
from tests.cast import Cast

pytestmark = pytest.mark.django_db

AT = "/manage/lines/demo/holds/"


@pytest.fixture
def maria(client: Client, cast: Cast) -> Client:
    client.force_login(cast.maria)
    return client


@pytest.fixture
def closed(cast: Cast) -> Conversation:
    row = cast.talks()
    Conversation.objects.update(state=State.CLOSED, closed_at=timezone.now(), close_reason="done")
    return Conversation.objects.select_related("visitor").get(id=row.id)


def asks(client: Client, row: Conversation, **more: str) -> int:
    until = (timezone.now() + timedelta(days=9)).date().isoformat()
    given = {"do": "ask", "conversation": str(row.id), "reason": "claim", "reference": "7/26", "until": until}
    return client.post(f"{AT}?handle={row.visitor.handle}", given | more).status_code


def test_one_manager_asks_and_another_confirms_and_ends(
    cast: Cast, maria: Client, closed: Conversation
) -> None:
    assert asks(maria, closed) == 302
    hold = Hold.objects.get()
    nora = Client()
    nora.force_login(add_staff("nora", "Nora", cast.line.id, Role.MANAGER))
    assert "Confirm: keep a copy" in nora.get(AT).content.decode()
    nora.post(AT, {"do": f"confirm {hold.id}"})
    assert holds.is_held(closed.id)
    nora.post(AT, {"do": f"end {hold.id}"})
    assert not holds.is_held(closed.id)


def test_who_asked_is_offered_no_button_to_confirm_and_refused_without_one(
    maria: Client, closed: Conversation
) -> None:
    asks(maria, closed)
    assert "Confirm: keep a copy" not in maria.get(AT).content.decode()
    assert maria.post(AT, {"do": f"confirm {Hold.objects.get().id}"}).status_code == 409


def test_the_page_finds_talks_by_handle_and_shows_no_words(maria: Client, closed: Conversation) -> None:
    page = maria.get(f"{AT}?handle={closed.visitor.handle.lower()}").content.decode()
    assert str(closed.id) in page
    assert "hello" not in page


def test_what_was_typed_stays_when_the_day_is_too_far_away(maria: Client, closed: Conversation) -> None:
    assert asks(maria, closed, until="2999-01-01") == 400
    assert not Hold.objects.exists()


@pytest.mark.parametrize("do", ["", "confirm x", "end 6fa459ea-ee8a-3ca4-894e-db77e160355e", "other"])
def test_a_button_for_what_is_not_there_finds_nothing(maria: Client, do: str) -> None:
    assert maria.post(AT, {"do": do}).status_code == 404
