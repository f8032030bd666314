"""What the provider is told that we have, we have: with the database, without it, and whatever dies in between."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import DataError, OperationalError, connection
from django.http import HttpResponse

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Receipt, Visitor
from chatline.errors import TryAgain
from chatline.lines.actions import add_number
from chatline.management.commands import serve
from chatline.people.models import Alarm
from chatline.sms import fallback, spool, strays
from chatline.sms.fingerprints import fingerprints_of
from chatline.sms.inbound import Text
from chatline.sms.models import Stray
from chatline.vault import Keyring, Sealer
from tests.cast import A_NUMBER, ANOTHER_NUMBER, SHORT_CODE, Cast
from tests.sms.network import at_once, form, post, texted
from tests.sms.test_inbound import Down, said

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.SPOOL = tmp_path / "data" / "spool"
    return tmp_path / "data" / "spool"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No statement of any thread reaches the database; what the test does itself still can, by `connection`."""

    def gone(text: Text, *_: object) -> None:
        with connection.execute_wrapper(Down()):
            receive(text)

    receive = strays.receive
    monkeypatch.setattr(strays, "receive", gone)
    with connection.execute_wrapper(Down()):
        yield


def fell_back(text: str = "hello", **more: str) -> HttpResponse:
    """The same text at the fallback webhook, as the provider sends it there."""
    why = {"ErrorCode": "11200", "ErrorUrl": "http://127.0.0.1:8000/sms/inbound/"}
    return post("/sms/fallback/", form(text, **why, **more))


def a_text(words: str = "hello", sid: str = "SM1") -> Text:
    return Text(sid, A_NUMBER, SHORT_CODE, words)


def drain() -> int:
    """How many steps it took until nothing was left to do."""
    count = 0
    while spool.drain():
        count += 1
    return count


# --- the fallback webhook ---------------------------------------------------------------------------------


def test_the_fallback_stores_as_the_first_webhook_does(cast: Cast) -> None:
    answer = fell_back("is anyone there")
    assert (answer.status_code, said(), spool.waiting()) == (200, ["is anyone there"], [])


def test_a_text_that_came_both_ways_is_stored_once(cast: Cast) -> None:
    texted()
    fell_back()
    assert said() == ["hello"]


def test_a_text_to_an_unknown_number_is_kept_by_the_fallback(cast: Cast) -> None:
    fell_back(To="80123")
    assert Stray.objects.count() == 1


def test_the_fallback_verifies_as_the_first_webhook_does(cast: Cast) -> None:
    assert fell_back(AccountSid="AC" + "0" * 32).status_code == 403


def test_the_fallback_has_a_public_address_of_its_own(cast: Cast, settings: Any) -> None:
    settings.FALLBACK_URL = "https://other.example.org"
    assert fell_back().status_code == 403


def test_a_text_is_acknowledged_without_the_database(cast: Cast, away: None) -> None:
    answer = fell_back()
    assert (answer.status_code, answer["Content-Type"], len(spool.waiting())) == (200, "text/xml", 1)
    assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert not answer.cookies


def test_the_first_webhook_leaves_it_to_the_provider_to_come_back(cast: Cast, away: None) -> None:
    assert (texted().status_code, spool.waiting()) == (503, [])


def test_what_breaks_in_no_foreseen_way_is_kept_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "receive", lambda text: 1 / 0)
    assert (fell_back().status_code, len(spool.waiting())) == (200, 1)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Text]]:
    """A database that takes statements and never answers; gives what it was asked to store."""
    asked: list[Text] = []
    answered = threading.Event()

    def hang(text: Text) -> None:
        asked.append(text)
        answered.wait()

    monkeypatch.setattr(strays, "receive", hang)
    monkeypatch.setattr(fallback, "PATIENCE", 0.05)
    yield asked
    answered.set()
    for thread in threading.enumerate():
        if thread.name == "fallback":
            thread.join()


def test_a_database_that_hangs_is_not_waited_for(cast: Cast, hanging: list[Text]) -> None:
    assert (fell_back().status_code, len(spool.waiting())) == (200, 1)


