"""R-08: what was forgotten stays so, also for whoever has yesterday's backup and today's keys."""

import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from psycopg import sql

from chatline.conversations import key_backups, keys, leaving, retention
from chatline.conversations.models import Conversation, Delivery, Epoch, Key, Message, Visitor
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import Medium, State
from chatline.people.models import Alarm, AuditEntry
from tests import services
from tests.cast import Cast
from tests.sms.network import texted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


def ordinary_backup() -> str:
    """The messages as a dump holds them; the table of keys is left out."""
    return str(serializers.serialize("json", Message.objects.all()))


def restore(backup: str) -> None:
    Message.objects.all().delete()
    for row in serializers.deserialize("json", backup):
        row.save()


def reads(conversation: Conversation) -> str:
    """The first words of it. Raises Forgotten."""
    keys.forget_opened()
    message = Message.objects.filter(conversation=conversation).order_by("seq")[0]
    place = place_of_text(conversation.id, message.seq)
    return keys.sealer(conversation.id).unseal(bytes(message.text_sealed), place)


@pytest.fixture
def talked(cast: Cast) -> Iterator[Conversation]:
    conversation = cast.talks()
    assert reads(conversation) == "hello"
    yield conversation
    keys.forget_opened()


def erase(cast: Cast, conversation: Conversation) -> None:
    with transaction.atomic():
        leaving.erase(conversation.visitor_id)


