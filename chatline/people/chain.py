"""The audit log as a chain: each entry's link holds a hash over the entry and the link before, and heads are signed.

An entry is written in the transaction of what it tells about, and linked right after by a worker. Links are made one
after the other under a lock of their own, so that no verb ever waits for the log, and two that hold other locks cannot
wait for each other here. Until it is linked, a second or so, an entry is only counted.
"""

import hashlib
import hmac
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone

from chatline.people.models import AuditEntry, AuditHead, AuditLink
from chatline.vault import Tampered, signers, verify_signature

log = logging.getLogger(__name__)

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
    nonce: UUID | None
    mac: bytes


FIELDS = Row._fields


def hash_of(before: bytes, row: Row) -> bytes:
    """SHA-256 over the hash before, the entry's id, and the entry."""
    return hashlib.sha256(before + row.id.to_bytes(8, "big") + _canonical(row) + bytes(row.mac)).digest()


def mac_of(entry: AuditEntry | Row) -> bytes:
    """Whoever has the database alone cannot make one: HMAC-SHA-256 under the first key of this installation."""
    return hmac.digest(_mac_keys(settings.AUDIT_KEY)[0], _canonical(entry), "sha256")


def is_ours(row: Row) -> bool:
    """Whether it was written by this line, under any of its keys."""
    told = _canonical(row)
    return any(
        hmac.compare_digest(bytes(row.mac), hmac.digest(key, told, "sha256"))
        for key in _mac_keys(settings.AUDIT_KEY)
    )


@lru_cache(maxsize=4)
def _mac_keys(written: str) -> list[bytes]:
    keys = [one.strip() for one in written.split(",")]
    return [hashlib.sha256(b"chatline audit entries" + key.encode()).digest() for key in keys]


def _canonical(entry: AuditEntry | Row) -> bytes:
    """The entry as JSON with sorted keys, its time in UTC to the microsecond."""
    told = [entry.at.astimezone(UTC).isoformat(), str(entry.actor), entry.verb, entry.subject, entry.detail]
    if entry.nonce:  # those of before have none
        told.append(entry.nonce.hex)
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


# --- linking and signing, by the dispatcher -----------------------------------------------------------------


def unlinked(after: int = 0) -> QuerySet[AuditEntry]:
    """Entries beyond this id without a link."""
    links = AuditLink.objects.filter(entry=OuterRef("id"))
    return AuditEntry.objects.filter(~Exists(links), id__gt=after).order_by("id")


def link_due(now: datetime) -> bool:
    """Links what is not yet; true if there was anything. Any number of workers may run it."""
    return _link(_looked_at())


def link_overtaken(now: datetime) -> bool:
    """The same for every entry there is: a verb may take so long that more than `LATE` others overtake it."""
    return _link(after=0)


def _link(after: int) -> bool:
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
    """The id up to which everything is linked, but for what `link_overtaken` finds.

    The lowest of the latest ids, because a single high one must not hide all that follow.
    """
    last = AuditLink.objects.aggregate(last=Max("number"))["last"] or 0
    lowest = AuditLink.objects.filter(number__gt=last - LATE).aggregate(lowest=Min("entry"))["lowest"]
    return max((lowest or 0) - 1, 0)


def _locked_last() -> AuditLink | None:
    """The last link, with nobody else linking: the first head, made at the beginning, is what is locked."""
    AuditHead.objects.get_or_create(
        number=0, defaults={"at": timezone.now(), "hash": ORIGIN, "signature": b""}
    )
    list(AuditHead.objects.select_for_update().filter(number=0))
    return AuditLink.objects.order_by("-number").first()


def sign_due(now: datetime) -> bool:
    """Signs the head an hour after the last one, if anything was linked since, and keeps it in `AUDIT_HEADS` as well.

    What could not be written there, by a disk that is full or away, is written with the next one.
    """
    if not settings.AUDIT_KEY:
        return False
    latest = AuditHead.objects.order_by("-number").first()
    if latest and latest.number and latest.at > now - SIGN_EVERY:
        return False
    with transaction.atomic():
        last = _locked_last()
        if last is None or AuditHead.objects.filter(number=last.number).exists():
            return False
        signature = signers(settings.AUDIT_KEY)[0].sign(_told(last.number, bytes(last.hash), now))
        AuditHead.objects.create(number=last.number, hash=last.hash, at=now, signature=signature)
    if settings.AUDIT_HEADS:
        _keep_elsewhere(Path(settings.AUDIT_HEADS))
    return True


