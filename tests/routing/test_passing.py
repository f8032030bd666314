"""Passing somebody on: to a colleague, who must accept and until then sees no words; with consent to another line."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.conversations import actions, leaving, reads, retention
from chatline.conversations.models import Conversation, Message, Offer, Step, Visitor
from chatline.conversations.reads import Ask
from chatline.conversations.states import Medium, State
from chatline.errors import BadInput, ChatlineError, NotFound
from chatline.lines.actions import pause
from chatline.lines.models import Hours
from chatline.people.models import Membership, Role, Staff
from routing import dispatcher, escalation, passing, presence, queue
from routing.models import Desk
from tests.cast import RISKY, Cast
from tests.routing.times import opened

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    """Sam talks with somebody; Robin is on shift, and on a break."""
    presence.set_ready(cast.robin.id, False, 1)
    return cast.talks()


def offered(cast: Cast, talk: Conversation) -> Conversation:
    passing.offer(cast.sam.id, talk.id, cast.robin.id)
    talk.refresh_from_db()
    return talk


def code(refusal: pytest.ExceptionInfo[ChatlineError]) -> str:
    return refusal.value.code


def held_by(talk: Conversation) -> Staff | None:
    talk.refresh_from_db()
    return talk.volunteer if talk.state == State.ACTIVE else None


# --- offered ----------------------------------------------------------------------------------------------


def test_who_is_offered_somebody_sees_it_without_a_word_and_the_holder_keeps_them(
    cast: Cast, talk: Conversation
) -> None:
    before = talk.version
    offered(cast, talk)
    assert (talk.offered_to, held_by(talk), talk.version) == ("Robin", cast.sam, before + 1)
    assert [one.conversation_id for one in presence.desks({cast.robin.id})[cast.robin.id].offers] == [talk.id]
    assert reads.read_on([Ask(staff=cast.robin.id)]) == [[]]
    cast.answers(talk, "Robin has more time for you.")


def test_an_offer_stands_as_long_as_the_line_says(cast: Cast, talk: Conversation) -> None:
    talk.line.offer_minutes = 7
    talk.line.save()
    offered(cast, talk)
    assert talk.offered_until
    assert timedelta(minutes=6) < talk.offered_until - timezone.now() < timedelta(minutes=8)


@pytest.mark.parametrize("whom", ["sam", "olive", "maria"])
def test_it_is_offered_to_a_colleague_who_answers_on_the_line_and_to_nobody_else(
    cast: Cast, talk: Conversation, whom: str
) -> None:
    with pytest.raises(NotFound):
        passing.offer(cast.sam.id, talk.id, getattr(cast, whom).id)


def test_it_is_not_offered_to_somebody_who_is_away(cast: Cast, talk: Conversation) -> None:
    Desk.objects.filter(staff=cast.robin).update(last_seen_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(ChatlineError) as refusal:
        offered(cast, talk)
    assert code(refusal) == "not_on_shift"


def test_it_is_offered_to_one_at_a_time(cast: Cast, talk: Conversation) -> None:
    presence.set_ready(cast.alex.id, True)
    offered(cast, talk)
    with pytest.raises(ChatlineError) as refusal:
        passing.offer(cast.sam.id, talk.id, cast.alex.id)
    assert code(refusal) == "offered_already"


def test_it_is_not_offered_to_whom_the_person_asked_to_avoid(cast: Cast, talk: Conversation) -> None:
    queue.another(talk.visitor_id)
    cast.ready(cast.robin)
    queue.take(cast.robin.id)
    with pytest.raises(ChatlineError) as refusal:
        passing.offer(cast.robin.id, talk.id, cast.sam.id)
    assert code(refusal) == "not_them"


def test_whoever_does_not_hold_it_cannot_offer_it(cast: Cast, talk: Conversation) -> None:
    with pytest.raises(NotFound):
        passing.offer(cast.robin.id, talk.id, cast.sam.id)


# --- accepted ---------------------------------------------------------------------------------------------


def test_whoever_accepts_has_them_even_on_a_break(cast: Cast, talk: Conversation) -> None:
    before = offered(cast, talk).version
    passing.accept(cast.robin.id, talk.id)
    assert (held_by(talk), talk.offered_to, talk.offered_until) == (cast.robin, "", None)
    assert talk.version == before + 1
    step = Step.objects.filter(conversation=talk).latest("id")
    assert (step.before, step.after, step.why, step.actor) == ("active", "active", "passed", cast.robin.id)
    with pytest.raises(NotFound):
        cast.answers(talk, "one more word")
    cast.answers(talk, "I am Robin.", cast.robin)


def test_nobody_is_greeted_anew(cast: Cast) -> None:
    presence.set_ready(cast.robin.id, False, 1)
    talk = cast.talks(medium=Medium.SMS)
    before = Message.objects.filter(conversation=talk).count()
    offered(cast, talk)
    passing.accept(cast.robin.id, talk.id)
    assert Message.objects.filter(conversation=talk).count() == before


def test_accepting_needs_a_free_seat(cast: Cast, talk: Conversation) -> None:
    cast.visits("hello", "somebody else")
    presence.set_ready(cast.robin.id, True, 1)
    queue.take(cast.robin.id)
    offered(cast, talk)
    with pytest.raises(ChatlineError) as refusal:
        passing.accept(cast.robin.id, talk.id)
    assert (code(refusal), held_by(talk), talk.offered_to) == ("at_capacity", cast.sam, "Robin")


def test_accepting_twice_is_answered_the_same(cast: Cast, talk: Conversation) -> None:
    offered(cast, talk)
    first = passing.accept(cast.robin.id, talk.id)
    assert passing.accept(cast.robin.id, talk.id).version == first.version


def test_to_somebody_to_whom_it_was_not_offered_it_does_not_exist(cast: Cast, talk: Conversation) -> None:
    offered(cast, talk)
    for one in (cast.alex, cast.olive, cast.sam):
        with pytest.raises(NotFound):
            passing.accept(one.id, talk.id)
        with pytest.raises(NotFound):
            passing.decline(one.id, talk.id)


def test_the_line_s_own_offer_of_somebody_who_waits_is_none_of_these(cast: Cast) -> None:
    row = cast.talks()
    queue.release(cast.sam.id, row.id)
    now = timezone.now()
    Offer.objects.create(
        conversation=row,
        staff=cast.robin,
        reason="previous",
        made_at=now,
        expires_at=now + timedelta(minutes=1),
    )
    with pytest.raises(NotFound):
        passing.accept(cast.robin.id, row.id)


# --- over -------------------------------------------------------------------------------------------------


def declined(cast: Cast, talk: Conversation) -> None:
    passing.decline(cast.robin.id, talk.id)


def withdrawn(cast: Cast, talk: Conversation) -> None:
    passing.withdraw(cast.sam.id, talk.id)


def lapsed(cast: Cast, talk: Conversation) -> None:
    assert passing.lapse(timezone.now() + timedelta(minutes=3))
    assert not passing.lapse(timezone.now() + timedelta(minutes=3))


def closing(cast: Cast, talk: Conversation) -> None:
    queue.close(cast.sam.id, talk.id, "done")
    talk.refresh_from_db()
    assert talk.closing_at


@pytest.mark.parametrize("how", [declined, withdrawn, lapsed, closing])
def test_an_offer_that_is_over_leaves_it_with_its_holder_who_is_told(
    cast: Cast, talk: Conversation, how: object
) -> None:
    before = offered(cast, talk).version
    how(cast, talk)  # type: ignore[operator]
    assert (held_by(talk), talk.offered_to) == (cast.sam, "")
    assert talk.version > before
    with pytest.raises(ChatlineError) as refusal:
        passing.accept(cast.robin.id, talk.id)
    assert code(refusal) == "offer_over"
    assert presence.desks({cast.robin.id})[cast.robin.id].offers == []
    assert not Offer.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("how", ["released", "erased", "another"])
def test_an_offer_is_over_when_its_holder_no_longer_has_them(
    cast: Cast, talk: Conversation, how: str
) -> None:
    offered(cast, talk)
    if how == "released":
        queue.release(cast.sam.id, talk.id)
    elif how == "erased":
        leaving.erase(talk.visitor_id)
    else:
        queue.another(talk.visitor_id)
    talk.refresh_from_db()
    assert (talk.offered_to, Offer.objects.filter(ended_at=None).exists()) == ("", False)
    with pytest.raises(ChatlineError):
        passing.accept(cast.robin.id, talk.id)
    assert held_by(talk) is None


def test_an_offer_that_ran_out_cannot_be_accepted_even_before_a_worker_looks(
    cast: Cast, talk: Conversation
) -> None:
    offered(cast, talk)
    Offer.objects.update(expires_at=timezone.now())
    with pytest.raises(ChatlineError) as refusal:
        passing.accept(cast.robin.id, talk.id)
    assert code(refusal) == "offer_over"


def test_it_can_be_offered_again(cast: Cast, talk: Conversation) -> None:
    offered(cast, talk)
    declined(cast, talk)
    offered(cast, talk)
    passing.accept(cast.robin.id, talk.id)
    assert held_by(talk) == cast.robin


def test_taking_back_what_was_not_offered_changes_nothing(cast: Cast, talk: Conversation) -> None:
    withdrawn(cast, talk)
    assert Conversation.objects.get(id=talk.id).version == talk.version


def test_a_worker_lets_offers_lapse_of_both_kinds(cast: Cast, talk: Conversation) -> None:
    offered(cast, talk)
    Offer.objects.update(expires_at=timezone.now())
    assert dispatcher.run_due()
    assert not Offer.objects.filter(ended_at=None).exists()


# --- to another line --------------------------------------------------------------------------------------


def passed(cast: Cast, talk: Conversation, slug: str = "other", *, consent: bool = True) -> Conversation:
    passing.pass_to_line(cast.sam.id, talk.id, slug, consent=consent)
    talk.refresh_from_db()
    return talk


@pytest.mark.parametrize("medium", Medium)
def test_with_consent_they_wait_on_the_other_line_at_their_place_and_are_told_once(
    cast: Cast, medium: Medium
) -> None:
    talk = cast.talks(medium=medium)
    Conversation.objects.update(told_at=None)
    place = (talk.tier, talk.rank_at, talk.waiting_since)
    passed(cast, talk)
    assert (talk.line, talk.state, held_by(talk)) == (cast.other_line, "waiting", None)
    assert (talk.tier, talk.rank_at, talk.waiting_since) == place
    told = Message.objects.filter(conversation=talk, purpose="passed_line")
    assert [opened(one).split(":")[0] for one in told] == ["Other line"]


def test_whoever_takes_them_there_reads_all_that_was_said(cast: Cast, talk: Conversation) -> None:
    passed(cast, talk)
    cast.ready(cast.olive)
    assert queue.take(cast.olive.id).id == talk.id
    said = reads.read_on([Ask(staff=cast.olive.id)])[0][0].said
    assert said[0].text == "hello"
    assert reads.read_on([Ask(staff=cast.sam.id)]) == [[]]


def test_without_consent_nobody_is_passed_to_another_line(cast: Cast, talk: Conversation) -> None:
    with pytest.raises(BadInput) as refusal:
        passed(cast, talk, consent=False)
    assert (code(refusal), held_by(talk)) == ("consent_missing", cast.sam)


@pytest.mark.parametrize("which", ["made-up", "demo", "paused", "closed"])
def test_a_line_that_does_not_answer_gets_nobody(cast: Cast, talk: Conversation, which: str) -> None:
    if which == "paused":
        pause(cast.other_line.id)
    if which == "closed":
        elsewhen = (timezone.now() + timedelta(days=3)).weekday()
        Hours.objects.create(line=cast.other_line, weekday=elsewhen, opens="09:00", closes="10:00")
    with pytest.raises(ChatlineError) as refusal:
        passed(cast, talk, which if which in ("made-up", "demo") else "other")
    assert (code(refusal), held_by(talk)) == ("line_not_open", cast.sam)


def test_beside_an_open_flag_they_stay_with_those_who_answer_for_it(cast: Cast, talk: Conversation) -> None:
    escalation.raise_by_hand(cast.sam.id, talk.id, "")
    with pytest.raises(ChatlineError) as refusal:
        passed(cast, talk)
    assert code(refusal) == "open_flag"


@pytest.mark.parametrize(("medium", "why"), [(Medium.WEB, "visitor_left"), (Medium.SMS, "unreachable")])
def test_who_cannot_be_told_is_not_passed_to_another_line(cast: Cast, medium: Medium, why: str) -> None:
    talk = cast.talks(medium=medium)
    if medium == Medium.WEB:
        leaving.end(talk.visitor_id)
    else:
        Visitor.objects.update(stopped_at=timezone.now())
    with pytest.raises(ChatlineError) as refusal:
        passed(cast, talk)
    assert code(refusal) == why


def test_what_they_write_there_is_answered_by_that_line(cast: Cast) -> None:
    """By its hours, in its name; while their number stays with the line that they texted."""
    talk = cast.talks(medium=Medium.SMS)
    passed(cast, talk)
    pause(cast.other_line.id)
    Conversation.objects.update(told_at=None)
    cast.texts("are you there")
    paused = Message.objects.get(conversation=talk, purpose="paused")
    assert opened(paused).startswith("Other line:")


def test_their_number_is_kept_while_they_talk_on_the_other_line(cast: Cast) -> None:
    talk = cast.talks(medium=Medium.SMS)
    passed(cast, talk)
    Visitor.objects.update(created_at=timezone.now() - timedelta(days=9))
    retention.forget_due(timezone.now())
    assert Visitor.objects.get(id=talk.visitor_id).number_sealed is not None


@pytest.mark.parametrize("sooner", ["demo", "other"])
def test_their_words_are_forgotten_when_the_sooner_of_both_lines_promised(
    cast: Cast, talk: Conversation, sooner: str
) -> None:
    line = {"demo": cast.line, "other": cast.other_line}[sooner]
    line.keep_words_days = 1
    line.save()
    passed(cast, talk)
    leaving.end(talk.visitor_id)
    retention.forget_due(timezone.now() + timedelta(days=2))
    talk.refresh_from_db()
    assert talk.erased_at is not None


def test_who_writes_again_after_that_comes_to_the_line_of_their_door(cast: Cast) -> None:
    talk = cast.talks(medium=Medium.SMS)
    passed(cast, talk)
    cast.ready(cast.olive)
    queue.take(cast.olive.id)
    queue.close(cast.olive.id, talk.id, "done")
    actions.close_due(talk.id, timezone.now() + timedelta(seconds=11))
    cast.texts("me again")
    again = Conversation.objects.exclude(state=State.CLOSED).get()
    assert (again.line, again.previous) == (cast.line, talk)
    assert not Offer.objects.filter(conversation=again, staff=cast.olive).exists()


# --- given back beside a flag -----------------------------------------------------------------------------


def test_whoever_is_released_beside_an_open_flag_calls_supervisors_anew(cast: Cast) -> None:
    cast.visits(RISKY)
    cast.ready(cast.sam)
    talk = queue.take(cast.sam.id)
    flag = talk.flags.get()
    escalation.acknowledge(cast.alex.id, flag.id)
    queue.release(cast.sam.id, talk.id)
    flag.refresh_from_db()
    assert (flag.state, flag.reasons[-1]["template"]) == ("open", "released")


def test_a_volunteer_who_lost_the_line_cannot_accept(cast: Cast, talk: Conversation) -> None:
    offered(cast, talk)
    Membership.objects.filter(staff=cast.robin, role=Role.VOLUNTEER).delete()
    with pytest.raises(NotFound):
        passing.accept(cast.robin.id, talk.id)
