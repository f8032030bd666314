"""What came with a text, as its own address answers: to whom, how much of it, and with which headers."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from chatline.conversations import kinds, media
from chatline.conversations.media import Attachment
from chatline.conversations.models import Conversation, Media
from routing import escalation, queue
from tests.cast import Cast
from tests.conversations.samples import GIF, JPEG, MP3, OGG, PNG, WEBP, mp4
from tests.web.test_pages import policy

pytestmark = pytest.mark.django_db

CONTENTS = {
    "image/jpeg": JPEG,
    "image/png": PNG,
    "image/gif": GIF,
    "image/webp": WEBP,
    "audio/mpeg": MP3,
    "audio/mp4": mp4(brand=b"M4A "),
    "audio/ogg": OGG,
    "video/mp4": mp4(),
    "video/3gpp": mp4(brand=b"3gp4"),
}


def path(cast: Cast, content: bytes = JPEG) -> str:
    """Where a picture is that somebody texted to Sam, who is called anything by the provider."""
    cast.texts("look", media=(Attachment("text/html", "https://api.twilio.com/x"),))
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    row = Media.objects.get()
    media.take_in(row.id, content, timezone.now())
    return f"/desk/media/{row.id}/"


def got(client: Client, who: Any, where: str, **headers: str) -> Any:
    client.force_login(who)
    return client.get(where, headers=headers)


@pytest.mark.parametrize("kind", kinds.SUFFIXES)
def test_a_content_is_answered_as_what_it_is(cast: Cast, client: Client, kind: str) -> None:
    response = got(client, cast.sam, path(cast, CONTENTS[kind]))
    assert (response.status_code, response["Content-Type"], response.content) == (200, kind, CONTENTS[kind])


def test_nobody_is_told_a_name_and_nothing_may_be_done_with_it(cast: Cast, client: Client) -> None:
    response = got(client, cast.sam, path(cast))
    told = {
        "Content-Disposition": 'inline; filename="attachment.jpg"',
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    assert {name: response[name] for name in told} == told
    assert policy(response) == {"sandbox": "", "default-src": "'none'"}


@pytest.mark.parametrize("who", ["robin", "alex", "maria", "olive"])
def test_to_whom_it_is_not_to_be_shown_it_is_not_there(cast: Cast, client: Client, who: str) -> None:
    where = path(cast)
    client.force_login(getattr(cast, who))
    theirs, absent = client.get(where), client.get(f"/desk/media/{uuid4()}/")
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert (theirs.content, dict(theirs.headers)) == (absent.content, dict(absent.headers))


def test_a_supervisor_sees_it_while_a_flag_is_open(cast: Cast, client: Client) -> None:
    where = path(cast)
    escalation.raise_by_hand(cast.sam.id, Conversation.objects.get().id, "look")
    assert got(client, cast.alex, where).content == JPEG


def test_whoever_is_not_signed_in_is_asked_to(cast: Cast, client: Client) -> None:
    where = path(cast)
    assert client.get(where)["Location"] == f"/accounts/login/?next={where}"


def test_nothing_can_be_posted_to_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.sam)
    assert client.post(path(cast)).status_code == 405


N = len(MP3)
PARTS = [
    ("bytes=0-1", 0, 2),
    ("bytes=0-", 0, N),
    ("bytes=100-199", 100, 200),
    (f"bytes=800-{N + 50}", 800, N),
    (f"bytes={N - 1}-", N - 1, N),
]


@pytest.mark.parametrize(("asked", "first", "end"), PARTS)
def test_a_part_can_be_had(cast: Cast, client: Client, asked: str, first: int, end: int) -> None:
    response = got(client, cast.sam, path(cast, MP3), Range=asked)
    assert (response.status_code, response.content) == (206, MP3[first:end])
    assert (response["Content-Range"], response["Content-Length"]) == (
        f"bytes {first}-{end - 1}/{N}",
        str(end - first),
    )


@pytest.mark.parametrize(
    "asked",
    ["", "bytes=-5", f"bytes={N}-", "bytes=5-4", "bytes=0-1,3-4", "bytes=a-b", "items=0-1", "bytes=0-1 "],
)
def test_anything_else_that_is_asked_for_is_answered_with_all_of_it(
    cast: Cast, client: Client, asked: str
) -> None:
    response = got(client, cast.sam, path(cast, MP3), Range=asked)
    assert (response.status_code, response.content, response["Accept-Ranges"]) == (200, MP3, "bytes")


def test_the_desk_may_show_and_play_what_is_here(cast: Cast, client: Client) -> None:
    told = policy(got(client, cast.sam, "/desk/"))
    assert (told["media-src"], told["img-src"]) == ("'self'", "'self' data:")
