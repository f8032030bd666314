"""A posted webhook in, rows out."""

import base64
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import OperationalError, connection

from chatline.conversations import keys, visitors
from chatline.conversations.models import Conversation, Key, Message, Visitor
from chatline.conversations.saying import place_of_text
from chatline.lines.actions import add_number
from chatline.people.models import Alarm
from chatline.sms import strays
from chatline.sms.models import Stray
from routing.models import Flag
from tests.cast import A_NUMBER, RISKY, SHORT_CODE, Cast
from tests.sms.network import at_once, texted

pytestmark = [pytest.mark.both, pytest.mark.django_db]
committed = pytest.mark.django_db(transaction=True)
"""For what other threads must see, or what ends a transaction."""


def said() -> list[str]:
    """What visitors said, opened, in order."""
    return [
        keys.sealer(row.conversation_id).unseal(
            bytes(row.text_sealed), place_of_text(row.conversation_id, row.seq)
        )
        for row in Message.objects.filter(sender_kind="visitor").order_by("id")
    ]


def everything_stored() -> str:
    """Every value of every row; bytes as latin-1, so that words in them would be found."""
    values = (
        value.tobytes() if isinstance(value, memoryview) else value
        for model in apps.get_models()
        for row in model._default_manager.values_list()
        for value in row
    )
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values)


def test_a_text_becomes_a_waiting_conversation(cast: Cast) -> None:
    texted("hi, is anyone there?")
    row = Conversation.objects.get()
    assert (row.line_id, row.medium, row.state, said()) == (
        cast.line.id,
        "sms",
        "waiting",
        ["hi, is anyone there?"],
    )


def test_the_answer_has_no_words_that_would_be_texted_to_the_person(cast: Cast) -> None:
    answer = texted()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


def test_no_cookie_links_the_texts_of_a_person(cast: Cast) -> None:
    assert not texted().cookies


def test_the_number_can_be_answered_from_the_one_that_was_texted(cast: Cast) -> None:
    texted()
    visitor = Visitor.objects.get()
    assert (visitors.number_of(visitor), visitor.reached_from) == (A_NUMBER, SHORT_CODE)


def test_nothing_stored_tells_words_number_or_place(cast: Cast) -> None:
    texted("my secret words")
    stored = everything_stored()
    told = ("secret words", A_NUMBER, A_NUMBER[2:], "SAN FRANCISCO", "94103", "FromState")
    assert [part for part in told if part in stored] == []


@pytest.mark.parametrize("words", ["a\x00b", "😢 I\u2019m not ok\n ", "x" * 1_600, "\ufffd"])
def test_words_arrive_as_they_were_sent(cast: Cast, words: str) -> None:
    texted(words)
    assert said() == [words]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"NumMedia": "1", "MediaContentType0": "image/jpeg"}, "[picture]"),
        ({"NumMedia": "1", "MediaContentType0": "text/vcard"}, "[contact]"),
        ({"NumMedia": "1", "MediaContentType0": "application/pdf"}, "[file]"),
        (
            {"NumMedia": "2", "MediaContentType0": "image/png", "MediaContentType1": "video/mp4"},
            "[picture]\n[video]",
        ),
        ({"NumMedia": "many"}, "[an empty text]"),
        ({}, "[an empty text]"),
    ],
)
def test_a_text_without_words_says_what_it_was(cast: Cast, fields: dict[str, str], words: str) -> None:
    texted("", **fields)
    assert said() == [words]


def test_words_with_a_picture_tell_both(cast: Cast) -> None:
    texted("look", NumMedia="1", MediaContentType0="image/gif")
    assert said() == ["look\n[picture]"]


IN_PARTS = "i have been sitting here for two hours and i can\u2019t stop crying, is anybody there at all"


def encoded(words: str) -> str:
    """As a long text in parts sometimes arrives: base64, with line ends in between."""
    whole = base64.b64encode(words.encode()).decode()
    return "\r\n".join(whole[at : at + 76] for at in range(0, len(whole), 76)) + "\r"


def test_a_text_that_arrives_as_base64_is_kept_as_it_came_and_can_be_read(cast: Cast) -> None:
    texted(encoded(IN_PARTS))
    assert said() == [f"{encoded(IN_PARTS)}\n[this reads as] {IN_PARTS}"]


def test_words_that_arrive_as_base64_are_screened(cast: Cast) -> None:
    texted(encoded(RISKY + ", " + IN_PARTS))
    assert Flag.objects.count() == 1


def test_base64_that_was_cut_inside_a_letter_is_read_as_far_as_it_goes(cast: Cast) -> None:
    whole = base64.b64encode(f"{IN_PARTS} \U0001f622".encode()[:-1]).decode()
    texted(whole)
    assert said() == [f"{whole}\n[this reads as] {IN_PARTS} "]


@pytest.mark.parametrize(
    "words",
    [
        "aGVscA==",
        "help" * 40,
        "no" * 100 + "!",
        "A" * 61,
        "x" * 64 + "=",
        base64.b64encode(bytes(range(90))).decode(),
        base64.b64encode(b"withoutanyblanksatall" * 4).decode(),
        base64.b64encode(IN_PARTS.encode()).decode() + " really",
    ],
)
def test_what_a_person_may_have_typed_is_not_taken_for_base64(cast: Cast, words: str) -> None:
    texted(words)
    assert said() == [words]


