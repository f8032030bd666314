"""What came with a text reaches the desk that holds it, and again when it has been fetched."""

import pytest
from django.utils import timezone

from chatline.conversations import media
from chatline.conversations.media import Attachment
from chatline.conversations.models import Media
from tests.cast import Cast
from tests.clients import verb
from tests.consumers.desks import texting
from tests.conversations.samples import JPEG
from tests.doors import Door

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

PICTURE = Attachment("image/jpg", "https://api.twilio.com/x")


async def test_an_open_desk_is_shown_it_and_then_that_it_was_fetched(cast: Cast, door: Door) -> None:
    """The desk is exactly one version behind, so words alone would be handed over to it."""
    desk, one = await texting(cast, door)

    def shown() -> list[dict[str, str]]:
        messages = desk.shown.messages[one]
        return [told for seq in sorted(messages) for told in messages[seq]["media"]]

    await verb(cast.texts, "look\n[picture]", media=(PICTURE,))
    row = await verb(Media.objects.get)
    told = {"id": str(row.id), "kind": "image/jpg"}
    await desk.sees(lambda: shown() == [told | {"state": "waiting"}])
    assert "look\n[picture]" in desk.shown.texts(one)
    await verb(media.take_in, row.id, JPEG, timezone.now())
    told["kind"] = "image/jpeg"
    await desk.sees(lambda: shown() == [told | {"state": "kept"}])


async def test_a_desk_that_comes_back_is_shown_it_as_well(cast: Cast, door: Door) -> None:
    desk, one = await texting(cast, door)
    cursors = desk.shown.cursors()
    await desk.close()
    await verb(cast.texts, "look", media=(PICTURE,))
    again = await door.desk(cast.sam, cursors=cursors)
    await again.sees(lambda: [len(frame["media"]) for frame in again.shown.messages[one].values()] == [1])
