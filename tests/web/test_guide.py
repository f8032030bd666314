"""What a line gives its volunteers, as their pages fetch it."""

import tomllib

import pytest
from django.test import Client

from chatline.demo.data import LIBRARY
from chatline.lines.library import fill, library
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PATH = "/desk/guide/demo/"


def test_whoever_answers_on_the_line_has_it_whole_by_language_and_in_its_order(
    client: Client, cast: Cast
) -> None:
    cast.line.replies.create(shortcut="hola", text="Hola", language="es", place=2)
    cast.line.replies.create(shortcut="hi", text="Hello", place=1)
    cast.line.resources.create(title="Shelter", text="Open at six")
    cast.line.resources.create(title="Breathe", text="In, and out", kind="exercise")
    cast.other_line.replies.create(shortcut="else", text="of another line")
    client.force_login(cast.sam)
    told = client.get(PATH).json()
    assert told["replies"] == [
        {"shortcut": "hi", "text": "Hello", "language": "en"},
        {"shortcut": "hola", "text": "Hola", "language": "es"},
    ]
    assert told["resources"] == [{"title": "Shelter", "text": "Open at six", "language": "en"}]
    assert told["exercises"] == [{"title": "Breathe", "text": "In, and out", "language": "en"}]
    assert told["plan"]["es"]["title"] == "El plan que hicimos:"


@pytest.mark.parametrize("who", ["olive", "maria"])
def test_for_whoever_does_not_answer_on_the_line_there_is_none(client: Client, cast: Cast, who: str) -> None:
    client.force_login(getattr(cast, who))
    assert client.get(PATH).status_code == 404


def test_it_asks_to_sign_in(client: Client, cast: Cast) -> None:
    assert client.get(PATH)["Location"] == f"/accounts/login/?next={PATH}"


def test_it_changes_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.sam)
    assert client.post(PATH).status_code == 405


def test_the_demo_has_something_of_everything(cast: Cast) -> None:
    fill(cast.line, tomllib.loads(LIBRARY.read_text()))
    told = library(cast.line)
    assert [len(told[kind]) for kind in ("replies", "resources", "exercises")] == [8, 6, 5]
    assert max(len(one["text"]) for kind in told.values() for one in kind) <= 480
