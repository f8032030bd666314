"""The audit log as a chain: each entry's link holds a hash over the entry and the link before, and heads are signed.

An entry is written in the transaction of what it tells about, and linked right after by a worker. Links are made one
after the other under a lock of their own, so that no verb ever waits for the log, and two that hold other locks cannot
wait for each other here. Until it is linked, a second or so, an entry is only counted.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chatline.people.models import AuditEntry, AuditHead, AuditLink
from chatline.vault import Signer, Tampered, verify_signature

BATCH = 500
LATE = 1_000
"""Entries that may be written between the beginning and the end of one verb's transaction."""

SIGN_EVERY = timedelta(hours=1)
LINKED_WITHIN = timedelta(minutes=5)
"""An entry without a link for so long is itself a finding: the workers stand, or somebody slipped it in."""

ORIGIN = bytes(32)
"""What stands for the link before the first."""


class Row(NamedTuple):
    """An entry as it is hashed."""

    id: int
    at: datetime
    actor: object
    verb: str
    subject: str
    detail: dict[str, Any]
    mac: bytes


FIELDS = Row._fields


def hash_of(before: bytes, row: Row) -> bytes:
    """SHA-256 over the hash before, the entry's id, and the entry."""
    return hashlib.sha256(before + row.id.to_bytes(8, "big") + _canonical(row) + bytes(row.mac)).digest()


def mac_of(entry: AuditEntry | Row) -> bytes:
    """Whoever has the database alone cannot make one: HMAC-SHA-256 under a key of this installation."""
    return hmac.digest(_mac_key(settings.AUDIT_KEY), _canonical(entry), "sha256")


@lru_cache(maxsize=4)
def _mac_key(written: str) -> bytes:
    return hashlib.sha256(b"chatline audit entries" + written.encode()).digest()


def _canonical(entry: AuditEntry | Row) -> bytes:
    """The entry as JSON with sorted keys, its time in UTC to the microsecond."""
    told = [entry.at.astimezone(UTC).isoformat(), str(entry.actor), entry.verb, entry.subject, entry.detail]
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


# --- linking and signing, by the dispatcher -----------------------------------------------------------------


def unlinked(after: int = 0) -> QuerySet[AuditEntry]:
    """Entries beyond this id without a link."""
    links = AuditLink.objects.filter(entry=OuterRef("id"))
    return AuditEntry.objects.filter(~Exists(links), id__gt=after).order_by("id")


def link_due(now: datetime) -> bool:
    """Links what is not yet; true if there was anything. Any number of workers may run it."""
    after = _looked_at()
    if not unlinked(after).exists():
        return False
    with transaction.atomic():
        last = _locked_last()
        number, before = (last.number, bytes(last.hash)) if last else (0, ORIGIN)
        made = []
        for row in map(Row._make, unlinked(after).values_list(*FIELDS)[:BATCH]):
            number, before = number + 1, hash_of(before, row)
            made.append(AuditLink(number=number, entry=row.id, hash=before))
        AuditLink.objects.bulk_create(made)
    return bool(made)


def _looked_at() -> int:
    """The id up to which everything is linked, but for a verb that took so long that others overtook it by `LATE`."""
    last = AuditLink.objects.order_by("-number").values_list("entry", flat=True).first()
    return max((last or 0) - LATE, 0)


def _locked_last() -> AuditLink | None:
    """The last link, with nobody else linking: the first head, made at the beginning, is what is locked."""
    AuditHead.objects.get_or_create(
        number=0, defaults={"at": timezone.now(), "hash": ORIGIN, "signature": b""}
    )
    list(AuditHead.objects.select_for_update().filter(number=0))
    return AuditLink.objects.order_by("-number").first()


def sign_due(now: datetime) -> bool:
    """Signs the head an hour after the last one, if anything was linked since; also into `AUDIT_HEADS`."""
    if not settings.AUDIT_KEY:
        return False
    latest = AuditHead.objects.order_by("-number").first()
    if latest and latest.number and latest.at > now - SIGN_EVERY:
        return False
    with transaction.atomic():
        last = _locked_last()
        if last is None or AuditHead.objects.filter(number=last.number).exists():
            return False
        signature = Signer(settings.AUDIT_KEY).sign(_told(last.number, bytes(last.hash), now))
        head = AuditHead.objects.create(number=last.number, hash=last.hash, at=now, signature=signature)
    if settings.AUDIT_HEADS:
        with Path(settings.AUDIT_HEADS).open("a", encoding="utf-8") as heads:
            heads.write(written(head) + "\n")
    return True


