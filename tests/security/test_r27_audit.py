"""R-27: what staff did stands in a chained log; what is not found yet stands in decision 0026."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from chatline.people import chain, triggers
from chatline.people.actions import audit
from chatline.people.models import AuditEntry, AuditHead, AuditLink
from chatline.vault import Keyring, Signer
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
    told = chain.examine(chain.heads_kept() if heads is None else heads, Signer(KEY).public, timezone.now())
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


@pytest.mark.breaks("R-27")
def test_without_hashes_a_changed_entry_would_not_be_found(log: int, monkeypatch: pytest.MonkeyPatch) -> None:
    changes_an_entry()
    kept = iter(bytes(one.hash) for one in AuditLink.objects.order_by("number"))
    monkeypatch.setattr(chain, "hash_of", lambda *_: next(kept))
    monkeypatch.setattr(chain, "mac_of", lambda row: bytes(row.mac))
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
    assert chain.examine([], Signer(KEY).public, later).findings


@pytest.mark.requirement("R-27")
def test_workers_that_link_at_once_make_one_chain_without_a_gap() -> None:
    for number in range(60):
        audit(None, "watch", f"subject {number}")
    with threads(6) as workers:
        told = workers.at_once([lambda: chain.link_due(timezone.now())] * 6)
    assert not [one for one in told if isinstance(one, Exception)]
    assert list(AuditLink.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 61))
    assert findings() == []


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


@pytest.mark.breaks("R-27")
def test_without_its_triggers_the_database_would_not_refuse(log: int) -> None:
    changes_an_entry()
    assert AuditEntry.objects.filter(verb="join").exists()
