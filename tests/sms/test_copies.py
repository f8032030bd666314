"""Everything at the provider is deleted there once it is stored here or final, and what is still there is counted."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from chatline.conversations import copies as queue_of
from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Copy, Media
from chatline.people.models import Alarm
from chatline.sms import at_provider, copies, gateway, media
from chatline.sms.at_provider import Gone, NotYet, Unavailable
from tests.cast import Cast
from tests.conversations.samples import JPEG
from tests.sms.network import InProcess, Network, answered, at_once, texted
from tests.sms.test_media import pictures

pytestmark = [pytest.mark.requirement("R-25"), pytest.mark.django_db]

SID = "MM" + "a1b2c3d4" * 4
NOT_FINAL = {"code": 20009, "message": "Resource not complete", "status": 409}
NO_SUCH = {"code": 20404, "message": "The requested resource was not found", "status": 404}


class Provider:
    """Messages by their id, each with the ids of what came with it; deletes what is final, as the provider does."""

    def __init__(self, adapter: InProcess) -> None:
        self.messages: dict[str, list[str]] = {}
        self.not_final: set[str] = set()
        self.deleted: list[str] = []
        self.strict = False
        self.spoil: Callable[[requests.PreparedRequest], requests.Response | None] = lambda _: None
        adapter.fail = self._answer

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        assert not (self.strict and connection.in_atomic_block)
        spoilt = self.spoil(request)
        return self._serve(request) if spoilt is None else spoilt

    def _serve(self, request: requests.PreparedRequest) -> requests.Response:
        _, _, path = urlsplit(request.url or "").path.partition(
            f"/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages/"
        )
        if "/Media/" in path and request.method == "GET":
            return answered(200, JPEG, request)
        sid, _, rest = path.removesuffix(".json").partition("/")
        if sid not in self.messages:
            return told(request, 404, NO_SUCH)
        if request.method == "GET":
            return told(request, 200, {"media_list": [{"sid": one} for one in self.messages[sid]], "page": 0})
        return self._delete(request, sid, rest.removeprefix("Media/"))

    def _delete(self, request: requests.PreparedRequest, sid: str, attached: str) -> requests.Response:
        if sid in self.not_final:
            return told(request, 409, NOT_FINAL)
        if attached and attached not in self.messages[sid]:
            return told(request, 404, NO_SUCH)
        self.deleted.append(attached or sid)
        self.messages[sid].remove(attached) if attached else self.messages.pop(sid)
        return answered(204, b"", request)


def told(request: requests.PreparedRequest, status: int, body: Any) -> requests.Response:
    return answered(status, json.dumps(body).encode(), request)


@pytest.fixture
def there(provider: InProcess) -> Provider:
    return Provider(provider)


def text(there: Provider, sid: str = SID, *attached: str) -> None:
    """Somebody texts, and the provider has it."""
    there.messages[sid] = list(attached)
    fields = pictures(*["image/jpeg"] * len(attached)) if attached else {}
    texted("look", MessageSid=sid, **fields)


def let_it_be_due(since: timedelta = timedelta(0)) -> None:
    now = timezone.now()
    Copy.objects.update(due_at=now, since=now - since)


def due_in(now: datetime) -> float:
    """Minutes."""
    return (Copy.objects.get().due_at - now).total_seconds() / 60


# --- what is deleted --------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_text_is_deleted_at_the_provider_a_minute_after_it_was_stored(cast: Cast, there: Provider) -> None:
    text(there)
    assert (due_in(timezone.now()) == pytest.approx(1, abs=0.05), copies.delete_next()) == (True, False)
    let_it_be_due()
    assert (copies.delete_next(), there.messages, Copy.objects.count()) == (True, {}, 0)


@pytest.mark.breaks("R-25")
def test_a_text_stays_at_the_provider_when_nobody_notes_that_it_is_there(
    cast: Cast, there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_of, "left", lambda *_: None)
    text(there)
    let_it_be_due()
    copies.delete_next()
    assert there.messages != {}


@pytest.mark.parametrize("keyword", ["STOP", "START", "HELP"])
def test_a_keyword_is_deleted_there_as_well(cast: Cast, there: Provider, keyword: str) -> None:
    texted(keyword, MessageSid=SID)
    assert Copy.objects.get().provider_id == SID


def test_what_was_not_stored_is_not_deleted(cast: Cast, there: Provider) -> None:
    texted("look", MessageSid=SID, To="80123")
    assert not Copy.objects.exists()


def test_the_same_text_again_is_deleted_once(cast: Cast, there: Provider) -> None:
    text(there)
    text(there)
    let_it_be_due()
    assert [copies.delete_next(), copies.delete_next(), there.deleted] == [True, False, [SID]]


def test_a_text_that_comes_again_after_it_was_deleted_is_not_looked_for(cast: Cast, there: Provider) -> None:
    text(there)
    let_it_be_due()
    copies.delete_next()
    text(there)
    assert not Copy.objects.exists()


@pytest.mark.both
def test_what_came_with_it_goes_first(cast: Cast, there: Provider) -> None:
    text(there, SID, "ME1", "ME2")
    while media.fetch_next():
        pass
    let_it_be_due()
    copies.delete_next()
    assert there.deleted == ["ME1", "ME2", SID]


@pytest.mark.both
def test_a_text_stays_there_until_its_pictures_are_here(cast: Cast, there: Provider) -> None:
    text(there, SID, "ME1")
    let_it_be_due()
    assert (copies.delete_next(), there.deleted) == (False, [])
    assert due_in(timezone.now()) == pytest.approx(1, abs=0.1)
    media.fetch_next()
    let_it_be_due()
    assert (copies.delete_next(), there.deleted) == (True, ["ME1", SID])


def test_a_text_whose_pictures_wait_does_not_hold_up_the_others(cast: Cast, there: Provider) -> None:
    text(there, SID, "ME1")
    text(there, "SM2")
    let_it_be_due()
    assert (copies.delete_next(), there.deleted) == (True, ["SM2"])


def test_an_erasure_waits_for_no_picture(cast: Cast, there: Provider) -> None:
    text(there, SID, "ME1")
    leaving.erase(Conversation.objects.get().visitor_id)
    let_it_be_due()
    copies.delete_next()
    assert (there.messages, Media.objects.get().state) == ({}, "lost")


def test_what_is_gone_already_is_gone(cast: Cast, there: Provider) -> None:
    text(there)
    there.messages.clear()
    let_it_be_due()
    assert (copies.delete_next(), Copy.objects.count()) == (True, 0)


def test_a_picture_that_another_worker_has_just_deleted_is_gone(cast: Cast, there: Provider) -> None:
    there.messages[SID] = ["ME1"]

    def faster(request: requests.PreparedRequest) -> None:
        if request.method == "DELETE":
            there.messages[SID] = []

    there.spoil = faster
    assert (at_provider.delete(SID), there.deleted) == (Gone(), [SID])


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_delete_each_once_and_never_within_a_transaction(
    cast: Cast, there: Provider
) -> None:
    for n in range(8):
        text(there, f"SM{n}")
    let_it_be_due()
    there.strict = True

    def work() -> None:
        while copies.delete_next():
            pass

    at_once(5, work)
    assert (Counter(there.deleted), Copy.objects.count()) == (Counter(f"SM{n}" for n in range(8)), 0)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_five_workers_one_has_it(cast: Cast, there: Provider) -> None:
    text(there)
    let_it_be_due()
    claims = at_once(5, lambda: queue_of.claim(timezone.now()))
    assert len([one for one in claims if one]) == 1


def test_a_worker_that_died_is_followed_by_another(cast: Cast, there: Provider) -> None:
    text(there)
    let_it_be_due()
    now = timezone.now()
    times = (now, now + queue_of.LEASE - timedelta(seconds=1), now + queue_of.LEASE)
    assert [one is not None for one in map(queue_of.claim, times)] == [True, False, True]


@pytest.mark.both
def test_after_a_talk_the_provider_has_nothing_of_it(cast: Cast, network: Network) -> None:
    for words in ("hello", "HELP", "are you there?"):
        network.text(words)
    network.run()
    network.settle_all()
    there = len(gateway.client().messages.list())
    Copy.objects.update(due_at=timezone.now())
    while copies.delete_next():
        pass
    assert (there, gateway.client().messages.list(), Copy.objects.count()) == (5, [], 0)
    assert len(network.screen()) == 2  # on their phone it stays


# --- what is not yet --------------------------------------------------------------------------------------


def test_what_is_not_final_is_tried_again_after_growing_pauses(cast: Cast, there: Provider) -> None:
    text(there)
    there.not_final.add(SID)
    waits = []
    for _ in range(7):
        Copy.objects.update(due_at=timezone.now())
        assert copies.delete_next()
        waits.append(due_in(timezone.now()))
    expected = [1, 5, 15, 60, 360, 360, 360]
    assert [wait / one for wait, one in zip(waits, expected, strict=True)] == pytest.approx([1] * 7, abs=0.26)
    assert not Alarm.objects.exists()


def test_what_became_final_is_deleted(cast: Cast, there: Provider) -> None:
    text(there)
    there.not_final.add(SID)
    let_it_be_due()
    copies.delete_next()
    there.not_final.clear()
    let_it_be_due()
    copies.delete_next()
    assert (there.messages, Copy.objects.count()) == ({}, 0)


def test_after_two_weeks_an_operator_must_know_and_it_is_tried_daily(cast: Cast, there: Provider) -> None:
    text(there)
    there.not_final.add(SID)
    let_it_be_due(since=timedelta(days=14, hours=1))
    copies.delete_next()
    assert Alarm.objects.get(cleared_at=None).code == "copies_left"
    assert due_in(timezone.now()) == pytest.approx(24 * 60, rel=0.26)


def test_the_alarm_ends_with_the_last_of_them(cast: Cast, there: Provider) -> None:
    for sid in ("SM1", "SM2"):
        text(there, sid)
        there.not_final.add(sid)
    let_it_be_due(since=timedelta(days=15))
    copies.delete_next(), copies.delete_next()
    there.not_final.clear()
    seen = []
    for _ in range(2):
        Copy.objects.update(due_at=timezone.now())
        copies.delete_next()
        seen.append(Alarm.objects.filter(cleared_at=None).exists())
    assert seen == [True, False]


def say(status: int, body: bytes) -> Callable[[requests.PreparedRequest], requests.Response]:
    return lambda request: answered(status, body, request)


def lose(request: requests.PreparedRequest) -> None:
    raise requests.ConnectionError


AWAY = {
    "away": lose,
    "too busy": say(429, b'{"code": 20429, "message": "Too many", "status": 429}'),
    "too busy, without words": say(429, b"<html>slow down</html>"),
    "not known": say(401, b'{"code": 20003, "message": "Authenticate", "status": 401}'),
    "ill": say(500, b'{"code": 20500, "message": "Internal", "status": 500}'),
    "a gateway": say(502, b"<html>"),
    "another server": say(404, b"<html>not found</html>"),
    "another method": say(405, b""),
    "nonsense": say(200, b"<html>"),
    "half of it": say(200, b'{"media_list": ['),
}


@pytest.mark.parametrize("spoil", AWAY.values(), ids=AWAY)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_provider_that_cannot_be_asked_counts_as_nothing(
    cast: Cast, there: Provider, spoil: Any, method: str
) -> None:
    text(there)
    there.spoil = lambda request: spoil(request) if request.method == method else None
    let_it_be_due(since=timedelta(days=15))
    assert copies.delete_next() is False
    assert (Copy.objects.get().attempts, Alarm.objects.exists()) == (0, False)
    assert due_in(timezone.now()) == pytest.approx(1, abs=0.3)


def test_a_provider_that_was_away_is_asked_again(cast: Cast, there: Provider) -> None:
    text(there)
    there.spoil = lose
    let_it_be_due()
    copies.delete_next()
    there.spoil = lambda request: None
    let_it_be_due()
    copies.delete_next()
    assert there.messages == {}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (409, json.dumps(NOT_FINAL).encode(), NotYet(20009)),
        (422, json.dumps(NOT_FINAL | {"status": 422}).encode(), NotYet(20009)),
        (400, b'{"code": 20001, "message": "No", "status": 400}', NotYet(20001)),
        (404, json.dumps(NO_SUCH).encode(), Gone()),
        (200, b'{"a": 1, "b": 2}', Unavailable()),
        (200, b"[]", Unavailable()),
        (302, b"", Unavailable()),
    ],
)
def test_an_answer_says_whether_it_lies_there_still(
    provider: InProcess, status: int, body: bytes, outcome: object
) -> None:
    provider.fail = say(status, body)
    assert at_provider.delete(SID) == outcome


# --- what is counted --------------------------------------------------------------------------------------


def test_what_is_there_is_counted_with_the_age_of_the_oldest(cast: Cast, there: Provider) -> None:
    assert queue_of.left_at_provider(timezone.now()) == (0, timedelta(0))
    text(there, "SM1")
    text(there, "SM2")
    now = timezone.now()
    Copy.objects.filter(provider_id="SM2").update(since=now - timedelta(days=3))
    assert queue_of.left_at_provider(now) == (2, timedelta(days=3))


def test_all_of_a_busy_fortnight_is_gone_after_it_but_what_the_provider_holds_back(
    cast: Cast, there: Provider
) -> None:
    """Half is final at once, half after some days, one never: only that one is left, counted, and an alarm."""
    begun = timezone.now()
    final_at = {f"SM{n}": begun + timedelta(days=n // 2 if n % 2 else 0) for n in range(20)}
    final_at["SM-never"] = begun + timedelta(days=900)
    for sid in final_at:
        there.messages[sid] = []
    queue_of.left(list(final_at), begun)
    now = begun
    with time_machine.travel(begun, tick=False) as traveller:
        while now < begun + timedelta(days=15):
            traveller.move_to(now)
            there.not_final = {sid for sid, at in final_at.items() if at > now}
            while copies.delete_next():
                pass
            now += timedelta(minutes=30)
    left = queue_of.left_at_provider(now)
    assert (list(there.messages), left.number, left.oldest.days) == (["SM-never"], 1, 15)
    assert Alarm.objects.get(cleared_at=None).code == "copies_left"


def test_no_id_of_the_provider_is_logged(
    cast: Cast, there: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    text(there)
    let_it_be_due()
    copies.delete_next()
    assert SID not in "\n".join(caplog.messages)