def _told(number: int, hash_: bytes, at: datetime) -> bytes:
    return json.dumps(["chatline audit head", number, hash_.hex(), at.astimezone(UTC).isoformat()]).encode()


def written(head: AuditHead) -> str:
    """A head as one line, to be kept on another host."""
    parts = {"number": head.number, "hash": bytes(head.hash).hex(), "signature": bytes(head.signature).hex()}
    return json.dumps({**parts, "at": head.at.astimezone(UTC).isoformat()})


# --- verifying ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """A signed claim that the chain had `number` links, the last of which was `hash`."""

    number: int
    hash: bytes
    at: datetime
    signature: bytes

    @classmethod
    def read(cls, line: str) -> "Head":
        """From `written`. Raises ValueError or KeyError for what is none."""
        told = json.loads(line)
        hash_, signature = bytes.fromhex(told["hash"]), bytes.fromhex(told["signature"])
        return cls(int(told["number"]), hash_, datetime.fromisoformat(told["at"]), signature)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`findings` are in plain words, the first ones first; none means that nothing was changed. `links` were read."""

    links: int
    heads: int
    unlinked: int
    findings: Sequence[str]


def heads_kept() -> list[Head]:
    """Those in the database."""
    rows = AuditHead.objects.filter(number__gt=0).order_by("number")
    return [Head(one.number, bytes(one.hash), one.at, bytes(one.signature)) for one in rows]


def examine(
    heads: Iterable[Head], public: str, now: datetime, say: Callable[[int], None] = lambda _: None
) -> Verdict:
    """Walks the whole chain, and compares it with signed `heads`; `say` is told every so often how many were read.

    Finds an entry that was changed, taken out or moved, one that was made up, and what is missing at the end, as far
    as a head was signed after it. It does not find a copy of a genuine entry; deploy/decisions/0026 lists what else.
    Whoever has the database and the key can write a log of their own, up to the last head that is kept elsewhere.
    """
    claims = {head.number: head for head in heads}
    findings = [
        f"the head at {head.number} was not signed by this line"
        for head in claims.values()
        if _forged(head, public)
    ]
    before, count, sealed = ORIGIN, 0, False
    for number, entry, hash_, row in _chain():
        count += 1
        if number != count:
            findings.append(f"link {count} is missing; {number} follows")
            count = number
        if row is None:
            findings.append(f"entry {entry} was taken out")
        elif hash_of(before, row) != hash_:
            findings.append(f"entry {entry} was changed, moved or put in")
        elif (row.mac or sealed) and not hmac.compare_digest(bytes(row.mac), mac_of(row)):
            findings.append(f"entry {entry} was not written by this line")
        sealed = sealed or bool(row and row.mac)
        before = hash_
        claim = claims.pop(number, None)
        if claim and claim.hash != hash_:
            findings.append(
                f"entry {entry} is not what stood there at {claim.at:%Y-%m-%d %H:%M} UTC, when it was signed"
            )
        if count % 100_000 == 0:
            say(count)
    findings += [
        f"the log was cut: {number} entries were signed, {count} are there"
        for number in claims
        if number > count
    ]
    late = unlinked().filter(at__lt=now - LINKED_WITHIN).count()
    if late:
        findings.append(f"{late} entries are older than five minutes and in no chain")
    return Verdict(count, len(list(claims)), unlinked().count(), findings)


def _forged(head: Head, public: str) -> bool:
    try:
        verify_signature(public, _told(head.number, head.hash, head.at), head.signature)
    except Tampered:
        return True
    return False


def _chain() -> Iterator[tuple[int, int, bytes, Row | None]]:
    """Every link in order, with its entry: two readings side by side would need the same order, so in pieces."""
    links = AuditLink.objects.order_by("number").values_list("number", "entry", "hash")
    piece: list[tuple[int, int, bytes]] = []
    for number, entry, hash_ in links.iterator(chunk_size=PIECE):
        piece.append((number, entry, bytes(hash_)))
        if len(piece) == PIECE:
            yield from _with_entries(piece)
            piece = []
    yield from _with_entries(piece)


PIECE = 5_000


def _with_entries(piece: Sequence[tuple[int, int, bytes]]) -> Iterator[tuple[int, int, bytes, Row | None]]:
    if not piece:
        return
    ids = [entry for _, entry, _ in piece]
    rows = {row[0]: Row._make(row) for row in AuditEntry.objects.filter(id__in=ids).values_list(*FIELDS)}
    for number, entry, hash_ in piece:
        yield number, entry, hash_, rows.get(entry)