def test_attempts_that_hang_do_not_pile_up(cast: Cast, hanging: list[Text]) -> None:
    for n in range(fallback.MOST_ATTEMPTS + 3):
        fell_back(MessageSid=f"SM{n}")
    assert (len(hanging), len(spool.waiting())) == (fallback.MOST_ATTEMPTS, fallback.MOST_ATTEMPTS + 3)


@pytest.mark.parametrize("broken", ["open", "fsync", "rename"])
def test_what_the_disk_does_not_take_is_to_be_sent_again(
    cast: Cast, away: None, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def full(*arguments: Any, **more: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if broken == "fsync" else Path, broken, full)
    assert fell_back().status_code == 503


def test_nothing_on_the_disk_can_be_read_without_a_root_key(cast: Cast, folder: Path) -> None:
    spool.append(a_text("my secret words"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    written = "".join(f"{path.name} {path.read_bytes().decode('latin-1')}" for path in files)
    assert files
    assert not [part for part in ("secret", A_NUMBER, A_NUMBER[2:], "SM1") if part in written]


def test_nobody_else_on_the_host_may_look_into_the_spool(cast: Cast, folder: Path) -> None:
    spool.append(a_text())
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o700}


def test_a_text_is_on_the_disk_with_its_name_before_it_is_acknowledged(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append(
            f"sync {Path(os.readlink(f'/proc/self/fd/{handle}')).relative_to(folder.parent).parts[:2]}"
        )
        fsync(handle)

    def renamed(path: Path, to: Path) -> Path:
        done.append("rename")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    spool.append(a_text())
    assert done == [
        "sync ('spool', 'tmp')",
        "rename",
        "sync ('spool', 'new')",
        "sync ('spool',)",
        "sync ()",
    ]


# --- draining ---------------------------------------------------------------------------------------------


def test_what_was_spooled_is_received_when_the_database_is_back(cast: Cast) -> None:
    spool.append(a_text("is anyone there"))
    assert (drain(), said(), spool.waiting()) == (1, ["is anyone there"], [])


def test_texts_are_received_in_the_order_in_which_they_came(cast: Cast) -> None:
    for n in range(12):
        spool.append(a_text(str(n), f"SM{n}"))
    drain()
    assert said() == [str(n) for n in range(12)]


def test_a_spooled_text_that_came_directly_too_is_stored_once(cast: Cast) -> None:
    spool.append(a_text(sid="SM7"))
    texted(MessageSid="SM7")
    drain()
    assert (said(), spool.waiting()) == (["hello"], [])


def test_two_that_drain_at_once_store_everything_once(cast: Cast) -> None:
    for n in range(6):
        spool.append(a_text(str(n), f"SM{n}"))
    at_once(2, drain)
    assert (sorted(said()), spool.waiting(), spool.bad()) == ([str(n) for n in range(6)], [], [])


def test_a_spooled_text_to_an_unknown_number_waits_for_its_line(cast: Cast) -> None:
    spool.append(Text("SM1", A_NUMBER, "80123", "anyone?"))
    drain()
    add_number(cast.line, "80123")
    while strays.receive_known():
        pass
    assert said() == ["anyone?"]


def test_nothing_is_tried_further_while_the_database_is_away(cast: Cast) -> None:
    for n in range(3):
        spool.append(a_text(str(n), f"SM{n}"))
    with pytest.raises(OperationalError), connection.execute_wrapper(Down()):
        spool.drain()
    assert len(spool.waiting()) == 3
    drain()
    assert said() == ["0", "1", "2"]


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def moved_to_another_name(path: Path) -> None:
    path.rename(path.with_name(f"{'0' * 20}.00000000-0000-4000-8000-000000000000"))


def unreadable(path: Path) -> None:
    path.unlink()
    path.mkdir()


def foreign(path: Path) -> None:
    path.rename(path.with_name("0000-notes-of-somebody.txt"))


def bad_alarms() -> int:
    return Alarm.objects.filter(code="spool_unreadable", cleared_at=None).count()


@pytest.mark.parametrize("harm", [damaged, cut, moved_to_another_name, unreadable, foreign])
def test_what_cannot_be_opened_is_put_aside_and_holds_up_nobody(cast: Cast, harm: Any) -> None:
    spool.append(a_text("lost", "SM1"))
    harm(spool.waiting()[0])
    spool.append(a_text("found", "SM2"))
    drain()
    assert (said(), len(spool.bad()), spool.waiting(), bad_alarms()) == (["found"], 1, [], 1)


@pytest.mark.parametrize("refusal", [ValueError("no"), DataError("no"), KeyError("no")])
def test_what_is_refused_is_put_aside_and_holds_up_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    receive = strays.receive

    def picky(text: Text, came_at: datetime) -> None:
        if text.words == "refused":
            raise refusal
        receive(text, came_at)

    monkeypatch.setattr(strays, "receive", picky)
    spool.append(a_text("refused", "SM1"))
    spool.append(a_text("taken", "SM2"))
    drain()
    assert (said(), len(spool.bad()), bad_alarms()) == (["taken"], 1, 1)


def test_a_person_whose_key_does_not_open_waits_and_holds_up_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.texts("hello")
    unopened = Conversation.objects.get().id
    sealer_for_words = keys.sealer_for_words

    def opens(owner: UUID, **more: bool) -> Sealer:
        if owner == unopened:
            raise TryAgain
        return sealer_for_words(owner, **more)

    monkeypatch.setattr(keys, "sealer_for_words", opens)
    Visitor.objects.update(fingerprint=fingerprints_of(A_NUMBER, cast.line.id)[0])
    spool.append(a_text("from the one", "SM1"))
    spool.append(Text("SM2", ANOTHER_NUMBER, SHORT_CODE, "from the other"))
    drain()
    assert (Receipt.objects.filter(provider_id="SM2").count(), len(spool.waiting())) == (1, 1)


def test_a_text_is_received_once_its_root_key_is_back(cast: Cast, settings: Any, folder: Path) -> None:
    ours, another = settings.VAULT_KEYS, Keyring.generate()
    settings.VAULT_KEYS = another
    spool.append(a_text())
    settings.VAULT_KEYS = ours
    drain()
    settings.VAULT_KEYS = f"{ours},{another}"
    for path in spool.bad():
        path.rename(folder / "new" / path.name)
    drain()
    spool.tidy()
    assert (said(), bad_alarms()) == (["hello"], 0)


def test_the_alarm_stays_while_there_is_something_to_mend(cast: Cast) -> None:
    spool.append(a_text())
    damaged(spool.waiting()[0])
    drain()
    spool.tidy()
    assert bad_alarms() == 1


def test_what_was_never_acknowledged_is_forgotten_after_an_hour(cast: Cast, folder: Path) -> None:
    spool.append(a_text())
    left = folder / "tmp" / "left"
    left.write_bytes(b"half")
    spool.tidy()
    assert left.exists()
    long_ago = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    os.utime(left, (long_ago, long_ago))
    spool.tidy()
    assert (left.exists(), len(spool.waiting())) == (False, 1)


def test_a_web_process_receives_what_came_to_its_own_host(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listens(host: str, port: int, ready: Callable[[], None]) -> None:
        ready()
        deadline = time.monotonic() + 10
        while spool.waiting() and time.monotonic() < deadline:
            time.sleep(0.02)

    monkeypatch.setattr(serve, "serve", listens)
    spool.append(a_text("is anyone there"))
    call_command("serve", stdout=StringIO())
    for thread in threading.enumerate():
        if thread.name in {"drain", "tidy"}:
            thread.join()
    assert said() == ["is anyone there"]


def test_a_start_on_the_disk_takes_no_stop_back_that_came_directly_after_it(cast: Cast) -> None:
    texted("STOP", MessageSid="SM1")
    spool.append(a_text("START", "SM2"))
    texted("START", MessageSid="SM3")
    texted("STOP", MessageSid="SM4")
    drain()
    assert Visitor.objects.get().stopped_at
