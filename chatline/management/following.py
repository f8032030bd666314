"""A drill as it goes: what is new about its flag and its pages since the last look, as lines to print."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chatline.people.models import AuditEntry, Membership
from routing.models import Flag, FlagState, Page, PageState

OVER = (FlagState.ACKNOWLEDGED, FlagState.RESOLVED)

_SAID = {
    PageState.DUE: "to be sent",
    PageState.DROPPED: "not needed any more",
    PageState.FAILED: "failed",
    PageState.UNKNOWN: "may have gone out or not",
    PageState.DEAD: "given up",
}
"""What is not said by the state's own word."""


class Follower:
    """Of one flag. `news` is called again and again."""

    def __init__(self, flag: Flag) -> None:
        self._id, self._line = flag.id, flag.conversation.line_id
        self._raised_at = flag.raised_at
        self._known: dict[UUID, tuple[str, str]] = {}
        self._next_at: datetime | None = None

    def flag(self) -> Flag:
        return Flag.objects.select_related("acknowledged_by").get(id=self._id)

    def is_over(self) -> bool:
        return self.flag().state in OVER

    def news(self, now: datetime) -> Iterator[str]:
        """What happened since the last call, in the order of the steps."""
        for page in self._pages():
            known = (page.state, page.error)
            if page.state != PageState.SENDING and self._known.get(page.oid) != known:
                self._known[page.oid] = known
                yield self._told(page, now)
        flag = self.flag()
        if flag.next_at and flag.next_at != self._next_at:
            self._next_at = flag.next_at
            yield f"{'':>9}  next: step {flag.step + 1} after {(flag.next_at - self._raised_at).total_seconds():.0f} s"

    def answered(self) -> str:
        """Who acknowledged it, how, and after how long."""
        flag = self.flag()
        assert flag.acknowledged_at
        entry = AuditEntry.objects.filter(verb="acknowledge_flag", subject=str(flag.id)).last()
        who = flag.acknowledged_by.name if flag.acknowledged_by else "the drill itself"
        took = (flag.acknowledged_at - self._raised_at).total_seconds()
        return f"Acknowledged by {who} ({entry.detail['via'] if entry else 'screen'}) after {took:.1f} s."

    def summary(self) -> str:
        states = [page.state for page in self._pages()]
        gone = sum(state in (PageState.SENT, PageState.DELIVERED) for state in states)
        return f"{self.flag().step} steps, {len(states)} pages, {gone} of them went out."

    def _pages(self) -> list[Page]:
        return list(Page.objects.filter(flag=self._id).select_related("staff", "hook").order_by("step", "id"))

    def _told(self, page: Page, now: datetime) -> str:
        after = ((page.sent_at or now) - self._raised_at).total_seconds()
        state = _SAID.get(PageState(page.state), page.state)
        why = f" ({page.error})" if page.error else ""
        return f"{after:>7.1f} s  step {page.step:<3} {page.channel:<7} {self._whom(page):<32} {state}{why}"

    def _whom(self, page: Page) -> str:
        if not page.staff:
            return page.hook.name if page.hook else page.target
        roles = Membership.objects.filter(staff=page.staff_id, line=self._line).values_list("role", flat=True)
        return f"{page.staff.name} ({', '.join(sorted(roles))})"
