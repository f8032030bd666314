"""The life of a page: one sender has it, and nothing is sent that nobody needs."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from chatline.errors import NotFound, Refused
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Hook, Rung
from routing import dispatcher, escalation, nobody, pages
from routing.models import Flag, Page, PageState
from tests.cast import Cast
from tests.routing.calls import SECOND, flagged, pass_seconds, reached

pytestmark = [pytest.mark.both, pytest.mark.django_db]

EVERY = tuple(Channel)


@pytest.fixture
def flag(cast: Cast) -> Flag:
    """Everybody who could be reached has been called about it: e-mail, text and voice to Alex; the line's hook."""
    reached(cast)
    Hook.objects.create(line=cast.line, name="The other desk", url="https://example.org/")
    flag = flagged(cast)
    pass_seconds(flag.raised_at, 119)
    return flag


def now() -> datetime:
    """A moment after everything that was made at its own moment on a ladder."""
    return timezone.now() + timedelta(hours=1)


def claim(*channels: Channel) -> Page:
    page = pages.claim(channels or EVERY, now())
    assert page
    return page


def state(page: Page) -> str:
    return Page.objects.get(id=page.id).state


# --- claimed ------------------------------------------------------------------------------------------------


def test_a_page_is_claimed_once(flag: Flag) -> None:
    page = claim(Channel.TEXT)
    assert (page.state, page.attempts, state(page)) == ("sending", 1, "sending")
    assert pages.claim([Channel.TEXT], now()) is None


def test_a_sender_gets_what_its_own_channels_are_for(flag: Flag) -> None:
    assert claim(Channel.VOICE).channel == "voice"
    assert pages.claim([Channel.SCREEN], now()) is None


