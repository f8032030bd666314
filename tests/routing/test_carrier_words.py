"""What STOP, START and DELETE do to conversations, flags, keys and numbers."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from chatline.conversations import actions, reads, retention
from chatline.conversations.actions import Saying
from chatline.conversations.models import Conversation, Delivery, Message, Offer, Visitor
from chatline.conversations.states import DeliveryState, Medium
from chatline.sms.reports import report
from consumers.frames import desk_state
from routing import dispatcher, escalation, queue
from routing.carrier_words import Keyword
from routing.intake import Received
from routing.models import Flag
from tests.cast import RISKY, Cast, new_key
from tests.flows.races import code_of, threads
from tests.routing.times import now_open, sent

pytestmark = [pytest.mark.both, pytest.mark.django_db]
LABEL = "They sent STOP: no text can reach them"


def sends(cast: Cast, keyword: Keyword, sid: str | None = None) -> Received:
    return cast.texts(keyword.upper(), sid=sid, keyword=keyword)


def labels() -> list[str]:
    return [reason["label"] for reason in Flag.objects.get().reasons]


# --- STOP with an open flag -------------------------------------------------------------------------------


def acknowledged(cast: Cast) -> Flag:
    cast.texts(RISKY)
    return escalation.acknowledge(cast.alex.id, Flag.objects.get().id)


def test_stop_beside_an_open_flag_is_for_a_supervisor_to_acknowledge_anew(cast: Cast) -> None:
    acknowledged(cast)
    sends(cast, Keyword.STOP)
    flag = Flag.objects.get()
    assert (flag.state, flag.acknowledged_by, labels()[-1]) == ("open", None, LABEL)


def test_it_is_said_once(cast: Cast) -> None:
    acknowledged(cast)
    sends(cast, Keyword.STOP)
    escalation.acknowledge(cast.alex.id, Flag.objects.get().id)
    sends(cast, Keyword.STOP)
    assert (Flag.objects.get().state, labels().count(LABEL)) == ("acknowledged", 1)


def test_it_is_said_again_after_they_came_back_and_stopped_once_more(cast: Cast) -> None:
    acknowledged(cast)
    for keyword in (Keyword.STOP, Keyword.START, Keyword.STOP):
        sends(cast, keyword)
    assert labels().count(LABEL) == 2


def test_the_same_is_so_when_the_provider_says_that_they_opted_out(cast: Cast) -> None:
    acknowledged(cast)
    before = now_open().version
    report(Delivery.objects.get().oid, DeliveryState.REJECTED, code=21610)
    assert (Flag.objects.get().state, labels()[-1]) == ("open", LABEL)
    assert now_open().version > before


def test_what_the_provider_says_of_a_text_from_before_they_came_back_is_old_news(cast: Cast) -> None:
    cast.texts("hello")
    welcome = Delivery.objects.get().oid
    sends(cast, Keyword.STOP)
    sends(cast, Keyword.START)
    report(welcome, DeliveryState.REJECTED, code=21610)
    assert Visitor.objects.get().stopped_at is None


def test_a_flag_that_is_raised_after_stop_says_it_too(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.STOP)
    cast.texts(RISKY)
    assert labels()[-1] == LABEL


def test_no_flag_is_raised_by_stop_alone(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.STOP)
    assert not Flag.objects.exists()


# --- START ------------------------------------------------------------------------------------------------


def test_start_goes_on_in_the_conversation_that_is_open(cast: Cast) -> None:
    row = cast.talks(medium=Medium.SMS)
    sends(cast, Keyword.STOP)
    received = sends(cast, Keyword.START)
    assert received.stored
    assert received.stored.conversation == row.id
    actions.say(Saying(cast.sam.id, row.id, new_key(), "good to have you back"))
    assert sent() == ["welcome", "stop", "start", "reply"]


def test_start_after_a_close_is_offered_to_the_volunteer_of_last_time(cast: Cast) -> None:
    row = cast.talks(medium=Medium.SMS)
    sends(cast, Keyword.STOP)
    queue.close(cast.sam.id, row.id, "done")
    dispatcher.carry_out_closes(timezone.now() + timedelta(seconds=11))
    sends(cast, Keyword.START)
    assert (now_open().previous_id, Offer.objects.get().staff_id) == (row.id, cast.sam.id)
    cast.ready(cast.robin)
    with pytest.raises(Exception, match="queue_empty"):
        queue.take(cast.robin.id)
    assert queue.take(cast.sam.id).id == now_open().id


# --- DELETE -----------------------------------------------------------------------------------------------


def readable(row: UUID) -> list[str]:
    stretches = reads.read_on([reads.Ask(visitor=Conversation.objects.get(id=row).visitor_id)])[0]
    return [said.text for one in stretches if one.conversation.id == row for said in one.said if said.text]


def test_delete_erases_and_says_so(cast: Cast) -> None:
    received = cast.texts("my name is secret")
    assert sends(cast, Keyword.DELETE).stored is None
    assert received.stored
    row = Conversation.objects.get()
    assert (readable(row.id), row.state, row.close_reason) == ([], "closed", "erased")
    assert sent() == ["welcome", "deleted"]


def test_delete_itself_is_kept_nowhere(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.DELETE)
    assert Message.objects.filter(sender_kind="visitor").count() == 1


def test_the_same_delete_twice_is_answered_once(cast: Cast) -> None:
    cast.texts("hello")
    assert sends(cast, Keyword.DELETE, "SM1").stored == sends(cast, Keyword.DELETE, "SM1").stored
    assert sent() == ["welcome", "deleted"]


def test_a_repeated_delete_erases_nothing_that_was_said_after_it(cast: Cast) -> None:
    sends(cast, Keyword.DELETE, "SM1")
    cast.texts("something new")
    sends(cast, Keyword.DELETE, "SM1")
    assert "something new" in readable(now_open().id)


def test_who_stopped_is_erased_and_sent_nothing(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.STOP)
    sends(cast, Keyword.DELETE)
    assert (Conversation.objects.get().erased_at is None, sent()) == (False, ["welcome", "stop"])


def test_earlier_conversations_are_erased_as_well(cast: Cast) -> None:
    cast.texts("hello")
    Conversation.objects.update(state="closed", closed_at=timezone.now())
    cast.texts("hello again")
    sends(cast, Keyword.DELETE)
    assert Conversation.objects.filter(erased_at=None).count() == 0


def test_new_words_after_it_open_a_new_conversation(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.DELETE)
    cast.texts("hello again")
    assert now_open().previous is not None
    assert "hello again" in readable(now_open().id)


# --- DELETE beside an open flag ---------------------------------------------------------------------------


def asked(cast: Cast) -> Conversation:
    """Somebody at risk is held by Sam, and sends DELETE."""
    cast.ready(cast.sam)
    cast.texts(RISKY)
    row = queue.take(cast.sam.id)
    sends(cast, Keyword.DELETE)
    row.refresh_from_db()
    return row


def test_beside_an_open_flag_it_waits_and_says_so(cast: Cast) -> None:
    row = asked(cast)
    assert (row.state, row.erased_at, row.visitor_left_at) == ("active", None, None)
    assert sent() == ["welcome", "delete_later"]
    assert desk_state(row, row.volunteer_id, timezone.now()).erase_asked


def test_their_volunteer_sees_that_it_was_asked_for(cast: Cast) -> None:
    cast.ready(cast.sam)
    cast.texts(RISKY)
    before = queue.take(cast.sam.id).version
    sends(cast, Keyword.DELETE)
    assert now_open().version > before


def test_meanwhile_they_are_answered_and_go_on_in_that_conversation(cast: Cast) -> None:
    row = asked(cast)
    actions.say(Saying(cast.sam.id, row.id, new_key(), "I am still here"))
    received = cast.texts("thank you")
    assert received.stored
    assert received.stored.conversation == row.id


def test_resolving_the_flag_erases_and_sends_the_receipt(cast: Cast) -> None:
    row = asked(cast)
    escalation.resolve(cast.alex.id, Flag.objects.get().id, "watched", "")
    assert readable(row.id) == []
    assert sent() == ["welcome", "delete_later", "deleted"]


def test_after_a_day_it_happens_in_any_case_and_once(cast: Cast) -> None:
    row = asked(cast)
    for hours in (23, 25, 26):
        dispatcher.erase_overdue(timezone.now() + timedelta(hours=hours))
    row.refresh_from_db()
    assert (readable(row.id), row.state) == ([], "active")
    assert sent() == ["welcome", "delete_later", "deleted"]
    escalation.resolve(cast.alex.id, Flag.objects.get().id, "watched", "")
    assert sent() == ["welcome", "delete_later", "deleted"]


def test_even_then_they_are_answered(cast: Cast) -> None:
    row = asked(cast)
    dispatcher.erase_overdue(timezone.now() + timedelta(hours=25))
    actions.say(Saying(cast.sam.id, row.id, new_key(), "I am still here"))
    cast.texts("thank you")
    assert readable(row.id) == ["I am still here", "thank you"]


def test_who_asks_again_after_that_is_erased_again(cast: Cast) -> None:
    row = asked(cast)
    dispatcher.erase_overdue(timezone.now() + timedelta(hours=25))
    Conversation.objects.update(erased_at=timezone.now())  # the clock of this test is ahead of the line's
    cast.texts("one more thing")
    sends(cast, Keyword.DELETE)
    dispatcher.erase_overdue(timezone.now() + timedelta(hours=25))
    assert readable(row.id) == []
    assert sent().count("deleted") == 2


# --- the number -------------------------------------------------------------------------------------------


def has_number() -> bool:
    return Visitor.objects.get().number_sealed is not None


def everything_left() -> None:
    Delivery.objects.update(state="delivered")


def test_the_number_goes_once_the_receipt_has_left(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.DELETE)
    retention.forget_due(timezone.now())
    assert has_number()
    everything_left()
    retention.forget_due(timezone.now())
    assert not has_number()


def test_the_number_stays_while_anything_can_still_be_answered(cast: Cast) -> None:
    asked(cast)
    dispatcher.erase_overdue(timezone.now() + timedelta(hours=25))
    everything_left()
    retention.forget_due(timezone.now())
    assert has_number()


def test_the_number_stays_while_nobody_knows_whether_the_receipt_left(cast: Cast) -> None:
    cast.texts("hello")
    sends(cast, Keyword.DELETE)
    Delivery.objects.update(state="unknown", unknown_at=timezone.now())
    retention.forget_due(timezone.now())
    assert has_number()


def test_of_somebody_who_only_sent_stop_no_number_is_kept(cast: Cast) -> None:
    sends(cast, Keyword.STOP)
    everything_left()
    retention.forget_due(timezone.now())
    assert not has_number()
    sends(cast, Keyword.START)
    assert (sent(), has_number()) == (["stop", "start", "welcome"], True)


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_text_at_the_same_moment_never_wait_for_each_other_in_a_ring(cast: Cast) -> None:
    row = cast.talks(medium=Medium.SMS)
    with threads(2) as two:
        for _ in range(25):
            outcomes = two.at_once(
                [
                    lambda: actions.say(Saying(cast.sam.id, row.id, new_key(), "I am here")),
                    lambda: cast.texts("hello"),
                ]
            )
            assert [code_of(one) for one in outcomes] == ["", ""]
    assert now_open().last_seq == 52


# --- what waited on a disk or at the provider --------------------------------------------------------------


def late(cast: Cast, keyword: Keyword, minutes_ago: int) -> None:
    """Said some minutes ago, and only heard of now."""
    came_at = timezone.now() - timedelta(minutes=minutes_ago)
    cast.texts(keyword.upper(), keyword=keyword, came_at=came_at)


def is_stopped() -> bool:
    return Visitor.objects.get().stopped_at is not None


def test_a_start_that_waited_takes_no_later_stop_back(cast: Cast) -> None:
    cast.texts("STOP", keyword=Keyword.STOP)
    late(cast, Keyword.START, minutes_ago=5)
    assert (is_stopped(), Delivery.objects.filter(purpose="start").exists()) == (True, False)


def test_a_stop_that_waited_does_not_stop_who_came_back_later(cast: Cast) -> None:
    cast.texts("STOP", keyword=Keyword.STOP)
    cast.texts("START", keyword=Keyword.START)
    late(cast, Keyword.STOP, minutes_ago=5)
    assert not is_stopped()


def test_a_stop_that_waited_stops(cast: Cast) -> None:
    late(cast, Keyword.STOP, minutes_ago=5)
    assert is_stopped()


def test_a_stop_and_a_later_start_that_both_waited_count_in_their_order(cast: Cast) -> None:
    late(cast, Keyword.STOP, minutes_ago=5)
    late(cast, Keyword.START, minutes_ago=4)
    assert not is_stopped()


def test_a_start_and_a_later_stop_that_both_waited_count_in_their_order(cast: Cast) -> None:
    cast.texts("STOP", keyword=Keyword.STOP, came_at=timezone.now() - timedelta(minutes=9))
    late(cast, Keyword.START, minutes_ago=5)
    late(cast, Keyword.STOP, minutes_ago=4)
    assert is_stopped()
