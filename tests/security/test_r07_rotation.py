"""R-07: root keys rotate while people read, and the old one can be taken out."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from chatline.conversations import epochs, keys, rotation
from chatline.conversations.models import Epoch, Key
from chatline.sms import spool
from chatline.sms.inbound import Text
from chatline.vault import Keyring, KeyUnknown
from tests.cast import A_NUMBER, SHORT_CODE, Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

KEYS = 10_000
OLD, NEW = Keyring.generate(), Keyring.generate()
OLD_ID = Keyring.parse(f"{NEW},{OLD}").old[0]


@pytest.fixture(autouse=True)
def nothing_is_open() -> None:
    keys.forget_opened()


def made(settings: Settings, count: int) -> dict[UUID, bytes]:
    """Owners with their keys, of a month under the old root key; then the new one is put first."""
    settings.VAULT_KEYS = OLD
    found, rows = {}, []
    with transaction.atomic():
        epoch, wrapper = epochs.of_month(epochs.month_of(timezone.now()))
        for owner in (uuid4() for _ in range(count)):
            wrapped, found[owner] = wrapper.new_key(owner)
            rows.append(Key(owner=owner, epoch_id=epoch, wrapped=wrapped))
        Key.objects.bulk_create(rows, batch_size=1_000)
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    keys.forget_opened()
    return found


def from_before_there_were_months(settings: Settings, count: int) -> dict[UUID, bytes]:
    ring, found = Keyring.parse(OLD), {}
    for owner in (uuid4() for _ in range(count)):
        wrapped, found[owner] = ring.new_key(owner)
        Key.objects.create(owner=owner, wrapped=wrapped)
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    return found


def opened(owner: UUID) -> bytes:
    return keys.unwrapped(Key.objects.select_related("epoch").get(owner=owner))


def everything_opens(found: dict[UUID, bytes]) -> bool:
    keys.forget_opened()
    return all(opened(owner) == key for owner, key in found.items())


def reads_on(found: dict[UUID, bytes], is_over: Callable[[], bool]) -> tuple[int, int]:
    """Reads keys one after the other until it is over: how many, and how many of them did not open."""
    count = failed = 0
    while not is_over():
        for owner, key in found.items():
            if is_over():
                break
            count += 1
            failed += opened(owner) != key
    connections.close_all()
    return count, failed


@pytest.mark.requirement("R-07")
def test_ten_thousand_keys_are_wrapped_anew_while_others_read(
    settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    found = made(settings, KEYS)
    over: list[bool] = []
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(reads_on, found, lambda: bool(over)) for _ in range(2)]
        began = time.monotonic()
        try:
            rotation.replace_months(timezone.now())
            months = rotation.rewrap_months()
            *_, told = rotation.move()
            seconds = time.monotonic() - began
        finally:
            over.append(True)
        reads, failed = map(sum, zip(*(reader.result() for reader in readers), strict=True))
    record_property(
        "figure", f"{told.rewrapped:,} keys in {seconds:.1f} s, {failed} of {reads:,} reads failed"
    )
    assert (months.unopened, told.seen, told.rewrapped, told.unopened, failed) == (0, KEYS, KEYS, 0, 0)
    assert reads > 0
    assert seconds < 60 * 5
    settings.VAULT_KEYS = NEW
    assert everything_opens(found)


@pytest.mark.breaks("R-07")
def test_keys_that_were_not_wrapped_anew_would_be_lost_with_the_old_one(settings: Settings) -> None:
    found = made(settings, 3)
    settings.VAULT_KEYS = NEW
    with pytest.raises(KeyUnknown):
        opened(next(iter(found)))


@pytest.mark.requirement("R-07")
def test_wrapping_the_month_anew_is_enough_to_take_the_old_root_key_out(settings: Settings) -> None:
    found = made(settings, 3)
    before = set(Key.objects.values_list("owner", "wrapped"))
    call_command("rotatekeys")
    settings.VAULT_KEYS = NEW
    assert everything_opens(found)
    assert {(owner, bytes(wrapped)) for owner, wrapped in before} == {
        (owner, bytes(wrapped)) for owner, wrapped in Key.objects.values_list("owner", "wrapped")
    }


@pytest.mark.requirement("R-07")
def test_keys_from_before_there_were_months_open_and_are_moved_under_theirs(settings: Settings) -> None:
    found = from_before_there_were_months(settings, 3)
    assert everything_opens(found)
    call_command("rotatekeys")
    assert not Key.objects.filter(epoch=None).exists()
    settings.VAULT_KEYS = NEW
    assert everything_opens(found)


@pytest.mark.requirement("R-07")
def test_where_it_is_asked_for_no_key_lies_under_what_wrapped_it_before(settings: Settings) -> None:
    found = made(settings, 3)
    before = set(Epoch.objects.values_list("id", flat=True))
    call_command("rotatekeys", all=True)
    assert not Key.objects.filter(epoch__in=before).exists()
    assert everything_opens(found)


@pytest.mark.requirement("R-07")
def test_a_rotation_that_was_ended_goes_on_where_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    found = made(settings, 7)
    rotation.replace_months(timezone.now())
    assert next(rotation.move()).rewrapped == 2
    assert everything_opens(found)
    *_, told = rotation.move()
    assert (told.seen, told.rewrapped) == (5, 5)
    assert everything_opens(found)


@pytest.mark.requirement("R-07")
def test_what_was_said_before_a_rotation_is_read_after_it(cast: Cast, settings: Settings) -> None:
    settings.VAULT_KEYS = OLD
    conversation = cast.talks()
    before = keys.sealer(conversation.id)
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    call_command("rotatekeys")
    settings.VAULT_KEYS = NEW
    keys.forget_opened()
    after = keys.sealer(conversation.id)
    assert before._box.key_id == after._box.key_id


def test_a_key_that_nothing_opens_is_told_and_left(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    made(settings, 2)
    Key.objects.create(owner=uuid4(), wrapped=os.urandom(69))
    with pytest.raises(SystemExit):
        call_command("rotatekeys")
    assert "1 keys open under none" in capsys.readouterr().out


def test_it_says_that_the_old_root_key_is_needed_no_more(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    made(settings, 2)
    call_command("rotatekeys")
    assert f"Nothing here needs root key {OLD_ID} any more" in capsys.readouterr().out


def test_it_says_that_a_text_which_waits_on_this_host_needs_the_old_root_key(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings.SPOOL, settings.VAULT_KEYS = tmp_path / "spool", OLD
    spool.append(Text("SM1", A_NUMBER, SHORT_CODE, "hello"))
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    call_command("rotatekeys")
    assert f"Root key {OLD_ID} is still needed" in capsys.readouterr().out
