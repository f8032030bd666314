"""R-27: what staff did stands in a log that is only added to, and whatever is done to it is found."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import UUIDField
from django.utils import timezone
from pytest_django import Settings

from chatline.people import chain, triggers
from chatline.people.actions import audit
from chatline.people.models import AuditEntry, AuditHead, AuditLink
from chatline.vault import Keyring, Signer
from tests import servers
from tests.flows.races import threads

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

KEY = Keyring.generate()


@pytest.fixture(autouse=True)
def key(settings: Settings) -> None:
    settings.AUDIT_KEY, settings.AUDIT_HEADS = KEY, ""


@pytest.fixture
def log() -> int:
    """Ten entries, linked, and the head signed."""
    for number in range(10):
        audit(None, "watch", f"subject {number}", reason="test")
    chain.link_due(timezone.now())
    chain.sign_due(timezone.now())
    return 10


def findings(heads: list[chain.Head] | None = None) -> list[str]:
    told = chain.examine(chain.heads_kept() if heads is None else heads, [Signer(KEY).public], timezone.now())
    return list(told.findings)


def relink() -> None:
    """As an attacker would who has the database and our program, and not the key."""
    AuditLink.objects.all().delete()
    chain.link_due(timezone.now())


def changes_an_entry() -> None:
    AuditEntry.objects.filter(subject="subject 3").update(verb="join")


def takes_one_out() -> None:
    AuditEntry.objects.filter(subject="subject 3").delete()


def takes_one_out_with_its_link() -> None:
    entry = AuditEntry.objects.get(subject="subject 3")
    AuditLink.objects.filter(entry=entry.id).delete()
    entry.delete()


def swaps_two() -> None:
    first, second = AuditEntry.objects.order_by("id")[2:4]
    one, two = AuditLink.objects.get(entry=first.id), AuditLink.objects.get(entry=second.id)
    AuditLink.objects.filter(number=one.number).update(entry=0)
    AuditLink.objects.filter(number=two.number).update(entry=first.id)
    AuditLink.objects.filter(number=one.number).update(entry=second.id)


def puts_one_in() -> None:
    AuditEntry.objects.create(at=timezone.now(), verb="watch", subject="never was", detail={})
    chain.link_due(timezone.now())


def cuts_the_end() -> None:
    for entry in AuditEntry.objects.order_by("-id")[:2]:
        AuditLink.objects.filter(entry=entry.id).delete()
        entry.delete()


def copies_one_under_a_nonce_of_its_own() -> None:
    _copy("id", nonce=uuid4())


def copies_one_without_its_nonce() -> None:
    _copy("id", nonce=None)


def _copy(*left_out: str, **changed: object) -> None:
    kept = AuditEntry.objects.filter(subject="subject 3").values().get()
    AuditEntry.objects.bulk_create(
        [AuditEntry(**{k: v for k, v in (kept | changed).items() if k not in left_out})]
    )
    chain.link_due(timezone.now())


def writes_the_log_anew() -> None:
    changes_an_entry()
    relink()


def cuts_the_end_and_signs_by_another_key() -> None:
    cuts_the_end()
    last = AuditLink.objects.order_by("-number")[0]
    AuditHead.objects.exclude(number=0).delete()
    now = timezone.now()
    signature = Signer(Keyring.generate()).sign(chain._told(last.number, bytes(last.hash), now))
    AuditHead.objects.create(number=last.number, hash=last.hash, at=now, signature=signature)


TAMPERINGS = (
    changes_an_entry,
    takes_one_out,
    takes_one_out_with_its_link,
    swaps_two,
    puts_one_in,
    copies_one_under_a_nonce_of_its_own,
    copies_one_without_its_nonce,
    cuts_the_end,
    writes_the_log_anew,
    cuts_the_end_and_signs_by_another_key,
)


@pytest.mark.requirement("R-27")
@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_whatever_is_done_to_the_log_is_found(log: int, tamper: Callable[[], None]) -> None:
    assert findings() == []
    tamper()
    assert findings()


@pytest.fixture
def without_the_index() -> Iterator[None]:
    """As whoever owns the database may have it."""
    ours = AuditEntry._meta.get_field("nonce")
    loose = UUIDField(null=True)
    loose.set_attributes_from_name("nonce")
    loose.model = AuditEntry
    with connection.schema_editor() as schema:
        schema.alter_field(AuditEntry, ours, loose)
    yield
    AuditEntry.objects.all().delete()
    with connection.schema_editor() as schema:
        schema.alter_field(AuditEntry, loose, ours)


@pytest.mark.requirement("R-27")
def test_a_genuine_entry_that_stands_there_twice_is_found(log: int, without_the_index: None) -> None:
    _copy("id")
    first = AuditEntry.objects.filter(subject="subject 3").order_by("id")[0].id
    assert findings() == [f"an entry stands there 2 times, the first as {first}"]


@pytest.mark.breaks("R-27")
def test_without_its_nonce_a_copied_entry_would_not_be_found(
    log: int, without_the_index: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "_copied", lambda: iter(()))
    _copy("id")
    assert findings() == []


@pytest.mark.requirement("R-27")
def test_the_database_takes_no_copy_of_an_entry(log: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _copy("id")


@pytest.mark.breaks("R-27")
def test_without_hashes_a_changed_entry_would_not_be_found(log: int, monkeypatch: pytest.MonkeyPatch) -> None:
    changes_an_entry()
    kept = iter(bytes(one.hash) for one in AuditLink.objects.order_by("number"))
    monkeypatch.setattr(chain, "hash_of", lambda *_: next(kept))
    monkeypatch.setattr(chain, "is_ours", lambda row: True)
    assert findings() == []


@pytest.mark.breaks("R-27")
def test_without_signed_heads_a_log_that_was_cut_would_not_be_found(log: int) -> None:
    cuts_the_end()
    assert findings(heads=[]) == []


@pytest.mark.requirement("R-27")
def test_a_head_kept_elsewhere_finds_what_the_database_no_longer_tells(
    log: int, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AUDIT_HEADS = str(tmp_path / "heads")
    audit(None, "watch", "the last")
    chain.link_due(timezone.now())
    chain.sign_due(timezone.now() + timedelta(hours=2))
    cuts_the_end()
    AuditHead.objects.exclude(number=0).delete()
    call_command("verifyaudit")
    with pytest.raises(SystemExit):
        call_command("verifyaudit", heads=tmp_path / "heads")
    assert "the log was cut: 11 entries were signed, 9 are there" in capsys.readouterr().out


@pytest.mark.requirement("R-27")
def test_heads_from_elsewhere_stand_beside_those_of_the_database(log: int, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(chain.written(AuditHead.objects.get(number=log)) + "\n")
    audit(None, "watch", "the last")
    chain.link_due(timezone.now())
    chain.sign_due(timezone.now() + timedelta(hours=2))
    cuts_the_end()
    with pytest.raises(SystemExit):
        call_command("verifyaudit", heads=tmp_path / "heads")


@pytest.mark.requirement("R-27")
def test_whoever_is_outside_verifies_with_the_public_half_alone(
    log: int, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AUDIT_KEY = ""
    call_command("verifyaudit", public_key=[Signer(KEY).public])
    assert "nobody asked who wrote the entries" in capsys.readouterr().out
    changes_an_entry()
    with pytest.raises(SystemExit):
        call_command("verifyaudit", public_key=[Signer(KEY).public])


@pytest.mark.requirement("R-27")
def test_the_key_is_changed_and_what_was_written_under_the_old_one_stays_ours(
    log: int, settings: Settings
) -> None:
    settings.AUDIT_KEY = f"{Keyring.generate()}, {KEY}"
    audit(None, "watch", "under the new key")
    chain.link_due(timezone.now())
    chain.sign_due(timezone.now() + timedelta(hours=2))
    call_command("verifyaudit")
    settings.AUDIT_KEY = settings.AUDIT_KEY.split(",")[0]
    with pytest.raises(SystemExit):
        call_command("verifyaudit")


def test_a_head_that_could_not_be_kept_elsewhere_is_kept_with_the_next(
    log: int, settings: Settings, tmp_path: Path
) -> None:
    for hours, file in ((2, tmp_path / "away" / "heads"), (4, tmp_path / "heads")):
        settings.AUDIT_HEADS = str(file)
        audit(None, "watch", "one more")
        chain.link_due(timezone.now())
        chain.sign_due(timezone.now() + timedelta(hours=hours))
    kept = [chain.Head.read(line).number for line in (tmp_path / "heads").read_text().splitlines()]
    assert kept == [log, log + 1, log + 2]


def test_an_entry_with_a_very_high_id_holds_up_none_that_follows(log: int) -> None:
    _copy(id=AuditEntry.objects.latest("id").id + 100_000, nonce=uuid4())
    entry = AuditEntry(at=timezone.now(), verb="watch", subject="later", detail={})
    entry.id = AuditEntry.objects.earliest("id").id + 50_000
    entry.mac = chain.mac_of(entry)
    entry.save(force_insert=True)
    chain.link_due(timezone.now())
    assert not chain.unlinked().exists()


def test_an_entry_that_more_than_a_thousand_overtook_is_linked_in_the_end(
    log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "LATE", 2)
    late = AuditEntry.objects.get(subject="subject 3")
    AuditLink.objects.filter(entry=late.id).delete()
    assert not chain.link_due(timezone.now())
    assert chain.link_overtaken(timezone.now())
    assert not chain.unlinked().exists()


def test_a_file_without_heads_is_no_file_of_heads(log: int, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text("")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verifyaudit", heads=tmp_path / "heads")


def test_the_public_half_is_printed_and_a_file_that_holds_no_heads_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verifyaudit", public=True)
    assert capsys.readouterr().out.strip() == Signer(KEY).public
    (tmp_path / "heads").write_text("nonsense\n")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verifyaudit", heads=tmp_path / "heads")


def test_a_head_is_signed_at_most_once_an_hour_and_only_if_something_was_added(log: int) -> None:
    now = timezone.now()
    assert not chain.sign_due(now)
    assert not chain.sign_due(now + timedelta(hours=2))
    audit(None, "watch", "one more")
    chain.link_due(now)
    assert not chain.sign_due(now)
    assert chain.sign_due(now + timedelta(hours=2))


def test_an_entry_that_no_worker_linked_is_found_after_a_while(log: int) -> None:
    audit(None, "watch", "one more")
    assert findings() == []
    later = timezone.now() + timedelta(minutes=6)
    assert chain.examine([], [Signer(KEY).public], later).findings


@pytest.mark.requirement("R-27")
def test_workers_that_link_at_once_make_one_chain_without_a_gap() -> None:
    for number in range(60):
        audit(None, "watch", f"subject {number}")
    with threads(6) as workers:
        told = workers.at_once([lambda: chain.link_due(timezone.now())] * 6)
    assert not [one for one in told if isinstance(one, Exception)]
    assert list(AuditLink.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 61))
    assert findings() == []


@pytest.mark.requirement("R-27")
def test_a_long_log_is_read_in_a_time_that_would_do_for_a_million(
    record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "BATCH", MANY)
    entries = [AuditEntry(at=timezone.now(), verb="watch", subject=str(n), detail={}) for n in range(MANY)]
    for one in entries:
        one.mac = chain.mac_of(one)
    AuditEntry.objects.bulk_create(entries, batch_size=5_000)
    chain.link_due(timezone.now())
    chain.sign_due(timezone.now())
    began = time.process_time()
    assert findings() == []
    seconds = (time.process_time() - began) * 1_000_000 / MANY
    record_property("figure", f"{MANY} entries verified; a million would take {seconds:.0f} s of one core")
    assert seconds < 60 * 5


MANY = 20_000


# --- what the database refuses ------------------------------------------------------------------------------


@pytest.fixture
def refusing() -> Iterator[None]:
    triggers.install(connection)
    yield
    triggers.remove(connection)


@pytest.mark.requirement("R-27")
@pytest.mark.parametrize("change", [changes_an_entry, takes_one_out, takes_one_out_with_its_link])
def test_the_database_refuses_to_change_an_entry(
    log: int, refusing: None, change: Callable[[], None]
) -> None:
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        change()
    audit(None, "watch", "one more")
    assert findings() == []


@pytest.mark.requirement("R-27")
def test_a_database_that_was_only_migrated_refuses(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Tests take the triggers away, so this one asks a database that they never saw, without any of our code."""
    if connection.vendor == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    else:
        url = f"sqlite:////{tmp_path}/fresh.sqlite3"
    environment = servers.environment(tmp_path / "data", database_url=url)
    servers.run("migrate", environment=environment)
    servers.run("demodata", environment=environment)
    to = (
        psycopg.connect(url, autocommit=True)
        if connection.vendor == "postgresql"
        else sqlite3.connect(url[11:])
    )
    with closing(to) as line:
        assert list(line.execute("SELECT * FROM people_auditentry")), "there is something to refuse for"
        for statement in REFUSED[connection.vendor]:
            with pytest.raises((psycopg.Error, sqlite3.Error), match="only added to"):
                line.execute(statement)


REFUSED = {
    "postgresql": [
        "UPDATE people_auditentry SET verb = 'other'",
        "DELETE FROM people_auditentry",
        "TRUNCATE people_auditentry",
        "TRUNCATE people_auditlink",
        "TRUNCATE people_audithead",
        "INSERT INTO people_auditentry SELECT * FROM people_auditentry ON CONFLICT (id) DO UPDATE SET verb = 'other'",
    ],
    "sqlite": [
        "UPDATE people_auditentry SET verb = 'other'",
        "DELETE FROM people_auditentry",
        "INSERT OR REPLACE INTO people_auditentry SELECT * FROM people_auditentry",
        "REPLACE INTO people_auditentry (id, at, verb, subject, detail, mac, nonce) "
        "SELECT id + 900, at, 'other', subject, detail, mac, nonce FROM people_auditentry",
    ],
}


@pytest.mark.breaks("R-27")
def test_without_its_triggers_the_database_would_not_refuse(log: int) -> None:
    changes_an_entry()
    assert AuditEntry.objects.filter(verb="join").exists()