def test_the_same_webhook_again_stores_nothing(cast: Cast) -> None:
    texted()
    texted()
    assert said() == ["hello"]


@committed
def test_the_same_webhook_five_times_at_once_makes_one_message(cast: Cast) -> None:
    answers = at_once(5, lambda: texted().status_code)
    assert (answers, said()) == ([200] * 5, ["hello"])


@committed
def test_a_first_text_five_times_at_once_is_welcomed_once(cast: Cast) -> None:
    at_once(5, texted)
    assert Message.objects.filter(purpose="welcome").count() == 1


@committed
def test_five_first_texts_at_once_open_one_conversation(cast: Cast) -> None:
    sids = iter([f"SM{n:032}" for n in range(5)])
    at_once(5, lambda: texted(MessageSid=next(sids)))
    assert (Conversation.objects.count(), len(said())) == (1, 5)


class Down:
    """No statement reaches the database."""

    def __call__(self, *arguments: Any) -> None:
        raise OperationalError("the server is gone")


@committed
def test_a_text_that_cannot_be_stored_is_to_be_sent_again(cast: Cast) -> None:
    with connection.execute_wrapper(Down()):
        answer = texted()
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


@committed
def test_a_text_that_could_not_be_stored_is_stored_when_it_is_sent_again(cast: Cast) -> None:
    with connection.execute_wrapper(Down()):
        texted()
    texted()
    assert said() == ["hello"]


@pytest.mark.parametrize("field", ["MessageSid", "From", "To"])
@pytest.mark.parametrize("value", ["", "x" * 65, "a\x00", "a b"])
def test_a_text_whose_ids_cannot_be_kept_is_refused(cast: Cast, field: str, value: str) -> None:
    assert texted(**{field: value}).status_code == 400


# --- a number that no line has yet ------------------------------------------------------------------------

UNKNOWN = "80123"


def test_a_text_to_an_unknown_number_is_taken(cast: Cast) -> None:
    assert texted(To=UNKNOWN).status_code == 200


def test_a_text_to_an_unknown_number_is_kept_sealed(cast: Cast) -> None:
    texted("my secret words", To=UNKNOWN)
    stored = everything_stored()
    assert Stray.objects.count() == 1
    assert not [part for part in ("secret words", A_NUMBER, "SAN FRANCISCO") if part in stored]


def test_an_unknown_number_is_shown_to_the_operator(cast: Cast) -> None:
    texted(To=UNKNOWN)
    assert Alarm.objects.get(cleared_at=None).code == "unknown_number"


@committed
def test_the_same_text_to_an_unknown_number_five_times_at_once_is_kept_once(cast: Cast) -> None:
    answers = at_once(5, lambda: texted(To=UNKNOWN).status_code)
    assert (answers, Stray.objects.count(), Key.objects.count()) == ([200] * 5, 1, 1)


def test_nothing_is_received_while_the_number_is_unknown(cast: Cast) -> None:
    texted(To=UNKNOWN)
    assert not strays.receive_known()


def receive_all() -> None:
    while strays.receive_known():
        pass


def test_a_stray_is_received_when_its_number_is_added(cast: Cast) -> None:
    texted("anyone?", To=UNKNOWN)
    add_number(cast.line, UNKNOWN)
    receive_all()
    assert said() == ["anyone?"]


def test_strays_are_received_in_the_order_in_which_they_came(cast: Cast) -> None:
    for n, words in enumerate(["one", "two", "three"]):
        texted(words, To=UNKNOWN, MessageSid=f"SM{n}")
    add_number(cast.line, UNKNOWN)
    receive_all()
    assert said() == ["one", "two", "three"]


def test_a_received_stray_leaves_no_key_and_no_alarm(cast: Cast) -> None:
    texted(To=UNKNOWN)
    stray: UUID = Stray.objects.get().id
    add_number(cast.line, UNKNOWN)
    receive_all()
    left = (
        Stray.objects.count(),
        Key.objects.filter(owner=stray).count(),
        Alarm.objects.filter(cleared_at=None).count(),
    )
    assert left == (0, 0, 0)


def test_a_stray_that_was_received_is_known_when_the_provider_repeats_it(cast: Cast) -> None:
    texted(To=UNKNOWN)
    add_number(cast.line, UNKNOWN)
    receive_all()
    texted(To=UNKNOWN)
    assert said() == ["hello"]


def test_a_stray_that_was_received_is_not_kept_again_once_its_number_is_gone(cast: Cast) -> None:
    texted(To=UNKNOWN)
    added = add_number(cast.line, UNKNOWN)
    receive_all()
    added.delete()
    texted(To=UNKNOWN)
    assert not Stray.objects.exists()


def test_a_stray_that_nobody_can_read_does_not_hold_up_the_others(cast: Cast) -> None:
    texted("lost", To=UNKNOWN, MessageSid="SM1")
    keys.destroy([Stray.objects.get().id])
    keys.forget_opened()
    texted("found", To=UNKNOWN, MessageSid="SM2")
    add_number(cast.line, UNKNOWN)
    receive_all()
    assert said() == ["found"]
