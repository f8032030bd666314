"""R-09: a number is found again without being kept, also after the key of fingerprints was rotated."""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from chatline.conversations import visitors
from chatline.conversations.models import Block, Conversation, Key, Message, OptOut, Visitor
from chatline.sms.fingerprints import _fingerprinters, fingerprints_of
from chatline.sms.summons import has_stopped
from chatline.vault import Fingerprinter, Keyring, read_keys
from tests.cast import A_NUMBER, Cast
from tests.sms.network import texted

pytestmark = [pytest.mark.django_db, pytest.mark.both]

OLD, NEW, NEWEST = (Keyring.generate() for _ in range(3))


@pytest.fixture(autouse=True)
def the_old_key_alone(settings: Settings) -> None:
    settings.FINGERPRINT_KEY = OLD


def rotate(settings: Settings) -> None:
    settings.FINGERPRINT_KEY = f"{NEW},{OLD}"


def prints(cast: Cast, key: str) -> bytes:
    (secret,) = read_keys(key, "Key")
    return Fingerprinter(secret, memory_kib=8).of(A_NUMBER, cast.line.id)


def test_a_number_lies_in_no_table_in_clear(cast: Cast) -> None:
    texted("hello", MessageSid="SM1")
    rows = [repr(row) for model in (Visitor, Conversation, Message, Key) for row in model.objects.values()]
    assert not any(A_NUMBER.lstrip("+") in row for row in rows)


@pytest.mark.requirement("R-09")
def test_who_texts_again_after_a_rotation_is_the_same_person_and_known_by_the_new_key_from_then_on(
    cast: Cast, settings: Settings
) -> None:
    texted("hello", MessageSid="SM1")
    before = Visitor.objects.get()
    rotate(settings)
    texted("hello again", MessageSid="SM2")
    after = Visitor.objects.get()
    assert (after.id, after.handle) == (before.id, before.handle)
    assert bytes(after.fingerprint or b"") == prints(cast, NEW)
    settings.FINGERPRINT_KEY = NEW
    texted("and again", MessageSid="SM3")
    assert Visitor.objects.count() == Conversation.objects.count() == 1


@pytest.mark.breaks("R-09")
def test_it_is_caught_when_only_the_new_key_is_asked(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "recognise", lambda *anybody: None)
    with pytest.raises(Visitor.MultipleObjectsReturned):
        test_who_texts_again_after_a_rotation_is_the_same_person_and_known_by_the_new_key_from_then_on(
            cast, settings
        )


@pytest.mark.requirement("R-09")
@pytest.mark.parametrize("is_known", [True, False], ids=["whose row is there", "whose row is gone"])
def test_who_said_stop_before_a_rotation_has_stopped_after_it(
    cast: Cast, settings: Settings, is_known: bool
) -> None:
    texted("STOP", MessageSid="SM1")
    if not is_known:
        OptOut.objects.update(since=timezone.now() - timedelta(days=90))
        Visitor.objects.get().deliveries.all().delete()
        Visitor.objects.all().delete()
    rotate(settings)
    texted("hello", MessageSid="SM2")
    assert Visitor.objects.get().stopped_at
    assert bytes(OptOut.objects.get().fingerprint) == prints(cast, NEW)
    texted("START", MessageSid="SM3")
    assert OptOut.objects.get().lifted_at
    assert Visitor.objects.get().stopped_at is None


@pytest.mark.requirement("R-09")
def test_who_was_blocked_before_a_rotation_is_blocked_after_it(cast: Cast, settings: Settings) -> None:
    texted("hello", MessageSid="SM1")
    visitor, now = Visitor.objects.get(), timezone.now()
    Block.objects.create(
        line=cast.line,
        fingerprint=visitor.fingerprint,
        reason="abuse",
        by=cast.alex.id,
        since=now,
        expires_at=now + timedelta(days=1),
    )
    rotate(settings)
    texted("hello again", MessageSid="SM2")
    assert visitors.is_blocked(Visitor.objects.get(), now)


@pytest.mark.requirement("R-09")
def test_staff_who_said_stop_before_a_rotation_are_not_texted_after_it(
    cast: Cast, settings: Settings
) -> None:
    texted("STOP", MessageSid="SM1")
    rotate(settings)
    assert has_stopped(cast.line, A_NUMBER)


def test_who_was_met_without_the_old_key_has_one_opt_out_when_it_is_back(
    cast: Cast, settings: Settings
) -> None:
    texted("STOP", MessageSid="SM1")
    first = OptOut.objects.get()
    settings.FINGERPRINT_KEY = NEW
    texted("STOP", MessageSid="SM2")
    assert OptOut.objects.count() == 2
    rotate(settings)
    texted("hello", MessageSid="SM3")
    assert OptOut.objects.get().since == first.since


def test_who_was_met_without_the_old_key_has_stopped_when_it_is_back(cast: Cast, settings: Settings) -> None:
    texted("STOP", MessageSid="SM1")
    settings.FINGERPRINT_KEY = NEW
    texted("hello", MessageSid="SM2")
    rotate(settings)
    texted("hello again", MessageSid="SM3")
    assert Visitor.objects.get(fingerprint=prints(cast, NEW)).stopped_at


def test_a_third_key_finds_who_was_last_seen_under_the_first(cast: Cast, settings: Settings) -> None:
    texted("hello", MessageSid="SM1")
    settings.FINGERPRINT_KEY = f"{NEWEST},{NEW},{OLD}"
    texted("hello again", MessageSid="SM2")
    assert bytes(Visitor.objects.get().fingerprint or b"") == prints(cast, NEWEST)


def test_a_number_costs_one_computation_for_each_key_that_stands(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[bytes] = []

    def compute(self: Fingerprinter, sender: bytes, line: UUID) -> bytes:
        computed.append(sender)
        return bytes(32)

    monkeypatch.setattr(Fingerprinter, "_compute", compute)
    counts = []
    for keys in (Keyring.generate(), f"{Keyring.generate()},{Keyring.generate()}"):
        settings.FINGERPRINT_KEY = keys
        computed.clear()
        fingerprints_of(A_NUMBER, cast.line.id)
        counts.append(len(computed))
    assert counts == [1, 2]


@pytest.mark.requirement("R-09")
def test_two_fingerprints_of_a_number_take_less_than_a_webhook_may(
    cast: Cast, settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    settings.FINGERPRINT_KEY, settings.FINGERPRINT_MEMORY_KIB = f"{NEW},{OLD}", 8192
    _fingerprinters.cache_clear()
    took = []
    for tail in range(20):
        began = perf_counter()
        fingerprints_of(f"{A_NUMBER}{tail}", cast.line.id)
        took.append(perf_counter() - began)
    median, p95 = (sorted(took)[at] * 1000 for at in (10, 18))
    record_property("figure", f"two fingerprints of a number: median {median:.1f} ms, p95 {p95:.1f} ms")
    assert sorted(took)[10] < 0.080 * 5