def test_of_two_senders_that_saw_the_same_page_one_has_it(
    flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = pages._next
    seen: list[Page | None] = []

    def look_and_be_slow(rows: QuerySet[Page]) -> Page | None:
        page = look(rows)
        if not seen:
            seen.append(page)
            assert claim(Channel.TEXT) == page
        return page

    monkeypatch.setattr(pages, "_next", look_and_be_slow)
    assert pages.claim([Channel.TEXT], now()) is None
    assert list(Page.objects.filter(channel=Channel.TEXT).values_list("attempts", flat=True)) == [1]


def test_the_gravest_comes_first_then_the_oldest(cast: Cast) -> None:
    reached(cast)
    Rung.objects.create(line=cast.line, after=0, whom=Whom.SUPERVISORS, channel=Channel.TEXT)
    flags = []
    for number, level in enumerate((2, 3, 2, 3)):
        flags.append(flagged(cast, f"visitor {number}"))
        Flag.objects.filter(id=flags[-1].id).update(level=level)
        pass_seconds(timezone.now(), 0)
    assert [claim().flag for _ in flags] == [flags[place] for place in (1, 3, 0, 2)]


def test_a_flag_comes_before_any_alarm(cast: Cast) -> None:
    reached(cast)
    cast.visits("hello")
    nobody.watch(timezone.now() - timedelta(hours=1))
    flag = flagged(cast, "somebody else")
    pass_seconds(flag.raised_at, 60)
    assert [claim(Channel.TEXT).flag for _ in range(2)] == [flag, None]


# --- not needed any more --------------------------------------------------------------------------------------


def all_dropped() -> bool:
    return pages.claim(EVERY, now()) is None and {one.state for one in Page.objects.all()} == {"dropped"}


def test_what_is_due_about_an_acknowledged_flag_is_dropped(cast: Cast, flag: Flag) -> None:
    escalation.acknowledge(cast.alex.id, flag.id)
    assert all_dropped()


def test_what_is_due_about_a_resolved_flag_is_dropped(cast: Cast, flag: Flag) -> None:
    escalation.resolve(cast.alex.id, flag.id, "watched", "")
    assert all_dropped()


def test_of_a_climb_that_was_begun_anew_only_its_own_calls_go_out(flag: Flag) -> None:
    escalation.call_again(flag.conversation, "absent", "Their volunteer is gone")
    assert all_dropped()


def test_what_could_not_be_sent_for_several_rounds_is_sent_once(flag: Flag) -> None:
    pass_seconds(flag.raised_at, 1200)
    assert Page.objects.filter(channel=Channel.TEXT, staff__name="Alex").count() == 5
    assert claim(Channel.TEXT).staff != claim(Channel.TEXT).staff
    assert pages.claim([Channel.TEXT], now()) is None


def test_a_page_of_an_alarm_that_is_cleared_is_dropped(cast: Cast) -> None:
    reached(cast)
    cast.visits("hello")
    nobody.watch(timezone.now())
    assert claim(Channel.TEXT).alarm
    cast.ready(cast.sam)
    nobody.watch(timezone.now())
    assert pages.claim([Channel.EMAIL], now()) is None


# --- what became of it ----------------------------------------------------------------------------------------


def test_what_was_sent_is_known_by_its_provider_s_id_and_reported_on(flag: Flag) -> None:
    page = claim(Channel.TEXT)
    pages.sent(page.oid, "SM1")
    assert state(page) == "sent"
    pages.delivered(page.oid, "SM1")
    pages.undelivered(page.oid, "SM1", "30003")
    assert state(page) == "delivered"


@pytest.mark.parametrize(
    ("say", "told"),
    [
        (pages.failed, "failed"),
        (pages.unknown, "unknown"),
        (lambda page, error: pages.undelivered(page, "SM1", error), "failed"),
    ],
)
def test_what_did_not_arrive_is_not_sent_again(
    flag: Flag, say: Callable[[object, str], None], told: str
) -> None:
    page = claim(Channel.TEXT)
    say(page.oid, "no_such_number")
    assert state(page) == told
    assert pages.claim([Channel.TEXT], now()) is None


def test_a_text_that_was_left_half_sent_is_unknown_and_not_sent_again(flag: Flag) -> None:
    page = claim(Channel.TEXT)
    assert not pages.sweep(now() + 59 * SECOND)
    assert pages.sweep(now() + 61 * SECOND)
    assert (state(page), pages.claim([Channel.TEXT], now())) == ("unknown", None)


def test_another_system_is_told_again_after_somebody_died_telling_it(flag: Flag) -> None:
    page = claim(Channel.HOOK)
    assert pages.sweep(now() + 61 * SECOND)
    again = claim(Channel.HOOK)
    assert (again.oid, again.attempts) == (page.oid, 2)


def fail(times: int) -> Page:
    """The hook does not take it so often; time passes as long as it must."""
    at = now()
    for _ in range(times):
        page = pages.claim([Channel.HOOK], at)
        assert page
        pages.not_taken(page, "refused", at)
        at = max(at, Page.objects.get(id=page.id).not_before)
    return Page.objects.get(channel=Channel.HOOK)


def test_another_system_is_tried_eight_times_within_five_minutes_and_is_dead_then(flag: Flag) -> None:
    page = fail(7)
    assert state(page) == "due"
    pauses = Page.objects.get(id=page.id).not_before - now()
    assert timedelta(minutes=4) < pauses < timedelta(minutes=5)
    last = pages.claim([Channel.HOOK], now() + pauses + SECOND)
    assert last
    pages.not_taken(last, "refused", now())
    assert state(page) == "dead"


def test_it_is_not_tried_before_its_pause_is_over(flag: Flag) -> None:
    page = claim(Channel.HOOK)
    at = now()
    pages.not_taken(page, "refused", at)
    assert pages.claim([Channel.HOOK], at + SECOND) is None
    assert pages.claim([Channel.HOOK], at + 2 * SECOND)


def test_a_system_that_was_tried_hears_of_it_even_after_somebody_has_the_flag(cast: Cast, flag: Flag) -> None:
    page = fail(1)
    escalation.acknowledge(cast.alex.id, flag.id)
    again = pages.claim([Channel.HOOK], now() + 10 * SECOND)
    assert again
    assert again.oid == page.oid


def test_a_system_that_ends_every_sender_is_dead_at_last(flag: Flag) -> None:
    page = fail(7)
    pages.claim([Channel.HOOK], now() + timedelta(minutes=10))
    pages.sweep(now() + timedelta(minutes=20))
    assert state(page) == "dead"


def test_dispatchers_look_for_what_was_left_half_sent(flag: Flag) -> None:
    page = claim(Channel.TEXT)
    Page.objects.update(claimed_at=timezone.now() - timedelta(minutes=2))
    dispatcher.run_due()
    assert state(page) == "unknown"


# --- dead -----------------------------------------------------------------------------------------------------


def test_supervisors_of_the_line_see_what_is_dead_and_have_it_tried_again(cast: Cast, flag: Flag) -> None:
    page = fail(8)
    escalation.acknowledge(cast.alex.id, flag.id)
    assert [one.page.oid for one in pages.dead([cast.line.id])] == [page.oid]
    assert pages.dead([cast.other_line.id]) == []
    pages.try_again(cast.alex.id, page.oid)
    assert claim(Channel.HOOK).oid == page.oid


def test_it_is_tried_again_once_a_click(cast: Cast, flag: Flag) -> None:
    page = fail(8)
    pages.try_again(cast.alex.id, page.oid)
    with pytest.raises(Refused, match="not_dead"):
        pages.try_again(cast.alex.id, page.oid)
    fail(1)
    assert state(page) == PageState.DEAD


def dead_of_an_alarm(cast: Cast) -> Page:
    """Nobody is on shift, and what was to be told of it never heard."""
    cast.visits("hello")
    nobody.watch(now())
    Page.objects.filter(channel=Channel.HOOK).exclude(alarm=None).update(state=PageState.DEAD, attempts=8)
    return Page.objects.get(channel=Channel.HOOK, alarm__isnull=False)


def test_what_is_dead_about_an_alarm_is_on_the_list_of_its_line_too(cast: Cast, flag: Flag) -> None:
    page = dead_of_an_alarm(cast)
    assert [(one.page.oid, one.line) for one in pages.dead([cast.line.id])] == [(page.oid, cast.line)]
    assert pages.dead([cast.other_line.id]) == []


def test_it_is_tried_again_by_the_same_people(cast: Cast, flag: Flag) -> None:
    page = dead_of_an_alarm(cast)
    for stranger in (cast.sam, cast.maria, cast.olive):
        with pytest.raises(NotFound):
            pages.try_again(stranger.id, page.oid)
    pages.try_again(cast.alex.id, page.oid)
    assert state(page) == PageState.DUE


def test_nobody_else_may(cast: Cast, flag: Flag) -> None:
    page = fail(8)
    for stranger in (cast.sam, cast.maria, cast.olive):
        with pytest.raises(NotFound):
            pages.try_again(stranger.id, page.oid)
