"""Whatever people say and do, by web and by text: no table, and no byte of the database's own files, can tell it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from chatline.conversations import actions, handles, media, noting, planning
from chatline.conversations.actions import Saying
from chatline.conversations.media import Attachment
from chatline.conversations.wrapping_up import Wrapped
from chatline.lines.ladders import Channel
from chatline.sms import strays
from chatline.sms.inbound import Text
from chatline.vault import Sealer
from routing import climbing, escalation, pages, queue, reaching
from routing.carrier_words import Keyword
from routing.models import Flag
from routing.reaching import Reach
from tests.cast import A_NUMBER, ANOTHER_NUMBER, Cast
from tests.conversations.samples import JPEG
from tests.flows import search
from tests.routing.calls import acknowledge_by_code

pytestmark = [
    pytest.mark.requirement("R-01"),
    pytest.mark.requirement("R-06"),
    pytest.mark.both,
    pytest.mark.django_db(transaction=True),
]

A_PHONE = "+12025550111"
"""Of somebody who works here."""

SECRETS = [
    "walrus",
    "umbrella",
    "wombat",
    "tapir",
    "ostrich",
    "trombone",
    "accordion",
    "saxophone",
    "xylophone",
    "harmonica",
    "bassoon",
    "marmot",
    *(n[2:] for n in (A_NUMBER, ANOTHER_NUMBER, A_PHONE)),
]
assert not {one.title() for one in SECRETS} & set(handles.SECOND)  # a handle is no secret


def everything_happens(cast: Cast) -> None:
    """Every verb that takes words or a number."""
    cast.ready(cast.sam, seats=4)
    reaching.set_contact(cast.alex.id, cast.alex.id, Reach(A_PHONE, "marmot@example.org"))
    reaching.set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    cast.visits("i have the pills here and im going to do it tonight, the walrus knows")
    cast.texts("my umbrella left me")
    web, text = queue.take(cast.sam.id).id, queue.take(cast.sam.id).id
    actions.say(Saying(cast.sam.id, web, "k1", "tell me about the walrus"))
    actions.say(Saying(cast.sam.id, text, "k2", "i am sorry about the umbrella"))
    escalation.raise_by_hand(cast.sam.id, text, "they sound like a tapir")
    climb_and_call(cast)
    for flag in Flag.objects.all():
        escalation.resolve(cast.alex.id, flag.id, "watched", "the wombat is with them")
    noting.write_note(cast.sam.id, web, "they have a saxophone")
    planning.write_plan(cast.sam.id, web, {"coping": "feed the xylophone"}, "k3")
    queue.close(cast.sam.id, web, "done", Wrapped(not_asked="a harmonica came", agreed="call the bassoon"))
    cast.texts("STOP", keyword=Keyword.STOP)
    cast.texts("look", media=[Attachment("image/jpeg", "https://api.twilio.com/trombone")] * 2)
    fetched = media.claim(timezone.now())
    assert fetched
    media.take_in(fetched.id, JPEG.replace(b"the rest", b"an accordion"), timezone.now())
    strays.keep(Text("SM-stray", ANOTHER_NUMBER, "57231", "the ostrich ran away"))


def climb_and_call(cast: Cast) -> None:
    """Somebody is called by text, and answers it."""
    for minute in range(3):
        climbing.climb_due(timezone.now() + timedelta(minutes=minute))
    page = pages.claim([Channel.TEXT], timezone.now() + timedelta(minutes=3))
    assert page
    pages.sent(page.oid, "SM-page")
    assert acknowledge_by_code(A_PHONE, page.code)


def dump() -> dict[str, bytes]:
    with connection.cursor() as cursor:
        contents = search.tables(cursor, connection.introspection.table_names(cursor))
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        for part in (file, file.with_name(file.name + "-wal")):
            contents[part.name] = part.read_bytes() if part.exists() else b""
    return contents


def test_a_dump_of_the_database_tells_no_word_and_no_number(cast: Cast) -> None:
    everything_happens(cast)
    contents = dump()
    print(
        f"{sum(map(len, contents.values()))} bytes in {len(contents)} places of {connection.vendor} searched"
    )
    assert not search.found(contents, SECRETS)


def test_words_in_clear_would_be_found(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The break: sealing does nothing. Every one of them is found, so every one was stored."""
    monkeypatch.setattr(Sealer, "seal", lambda sealer, words, place: words.encode())
    monkeypatch.setattr(Sealer, "seal_bytes", lambda sealer, content, place: content)
    monkeypatch.setattr(Sealer, "unseal", lambda sealer, sealed, place: bytes(sealed).decode())
    everything_happens(cast)
    places = search.found(dump(), SECRETS)
    print(f"with the break: {len(places)} findings")
    assert {place.split("'")[1] for place in places} == set(SECRETS)