@pytest.mark.requirement("R-08")
def test_yesterdays_backup_and_todays_keys_do_not_open_what_was_erased(
    cast: Cast, talked: Conversation, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    yesterday = ordinary_backup()
    before = (Message.objects.count(), AuditEntry.objects.count())
    erase(cast, talked)
    today = key_backups.back_up(tmp_path, FIRST + DAY)
    restore(yesterday)
    Key.objects.all().delete()
    key_backups.restore(today, timezone.now())
    with pytest.raises(keys.Forgotten):
        reads(talked)
    record_property("figure", f"{before[0]} of {Message.objects.count()} rows of messages restored, 0 opened")
    assert Message.objects.count() == before[0]
    assert AuditEntry.objects.count() >= before[1]


@pytest.mark.requirement("R-08")
def test_after_two_days_no_kept_backup_of_keys_opens_what_was_erased(
    cast: Cast, talked: Conversation, tmp_path: Path
) -> None:
    key_backups.back_up(tmp_path, FIRST)
    erase(cast, talked)
    for days in (1, 2):
        key_backups.back_up(tmp_path, FIRST + days * DAY)
    files = key_backups.kept(tmp_path)
    assert len(files) == key_backups.KEPT
    assert not any(str(talked.id) in file.read_text() for file in files)


@pytest.mark.breaks("R-08")
def test_a_backup_that_was_kept_longer_would_open_it(
    cast: Cast, talked: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_backups, "KEPT", 3)
    backup = ordinary_backup()
    first = key_backups.back_up(tmp_path, FIRST)
    erase(cast, talked)
    for days in (1, 2):
        key_backups.back_up(tmp_path, FIRST + days * DAY)
    restore(backup)
    key_backups.restore(first, timezone.now())
    assert reads(talked) == "hello"


@pytest.mark.requirement("R-08")
def test_what_a_backup_that_died_halfway_left_is_removed_by_the_next(
    cast: Cast, talked: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise OSError("the process died here")

    with monkeypatch.context() as dying:
        dying.setattr(Path, "rename", dies)
        with pytest.raises(OSError, match="died here"):
            key_backups.back_up(tmp_path, FIRST)
    assert list(tmp_path.glob("*.part"))
    erase(cast, talked)
    key_backups.back_up(tmp_path, FIRST + DAY)
    assert not any(str(talked.id) in file.read_text() for file in tmp_path.iterdir())


@pytest.mark.breaks("R-08")
def test_it_is_caught_when_erasing_leaves_the_key(
    cast: Cast,
    talked: Conversation,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "destroy", lambda owners: None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_yesterdays_backup_and_todays_keys_do_not_open_what_was_erased(
            cast, talked, tmp_path, record_property
        )


@pytest.mark.requirement("R-08")
def test_a_text_that_the_provider_sends_again_after_an_erasure_is_still_known(cast: Cast) -> None:
    texted("hello", MessageSid="SM1")
    with transaction.atomic():
        leaving.erase(Visitor.objects.get().id)
    count = Message.objects.count()
    texted("hello", MessageSid="SM1")
    assert (Message.objects.count(), Conversation.objects.filter(erased_at=None).count()) == (count, 0)


def test_a_line_restored_with_its_keys_reads_on(cast: Cast, talked: Conversation, tmp_path: Path) -> None:
    file = key_backups.back_up(tmp_path, FIRST)
    Key.objects.all().delete()
    assert key_backups.restore(file, timezone.now()) >= 1
    assert reads(talked) == "hello"


def test_a_backup_of_keys_is_for_its_owner_alone(cast: Cast, talked: Conversation, tmp_path: Path) -> None:
    file = key_backups.back_up(tmp_path / "keys", FIRST)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_no_backup_of_keys_is_refused_and_changes_nothing(
    cast: Cast, talked: Conversation, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text('["x"]\n')
    before = Key.objects.count()
    with pytest.raises(CommandError, match="no backup of keys"):
        call_command("keybackup", restore=tmp_path / "file")
    assert Key.objects.count() == before


def test_a_month_that_was_begun_after_the_restore_does_not_keep_old_keys_out(
    cast: Cast, talked: Conversation, tmp_path: Path
) -> None:
    file = key_backups.back_up(tmp_path, FIRST)
    Key.objects.all().delete()
    Epoch.objects.all().delete()
    new = cast.visits("hello again", "somebody new").stored
    assert new
    key_backups.restore(file, timezone.now())
    assert reads(talked) == "hello"
    assert reads(Conversation.objects.get(id=new.conversation)) == "hello again"


@pytest.mark.requirement("R-08")
def test_a_month_that_was_destroyed_comes_back_from_no_backup_of_later(
    cast: Cast, talked: Conversation, tmp_path: Path
) -> None:
    erase(cast, talked)
    Epoch.objects.update(wrapped=None, destroyed_at=FIRST)
    file = key_backups.back_up(tmp_path, FIRST + DAY)
    Epoch.objects.all().delete()
    key_backups.restore(file, timezone.now())
    assert list(Epoch.objects.values_list("wrapped", "destroyed_at")) == [(None, FIRST)]


@pytest.mark.requirement("R-08")
def test_ordinary_backups_leave_out_the_tables_that_the_command_names(
    postgres: services.Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("keybackup", tables=True)
    named = capsys.readouterr().out.strip()
    everything = (Message._meta.db_table, *key_backups.TABLES)
    with psycopg.connect(url := postgres.new_database()) as connection:
        for table in everything:
            connection.execute(sql.SQL("create table {} as select 1").format(sql.Identifier(table)))
    dump = [str(services.binaries() / "pg_dump"), f"--exclude-table-data={named}", url]
    dumped = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    assert [table for table in everything if f"COPY public.{table} " in dumped] == [Message._meta.db_table]


# --- the daily proof ----------------------------------------------------------------------------------------


def alarms() -> list[str]:
    return list(Alarm.objects.filter(cleared_at=None, code="not_forgotten").values_list("subject", flat=True))


@pytest.mark.requirement("R-08")
def test_a_key_that_outlives_its_promise_is_an_alarm_until_it_is_destroyed(
    cast: Cast, talked: Conversation
) -> None:
    now = timezone.now()
    old = now - timedelta(days=cast.line.keep_words_days + 2)
    Conversation.objects.update(state=State.CLOSED, closed_at=old, close_reason="done")
    retention.prove_forgotten(now)
    assert alarms() == ["demo"]
    while retention.forget_due(now):
        pass
    retention.prove_forgotten(now)
    assert alarms() == []


@pytest.mark.requirement("R-08")
def test_a_row_that_says_forgotten_while_its_key_is_there_is_found(cast: Cast, talked: Conversation) -> None:
    now = timezone.now()
    old = now - timedelta(days=cast.line.keep_words_days + 2)
    Conversation.objects.update(state=State.CLOSED, closed_at=old, erased_at=old)
    assert not retention.forget_due(now)
    retention.prove_forgotten(now)
    assert alarms() == ["demo"]


@pytest.mark.requirement("R-08")
def test_a_number_that_outlives_its_promise_is_found(cast: Cast) -> None:
    conversation = cast.talks(medium=Medium.SMS)
    now = timezone.now()
    old = now - timedelta(hours=cast.line.keep_number_hours + 30)
    Delivery.objects.all().delete()
    Conversation.objects.filter(id=conversation.id).update(state=State.CLOSED, closed_at=old)
    Visitor.objects.update(created_at=old, number_sealed=None)
    assert Key.objects.filter(owner=conversation.visitor_id).exists()
    retention.prove_forgotten(now)
    assert alarms() == ["demo"]
