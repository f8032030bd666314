"""What only the provider has is taken in, once, in order, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Visitor
from chatline.lines.actions import add_number
from chatline.lines.models import Number
from chatline.people.models import Alarm
from chatline.sms import gateway, recovery
from chatline.sms.recovery import Counts
from tests.cast import SHORT_CODE, Cast
from tests.sms.canned import Canned, message
from tests.sms.network import InProcess, answered, texted
from tests.sms.test_inbound import said

pytestmark = [pytest.mark.both, pytest.mark.django_db]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def there(provider: InProcess, cast: Cast) -> Canned:
    """The provider; our number has been there for long."""
    Number.objects.update(created_at=timezone.now() - 365 * DAY)
    provider.fail = canned = Canned()
    return canned


def recover(ago: timedelta = DAY) -> Counts:
    return recovery.recover(timezone.now() - ago)


def test_a_missed_text_is_taken_in(there: Canned) -> None:
    there.messages = [message("SM1", "is anyone there")]
    assert recover() == Counts(listed=1, taken=1)
    assert said() == ["is anyone there"]


def test_missed_texts_are_taken_in_as_they_came_over_all_pages_and_numbers(there: Canned, cast: Cast) -> None:
    add_number(cast.line, "80123")
    Number.objects.update(created_at=timezone.now() - 365 * DAY)
    there.messages = [
        message(f"SM{n}", str(n), ago=(10 - n) * MINUTE, to="80123" if n == 3 else "57230")
        for n in reversed(range(7))
    ]
    assert recover().taken == 7
    assert said() == [str(n) for n in range(7)]
    assert len([path for path in there.asked if path.endswith("/Messages.json")]) == 4


def test_texts_of_the_same_second_are_taken_in_as_the_provider_lists_them(there: Canned) -> None:
    there.messages = [message("SM2", "second"), message("SM1", "first")]
    recover()
    assert said() == ["first", "second"]


def test_what_is_known_is_not_taken_in_again(there: Canned) -> None:
    texted(MessageSid="SM1")
    there.messages = [message("SM1")]
    assert recover() == Counts(listed=1)
    assert recover() == Counts(listed=1)
    assert said() == ["hello"]


def test_what_was_taken_in_is_known_when_the_webhook_comes_after_all(there: Canned) -> None:
    there.messages = [message("SM1")]
    recover()
    texted(MessageSid="SM1")
    assert said() == ["hello"]


def test_what_was_erased_does_not_come_back(there: Canned) -> None:
    texted(MessageSid="SM1")
    leaving.erase(Visitor.objects.get().id)
    there.messages = [message("SM1")]
    assert recover().taken == 0
    assert Conversation.objects.filter(erased_at=None).count() == 0


def test_our_own_texts_are_not_taken_in(there: Canned) -> None:
    there.messages = [message("SM1", direction="outbound-api"), message("SM2", direction="outbound-reply")]
    assert recover() == Counts()


@pytest.mark.parametrize("ago", [25 * HOUR, 10 * timedelta(seconds=1)])
def test_neither_older_ones_nor_those_still_on_their_way_are_taken_in(there: Canned, ago: timedelta) -> None:
    there.messages = [message("SM1", ago=ago)]
    assert recover() == Counts()


def test_what_came_before_we_had_the_number_is_left_alone(there: Canned) -> None:
    Number.objects.update(created_at=timezone.now() - HOUR)
    there.messages = [message("SM2", "ours", ago=50 * MINUTE), message("SM1", "of others", ago=2 * HOUR)]
    recover()
    assert said() == ["ours"]


@pytest.mark.parametrize(
    "redacted", [{"body": ""}, {"body": None}, {"from": "+1202555XXXX"}, {"body": "", "from": "+1202555XXXX"}]
)
def test_what_the_provider_has_redacted_is_only_counted(there: Canned, redacted: dict[str, Any]) -> None:
    there.messages = [message("SM1") | redacted]
    assert recover() == Counts(listed=1, redacted=1)
    assert said() == []


def test_what_is_no_text_is_counted_and_holds_up_nobody(there: Canned) -> None:
    there.messages = [message("SM2", "found"), message("SM1", "lost") | {"from": "a b"}]
    assert recover() == Counts(listed=2, taken=1, refused=1)


def test_a_missed_picture_is_named(there: Canned) -> None:
    there.messages = [message("MM1", "", num_media="1")]
    uri = "/2010-04-01/Accounts/AC/Messages/MM1/Media/ME1.json"
    there.media = {"MM1": [{"sid": "ME1", "content_type": "image/jpeg", "uri": uri}]}
    recover()
    assert said() == ["[picture]"]


def test_where_a_missed_picture_lies_is_told_as_the_webhook_tells_it(there: Canned) -> None:
    uri = "/2010-04-01/Accounts/AC/Messages/MM1/Media/ME1.json"
    there.media = {"MM1": [{"sid": "ME1", "content_type": "image/jpeg", "uri": uri}]}
    there.messages = [message("MM1", num_media="1")]
    form = recovery.form_of(
        next(gateway.client().messages.stream(date_sent_after=timezone.now() - DAY, to=SHORT_CODE))
    )
    assert form["MediaUrl0"] == "https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM1/Media/ME1"


def test_a_missed_picture_that_is_gone_does_not_hold_up_its_words(there: Canned) -> None:
    there.messages, there.media_status = [message("MM1", "look", num_media="1")], 404
    recover()
    assert said() == ["look\n[file]"]


def test_a_text_whose_picture_cannot_be_asked_for_is_taken_in_later_with_it(there: Canned) -> None:
    """Stored without it, the picture would be deleted at the provider unseen."""
    uri = "/2010-04-01/Accounts/AC/Messages/MM1/Media/ME1.json"
    there.media = {"MM1": [{"sid": "ME1", "content_type": "image/jpeg", "uri": uri}]}
    there.messages, there.media_status = [message("MM1", "look", num_media="1")], 503
    assert not recovery.recover_latest()
    assert said() == []
    there.media_status = 200
    recover()
    assert said() == ["look\n[picture]"]


def test_a_missed_keyword_is_honoured(there: Canned) -> None:
    texted("hello", MessageSid="SM0")
    there.messages = [message("SM1", "STOP")]
    recover()
    assert Conversation.objects.get().visitor.stopped_at


def alarms() -> int:
    return Alarm.objects.filter(code="texts_missed", cleared_at=None).count()


def test_the_worker_tells_an_operator_while_texts_are_missed(there: Canned) -> None:
    there.messages = [message("SM1")]
    assert not recovery.recover_latest()
    assert alarms() == 1
    recovery.recover_latest()
    assert alarms() == 0


def test_the_worker_outlives_a_provider_that_is_away(there: Canned, caplog: pytest.LogCaptureFixture) -> None:
    there.down = True
    assert not recovery.recover_latest()
    assert caplog.messages == ["recovery_failed error=TwilioException"]


def test_a_provider_that_answers_no_json_is_no_defect_of_ours(provider: InProcess, cast: Cast) -> None:
    provider.fail = lambda request: answered(200, b"<html>", request, {"Content-Type": "text/html"})
    assert not recovery.recover_latest()


def test_without_numbers_nobody_is_asked(there: Canned) -> None:
    Number.objects.all().delete()
    assert recover() == Counts()
    assert there.asked == []


def test_a_missed_start_takes_no_stop_back_that_came_after_it(there: Canned) -> None:
    texted("STOP", MessageSid="SM0")
    there.messages = [message("SM1", "START", ago=HOUR)]
    assert recover().taken == 1
    assert Visitor.objects.get().stopped_at
