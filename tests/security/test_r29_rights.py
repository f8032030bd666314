"""R-29: whoever asks for it is erased here and at the provider, and gets a receipt that names what was erased."""

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Copy, Delivery
from chatline.sms import copies
from tests.cast import Cast
from tests.sms.network import InProcess, texted
from tests.sms.test_copies import Provider
from tests.web.test_plain import Phone

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = "MM" + "a1b2c3d4" * 4, "MM" + "b2c3d4e5" * 4


def texts(there: Provider, sid: str, words: str) -> None:
    there.messages[sid] = []
    texted(words, MessageSid=sid)


def check_that_delete_erases_everywhere(provider: InProcess) -> None:
    there = Provider(provider)
    texts(there, FIRST, "what i told you")
    texts(there, SECOND, "DELETE")
    Copy.objects.update(due_at=timezone.now())
    while copies.delete_next():
        pass
    row = Conversation.objects.get()
    with pytest.raises(keys.Forgotten):
        keys.sealer(row.id)
    assert there.messages == {}
    assert Delivery.objects.latest("id").purpose == "deleted"


def check_that_the_page_erases_with_a_receipt(client: Client) -> None:
    phone = Phone(client)
    phone.says("what i told you")
    phone.presses("erase-yes")
    row = Conversation.objects.get()
    with pytest.raises(keys.Forgotten):
        keys.sealer(row.id)
    assert f"RECEIPT: {str(row.id)[:4]}\u00a0{str(row.id)[4:8]}".upper() in phone.page.upper()


@pytest.mark.requirement("R-29")
def test_whoever_texts_delete_is_erased_here_and_at_the_provider_and_told(
    cast: Cast, provider: InProcess
) -> None:
    check_that_delete_erases_everywhere(provider)


@pytest.mark.requirement("R-29")
def test_whoever_asks_in_the_chat_is_erased_and_gets_a_receipt(cast: Cast, client: Client) -> None:
    check_that_the_page_erases_with_a_receipt(client)


@pytest.mark.breaks("R-29")
def test_a_key_that_is_not_destroyed_is_caught_when_somebody_asks_to_be_erased(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "destroy", lambda _owners: None)
    with pytest.raises(pytest.fail.Exception):
        check_that_the_page_erases_with_a_receipt(client)


@pytest.mark.breaks("R-29")
def test_a_copy_left_at_the_provider_is_caught_when_somebody_texts_delete(
    cast: Cast, provider: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "delete_next", lambda: False)
    with pytest.raises(AssertionError):
        check_that_delete_erases_everywhere(provider)