def _keep_elsewhere(file: Path) -> None:
    """Adds what the file does not hold yet. A fault there holds nothing up: the database has every head too."""
    try:
        there = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        last = max((Head.read(line).number for line in there if line), default=0)
        with file.open("a", encoding="utf-8") as heads:
            for head in AuditHead.objects.filter(number__gt=last).order_by("number"):
                heads.write(written(head) + "\n")
    except (OSError, ValueError, KeyError) as fault:
        log.error("audit_heads_not_kept kind=%s", type(fault).__name__)


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
    """`findings` are in plain words; none means that nothing was changed. `links` and `heads` were compared.

    `written_here` is false where no key was given, so that nobody asked who wrote the entries.
    """

    links: int
    heads: int
    unlinked: int
    findings: Sequence[str]
    written_here: bool = True


def heads_kept() -> list[Head]:
    """Those in the database."""
    rows = AuditHead.objects.filter(number__gt=0).order_by("number")
    return [Head(one.number, bytes(one.hash), one.at, bytes(one.signature)) for one in rows]


def examine(
    heads: Sequence[Head], publics: Sequence[str], now: datetime, say: Callable[[int], None] = lambda _: None
) -> Verdict:
    """Walks the whole chain, and compares it with signed `heads`; `say` is told every so often how many were read.

    Finds an entry that was changed, taken out, moved, copied or made up, and what is missing at the end, as far as a
    head was signed after it by a key behind one of `publics`. Without `AUDIT_KEY` it cannot tell who wrote an entry,
    and compares hashes and heads alone. Whoever has the database and the key can write a log of their own, up to the
    last head that is kept elsewhere; deploy/decisions/0026 says what else is not found.
    """
    findings = [
        f"the head at {head.number} was not signed by this line" for head in heads if _forged(head, publics)
    ]
    claims = defaultdict(list)
    for head in heads:
        claims[head.number].append(head)
    findings += [f"an entry stands there {times} times, the first as {entry}" for entry, times in _copied()]
    walk = _Walk(findings, claims)
    for number, entry, hash_, row in _chain():
        walk.step(number, entry, hash_, row)
        if walk.count % 100_000 == 0:
            say(walk.count)
    findings += [
        f"the log was cut: {number} entries were signed, {walk.count} are there"
        for number in sorted(claims)
        if number > walk.count
    ]
    late = unlinked().filter(at__lt=now - LINKED_WITHIN).count()
    if late:
        findings.append(f"{late} entries are older than five minutes and in no chain")
    return Verdict(walk.count, len(heads), unlinked().count(), findings, bool(settings.AUDIT_KEY))


@dataclass(slots=True)
class _Walk:
    """Where a reading of the chain stands."""

    findings: list[str]
    claims: Mapping[int, Sequence[Head]]
    count: int = 0
    before: bytes = ORIGIN
    macs: bool = False
    nonces: bool = False

    def step(self, number: int, entry: int, hash_: bytes, row: Row | None) -> None:
        self.count += 1
        if number != self.count:
            self.findings.append(f"link {self.count} is missing; {number} follows")
            self.count = number
        if fault := self._fault(entry, hash_, row):
            self.findings.append(fault)
        self.before = hash_
        self.findings += [
            f"entry {entry} is not what stood there at {one.at:%Y-%m-%d %H:%M} UTC, when it was signed"
            for one in self.claims.get(number, ())
            if one.hash != hash_
        ]

    def _fault(self, entry: int, hash_: bytes, row: Row | None) -> str | None:
        if row is None:
            return f"entry {entry} was taken out"
        # Those of before have no MAC, then no nonce; none that comes later may go without.
        bare = (self.macs and not row.mac) or (self.nonces and not row.nonce)
        self.macs, self.nonces = self.macs or bool(row.mac), self.nonces or bool(row.nonce)
        if hash_of(self.before, row) != hash_:
            return f"entry {entry} was changed, moved or put in"
        if settings.AUDIT_KEY and (bare or (row.mac and not is_ours(row))):
            return f"entry {entry} was not written by this line"
        return None


def _copied() -> Iterator[tuple[int, int]]:
    """Entries that stand there more than once, which the database refuses by itself: the first id, and how often."""
    again = (
        AuditEntry.objects.exclude(nonce=None).values("nonce").annotate(times=Count("id"), first=Min("id"))
    )
    yield from again.filter(times__gt=1).values_list("first", "times")


def _forged(head: Head, publics: Sequence[str]) -> bool:
    return not any(_signed_by(public, head) for public in publics)


def _signed_by(public: str, head: Head) -> bool:
    try:
        verify_signature(public, _told(head.number, head.hash, head.at), head.signature)
    except Tampered:
        return False
    return True


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
