"""R-07: root keys rotate while people read, and the old one can be taken out."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from chatline.conversations import keys, rotation
from chatline.conversations.models import Key
from chatline.vault import Keyring, KeyUnknown
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

KEYS = 10_000
OLD, NEW = Keyring.generate(), Keyring.generate()


def made(settings: Settings, count: int) -> dict[UUID, bytes]:
    """Owners with their keys, wrapped under the old root key; then the new one is put first."""
    ring, found = Keyring.parse(OLD), {}
    rows = []
    for owner in (uuid4() for _ in range(count)):
        wrapped, found[owner] = ring.new_key(owner)
        rows.append(Key(owner=owner, wrapped=wrapped))
    Key.objects.bulk_create(rows, batch_size=1_000)
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    return found


def opened(owner: UUID) -> bytes:
    return keys.keyring().unwrap(Key.objects.get(owner=owner).wrapped, owner)


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
def test_ten_thousand_keys_are_wrapped_anew_while_others_read(settings: Settings) -> None:
    found = made(settings, KEYS)
    over: list[bool] = []
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(reads_on, found, lambda: bool(over)) for _ in range(2)]
        began = time.monotonic()
        *_, told = rotation.rewrap()
        seconds = time.monotonic() - began
        over.append(True)
        reads, failed = map(sum, zip(*(reader.result() for reader in readers), strict=True))
    print(f"{told.rewrapped} keys in {seconds:.1f} s, {reads} reads meanwhile, {failed} failed")
    assert (told.seen, told.rewrapped, told.unopened, failed) == (KEYS, KEYS, 0, 0)
    assert reads > 0
    assert seconds < 60 * 5
    settings.VAULT_KEYS = NEW
    assert all(opened(owner) == key for owner, key in found.items())


@pytest.mark.breaks("R-07")
def test_keys_that_were_not_wrapped_anew_would_be_lost_with_the_old_one(settings: Settings) -> None:
    found = made(settings, 3)
    settings.VAULT_KEYS = NEW
    with pytest.raises(KeyUnknown):
        opened(next(iter(found)))


@pytest.mark.requirement("R-07")
def test_a_rotation_that_was_ended_goes_on_where_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    made(settings, 7)
    assert next(rotation.rewrap()).rewrapped == 2
    *_, told = rotation.rewrap()
    assert (told.seen, told.rewrapped) == (7, 5)


@pytest.mark.requirement("R-07")
def test_what_was_said_before_a_rotation_is_read_after_it(cast: Cast, settings: Settings) -> None:
    settings.VAULT_KEYS = OLD
    keys.forget_opened()
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
