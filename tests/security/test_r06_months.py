"""R-06, R-08: keys lie under the key of their month, and that one under a root key; each month's goes in its time."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from chatline import announce
from chatline.conversations import epochs, keys, retention
from chatline.conversations.models import Conversation, Epoch, Key, Message
from chatline.conversations.opened import OPEN_SECONDS
from chatline.errors import TryAgain
from chatline.people.models import Alarm
from chatline.vault import Keyring, VaultError, Wrapper, root_of
from routing import dispatcher
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

MARCH = date(2025, 3, 1)
LAST_NEEDED = datetime(2025, 4, 1, tzinfo=UTC) + timedelta(days=30 + 35)
"""When March, what a line promises for words, and what backups may keep are over."""


@pytest.fixture(autouse=True)
def nothing_is_open() -> None:
    keys.forget_opened()


def of_march(**more: object) -> UUID:
    with transaction.atomic():
        epoch, _ = epochs.of_month(MARCH)
    Epoch.objects.filter(id=epoch).update(**more)
    return epoch


def lives(epoch: UUID) -> bool:
    return Epoch.objects.get(id=epoch).wrapped is not None


# --- wrapped ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-06")
def test_a_dump_of_all_tables_opens_nothing_without_the_root_key(cast: Cast, settings: Settings) -> None:
    cast.talks()
    settings.VAULT_KEYS = Keyring.generate()
    keys.forget_opened()
    for row in Key.objects.select_related("epoch"):
        with pytest.raises(VaultError):
            keys.unwrapped(row)


@pytest.mark.breaks("R-06")
def test_it_is_caught_when_a_key_lies_unwrapped(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wrapper, "wrap", lambda self, key, owner: key)
    monkeypatch.setattr(Wrapper, "unwrap", lambda self, wrapped, owner: bytes(wrapped))
    monkeypatch.setattr(Keyring, "unwrap", lambda self, wrapped, owner: bytes(wrapped))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_dump_of_all_tables_opens_nothing_without_the_root_key(cast, settings)


@pytest.mark.requirement("R-06")
def test_only_months_lie_under_a_root_key(cast: Cast) -> None:
    cast.talks()
    roots = {root_of(epoch.wrapped or b"") for epoch in Epoch.objects.all()}
    assert {repr(epochs.keyring())} == {f"<Keyring {root}>" for root in roots}
    assert not roots & {bytes(row.wrapped)[1:9].hex() for row in Key.objects.all()}


@pytest.mark.requirement("R-05")
def test_a_key_moved_to_another_owner_does_not_open(cast: Cast) -> None:
    cast.talks()
    row = Key.objects.select_related("epoch").first()
    assert row
    row.owner = uuid4()
    with pytest.raises(VaultError):
        keys.unwrapped(row)


def test_all_keys_of_a_month_lie_under_one(cast: Cast) -> None:
    for who in ("one", "another"):
        cast.visits("hello", who)
    assert Epoch.objects.count() == 1
    assert Key.objects.filter(epoch=Epoch.objects.get()).count() == Key.objects.count() == 2


def test_a_month_that_was_begun_by_a_transaction_that_failed_is_begun_again(cast: Cast) -> None:
    with transaction.atomic():
        keys.make(uuid4())
        transaction.set_rollback(True)
    assert not Epoch.objects.exists()
    assert cast.visits("hello").stored


@pytest.mark.requirement("R-06")
def test_without_root_keys_nothing_is_stored_in_clear_and_it_is_tried_again(
    cast: Cast, settings: Settings
) -> None:
    epochs.prepare(timezone.now() - timedelta(days=1))
    settings.VAULT_KEYS = Keyring.generate()
    keys.forget_opened()
    with pytest.raises(TryAgain):
        cast.visits("hello")
    assert not Message.objects.exists()


def test_the_key_of_the_next_month_is_there_before_it_begins() -> None:
    dispatched = datetime(2025, 2, 28, 23, 50, tzinfo=UTC)
    assert epochs.prepare(dispatched)
    assert Epoch.objects.get().month == MARCH
    assert not epochs.prepare(dispatched)


def test_a_month_has_one_key_that_wraps() -> None:
    of_march()
    with pytest.raises(IntegrityError):
        Epoch.objects.create(month=MARCH, wrapped=b"x", made_at=timezone.now())


# --- opened -------------------------------------------------------------------------------------------------


def test_an_opened_key_of_a_month_stays_in_memory_for_a_minute_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    epoch = of_march()
    assert OPEN_SECONDS <= 60
    assert epochs.opened.get(epoch)
    late = 2 * OPEN_SECONDS + epochs.opened._opened[epoch][0]
    monkeypatch.setattr("chatline.conversations.opened.time.monotonic", lambda: late)
    assert not epochs.opened.get(epoch)


def test_a_hint_drops_it_at_once() -> None:
    epoch = of_march()
    keys._on_hints([announce.KeyDestroyed(epoch)])
    assert not epochs.opened.get(epoch)


# --- destroyed ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-08")
def test_a_month_goes_when_its_words_and_their_backups_are_past(cast: Cast) -> None:
    epoch = of_march()
    assert not epochs.destroy_due(LAST_NEEDED - timedelta(days=1))
    assert lives(epoch)
    # To the month: it goes with the first one that begins after that.
    assert epochs.destroy_due(LAST_NEEDED + timedelta(days=31))
    assert not lives(epoch)
    assert not epochs.opened.get(epoch)


@pytest.mark.requirement("R-08")
def test_a_month_stays_for_as_long_as_the_line_that_keeps_words_longest(cast: Cast) -> None:
    epoch = of_march()
    cast.other_line.keep_words_days = 365
    cast.other_line.save()
    assert not epochs.destroy_due(LAST_NEEDED + timedelta(days=300))
    assert epochs.destroy_due(LAST_NEEDED + timedelta(days=400))
    assert not lives(epoch)


@pytest.mark.requirement("R-08")
def test_a_month_stays_while_anybody_still_talks_under_it(cast: Cast) -> None:
    conversation = cast.talks()
    epoch = of_march()
    moved = Key.objects.filter(owner=conversation.id)
    moved.update(epoch=epoch)
    assert not epochs.destroy_due(LAST_NEEDED + timedelta(days=400))
    moved.delete()
    assert epochs.destroy_due(LAST_NEEDED + timedelta(days=400))


def test_one_that_was_replaced_goes_when_nothing_lies_under_it(cast: Cast) -> None:
    now = datetime(2025, 3, 20, tzinfo=UTC)
    epoch = of_march(replaced_at=now)
    assert not epochs.destroy_due(now + timedelta(minutes=5))
    assert epochs.destroy_due(now + timedelta(hours=2))
    assert not lives(epoch)


@pytest.mark.requirement("R-08")
def test_a_key_that_was_left_behind_does_not_open_without_its_month(cast: Cast) -> None:
    epoch = of_march()
    with transaction.atomic():
        keys.make(owner := uuid4())
        wrapped, _ = epochs.of_month(MARCH)[1].new_key(owner)
    left = Key(owner=owner, epoch_id=epoch, wrapped=wrapped)
    assert epochs.destroy_due(LAST_NEEDED + timedelta(days=400))
    with pytest.raises(VaultError):
        keys.unwrapped(left)


@pytest.mark.requirement("R-08")
def test_the_workers_destroy_what_is_due_and_prepare_what_comes(cast: Cast) -> None:
    epoch = of_march()
    dispatcher.forget_due()
    assert not lives(epoch)
    assert Epoch.objects.filter(month=epochs.month_of(timezone.now() + timedelta(days=1))).exists()


@pytest.mark.requirement("R-08")
def test_a_month_that_outlives_its_time_is_an_alarm_until_it_is_destroyed(cast: Cast) -> None:
    of_march()
    standing = Alarm.objects.filter(code="not_forgotten", cleared_at=None)
    now = timezone.now()
    retention.prove_forgotten(now)
    assert standing.get().subject == "#months"
    epochs.destroy_due(now)
    retention.prove_forgotten(now)
    assert not standing.exists()


@pytest.mark.breaks("R-08")
def test_it_is_caught_when_months_are_never_destroyed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "destroy_due", lambda now: False)
    with pytest.raises(AssertionError):
        test_the_workers_destroy_what_is_due_and_prepare_what_comes(cast)


def test_conversations_stay_for_the_counts_when_their_month_is_gone(cast: Cast) -> None:
    conversation = cast.talks()
    Epoch.objects.update(month=MARCH)
    with transaction.atomic():
        keys.destroy([conversation.id])
    epochs.destroy_due(timezone.now())
    assert not Epoch.objects.filter(destroyed_at=None).exists()
    assert Conversation.objects.filter(id=conversation.id).exists()
