"""What the audit log shows on a page: to everybody what they did, to whoever oversees a line what its people did."""

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from django.db.models import Q

from chatline.people import access
from chatline.people.models import AuditEntry, Membership

PAGE = 100
OVERSEES = access.SUPERVISES | access.MANAGES


def entries(staff: UUID, before: int | None = None) -> Sequence[AuditEntry]:
    """At most `PAGE` of them, the latest first, older than the entry of the id `before`.

    What somebody of the team did on a line that this person does not oversee is not theirs to see.
    """
    lines = access.lines_of(staff, OVERSEES)
    team = Membership.objects.filter(line__in=lines).values("staff")
    rows = AuditEntry.objects.filter(Q(actor=staff) | Q(actor__in=team)).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    named = {str(line) for line in lines} | _slugs(lines)
    return list(islice(_visible(rows.iterator(PAGE), staff, named), PAGE))


def _visible(rows: Iterator[AuditEntry], staff: UUID, lines: set[str]) -> Iterator[AuditEntry]:
    for row in rows:
        if row.actor == staff or row.detail.get("line") in {None, "", *lines}:
            yield row


def _slugs(lines: frozenset[UUID]) -> set[str]:
    return set(Membership.objects.filter(line__in=lines).values_list("line__slug", flat=True).distinct())
