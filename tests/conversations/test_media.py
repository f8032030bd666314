"""What comes with a text: attached in its transaction, sealed, fetched once, shown to those who may, forgotten."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatline import announce
from chatline.conversations import keys, leaving, media, reads, retention
from chatline.conversations.media import Attachment
from chatline.conversations.models import Conversation, Key, Media, Message
from chatline.conversations.reads import Ask, Attached
from chatline.errors import NotFound
from chatline.people.models import Staff
from routing import escalation, queue
from routing.models import Flag
from tests.cast import Cast
from tests.conversations.samples import JPEG, PNG, WHERE, telling_jpeg
from tests.sms.network import at_once

pytestmark = [pytest.mark.both, pytest.mark.django_db]

ADDRESS = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
PICTURE = Attachment("image/jpeg", ADDRESS)
NEVER = uuid4()


def attached(cast: Cast, *more: Attachment) -> Media:
    """Somebody texted a picture (and more) to the line."""
    cast.texts("look\n[picture]", media=(PICTURE, *more))
    return Media.objects.get(place=0)


def kept(cast: Cast, content: bytes = JPEG) -> Media:
    """The same, fetched, in a conversation that Sam holds."""
    row = attached(cast)
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    media.take_in(row.id, content, timezone.now())
    row.refresh_from_db()
    return row


def shown_at(staff: Staff) -> list[tuple[Attached, ...]]:
    """What Sam, or whoever, is shown with each message of a visitor."""
    [stretches] = reads.read_on([Ask(staff=staff.id)])
    return [row.media for one in stretches for row in one.said if row.sender_kind == "visitor"]


# --- attached ---------------------------------------------------------------------------------------------


def test_a_message_knows_how_many_came_with_it(cast: Cast) -> None:
    attached(cast, Attachment("video/mp4", ADDRESS + "2"))
    assert Message.objects.get(sender_kind="visitor").media == 2


def test_the_address_is_sealed(cast: Cast) -> None:
    row = attached(cast)
    assert row.address_sealed
    assert ADDRESS.encode() not in bytes(row.address_sealed)


def test_one_address_moved_to_another_picture_does_not_open(cast: Cast) -> None:
    row = attached(cast, Attachment("image/png", ADDRESS + "2"))
    Media.objects.filter(place=1).update(address_sealed=row.address_sealed)
    first, second = media.claim(timezone.now()), media.claim(timezone.now())
    assert (first and first.address, second) == (ADDRESS, None)


@pytest.mark.parametrize("kind", ["", "image/" + "x" * 60, "my name is Jo", "image/p\u00f1g", "a/b/c"])
def test_a_kind_that_is_none_is_not_stored_as_one(cast: Cast, kind: str) -> None:
    cast.texts("look", media=(Attachment(kind, ADDRESS),))
    assert Media.objects.get().kind == "application/octet-stream"


def test_the_same_text_twice_has_one_picture(cast: Cast) -> None:
    for _ in range(2):
        cast.texts("look", sid="MM1", media=(PICTURE,))
    assert Media.objects.count() == 1


# --- claimed ----------------------------------------------------------------------------------------------


def test_what_is_claimed_is_not_claimed_again_before_its_worker_must_have_died(cast: Cast) -> None:
    attached(cast)
    now = timezone.now()
    times = (now, now, now + media.LEASE - timedelta(seconds=1), now + media.LEASE)
    assert [(one and one.attempt) for one in map(media.claim, times)] == [1, None, None, 2]


@pytest.mark.django_db(transaction=True)
def test_of_five_workers_one_has_it(cast: Cast) -> None:
    attached(cast)
    claims = at_once(5, lambda: media.claim(timezone.now()))
    assert len([one for one in claims if one]) == 1


def test_pauses_grow_and_end_after_a_day(cast: Cast) -> None:
    row = attached(cast)
    now, waits = timezone.now(), []
    while claimed := media.claim(now):
        state = media.try_later(claimed.id, now)
        row.refresh_from_db()
        waits.append((row.not_before - now).total_seconds())
        now = row.not_before
        if state != "waiting":
            break
    assert (state, waits[:6], sum(waits) < 26 * 3600) == ("lost", [10, 60, 300, 900, 3600, 3600], True)


def test_a_picture_that_ends_its_worker_each_time_does_not_do_so_for_ever(cast: Cast) -> None:
    attached(cast)
    now = timezone.now()
    claims = [media.claim(now + n * media.LEASE) for n in range(media.MOST_ATTEMPTS + 1)]
    assert ([one is not None for one in claims], Media.objects.get().state) == (
        [True] * media.MOST_ATTEMPTS + [False],
        "lost",
    )


def test_a_picture_whose_key_is_away_is_tried_again_when_it_is_back(cast: Cast) -> None:
    attached(cast)
    keys.destroy([Conversation.objects.get().id])
    keys.forget_opened()
    assert (media.claim(timezone.now()), Media.objects.get().state) == (None, "waiting")


# --- kept, refused, lost ----------------------------------------------------------------------------------


def test_a_picture_is_kept_without_where_it_was_made(cast: Cast) -> None:
    row = kept(cast, telling_jpeg())
    assert media.content(cast.sam.id, row.id) == ("image/jpeg", JPEG)


def test_a_picture_lies_sealed_and_its_address_is_gone(cast: Cast) -> None:
    row = kept(cast)
    assert row.data_sealed
    assert (JPEG[:40] in bytes(row.data_sealed), row.address_sealed) == (False, None)


def test_its_kind_is_what_it_is_and_not_what_it_was_called(cast: Cast) -> None:
    assert kept(cast, PNG).kind == "image/png"


@pytest.mark.parametrize("content", [b"<svg>", b"%PDF-1.7", b"\xff\xd8\xff\xe1\xff\xff" + WHERE, b""])
def test_what_cannot_be_shown_safely_is_not_kept(cast: Cast, content: bytes) -> None:
    row = kept(cast, content)
    assert (row.state, row.data_sealed, row.address_sealed) == ("refused", None, None)


@pytest.mark.parametrize("end", [media.refuse, media.lose])
def test_what_is_refused_or_lost_is_so_for_good(cast: Cast, end: object) -> None:
    row = attached(cast)
    state = end(row.id)  # type: ignore[operator]  # one of two verbs
    media.take_in(row.id, JPEG, timezone.now())
    row.refresh_from_db()
    assert (row.state, row.data_sealed) == (state, None)


def test_whoever_is_shown_the_conversation_hears_of_it(
    cast: Cast, django_capture_on_commit_callbacks: object
) -> None:
    row = attached(cast)
    cast.ready(cast.sam)
    before = queue.take(cast.sam.id)
    heard: list[announce.Hint] = []
    announce.listen(heard.extend)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's
        media.take_in(row.id, JPEG, timezone.now())
    announce.unlisten(heard.extend)
    message = Message.objects.get(sender_kind="visitor")
    hint = announce.Changed(before.id, before.version + 1, before.visitor_id, (cast.sam.id,))
    assert (heard, message.version) == ([hint], before.version + 1)


def test_nothing_is_kept_of_a_conversation_that_was_erased_meanwhile(cast: Cast) -> None:
    row = attached(cast)
    leaving.erase(Conversation.objects.get().visitor_id)
    assert media.take_in(row.id, JPEG, timezone.now()) == "lost"
    row.refresh_from_db()
    assert (row.state, row.data_sealed) == ("lost", None)


def test_nothing_is_sealed_under_a_key_that_was_destroyed(cast: Cast) -> None:
    """An erasure elsewhere whose hint was lost leaves the key in this process's memory."""
    row = attached(cast)
    keys.sealer(Conversation.objects.get().id)
    Key.objects.all().delete()
    assert media.take_in(row.id, JPEG, timezone.now()) == "waiting"


# --- read -------------------------------------------------------------------------------------------------


def test_the_holder_reads_what_came_with_each_message_in_its_order(cast: Cast) -> None:
    cast.texts("hello")
    cast.texts("look", media=(PICTURE, Attachment("video/mp4", ADDRESS + "2")))
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    ids = list(Media.objects.order_by("place").values_list("id", flat=True))
    assert shown_at(cast.sam) == [
        (),
        (Attached(ids[0], "image/jpeg", "waiting"), Attached(ids[1], "video/mp4", "waiting")),
    ]


def test_reading_on_costs_one_query_more_only_where_something_came(cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            shown_at(cast.sam)
        return len(caught)

    cast.texts("hello")
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    without = queries()
    cast.texts("look", media=(PICTURE,))
    cast.texts("and look", media=(PICTURE,))
    assert queries() == without + 1


# --- shown ------------------------------------------------------------------------------------------------


def refused(staff: Staff, one: UUID) -> bool:
    try:
        media.content(staff.id, one)
    except NotFound:
        return True
    return False


def test_the_holder_is_shown_it_and_nobody_else(cast: Cast) -> None:
    row = kept(cast)
    people = (cast.sam, cast.robin, cast.alex, cast.maria, cast.olive)
    assert [refused(one, row.id) for one in people] == [False, True, True, True, True]


def test_a_supervisor_of_the_line_is_shown_it_while_a_flag_is_open(cast: Cast) -> None:
    row = kept(cast)
    escalation.raise_by_hand(cast.sam.id, Conversation.objects.get().id, "look at this")
    people = (cast.sam, cast.robin, cast.alex, cast.maria, cast.olive)
    seen = [refused(one, row.id) for one in people]
    escalation.resolve(cast.alex.id, Flag.objects.get().id, "watched", "")
    assert (seen, refused(cast.alex, row.id)) == ([False, True, False, True, True], True)


def test_whoever_gave_the_conversation_back_is_not_shown_it_any_more(cast: Cast) -> None:
    row = kept(cast)
    queue.release(cast.sam.id, Conversation.objects.get().id)
    assert refused(cast.sam, row.id)


def test_whoever_was_removed_from_the_line_is_not_shown_it_any_more(cast: Cast) -> None:
    row = kept(cast)
    cast.sam.memberships.all().delete()
    assert refused(cast.sam, row.id)


@pytest.mark.parametrize("state", ["waiting", "refused", "lost"])
def test_only_what_is_kept_is_shown(cast: Cast, state: str) -> None:
    row = kept(cast)
    Media.objects.update(state=state)
    assert refused(cast.sam, row.id)


def test_what_is_absent_is_like_what_is_not_theirs(cast: Cast) -> None:
    kept(cast)
    assert refused(cast.sam, NEVER)


def test_a_content_that_was_changed_is_not_shown(cast: Cast) -> None:
    row = kept(cast)
    assert row.data_sealed
    Media.objects.update(data_sealed=bytes(row.data_sealed)[:-1] + b"?")
    assert refused(cast.sam, row.id)


# --- forgotten --------------------------------------------------------------------------------------------


def test_an_erasure_leaves_no_content_no_address_and_says_so(cast: Cast) -> None:
    row = kept(cast)
    cast.texts("and\n[picture]", media=(PICTURE,))
    row.message.conversation.refresh_from_db()
    leaving.erase(row.message.conversation.visitor_id)
    left = Media.objects.values_list("state", "address_sealed", "data_sealed")
    assert [*left] == [("lost", None, None)] * 2


def test_words_whose_time_is_over_take_their_pictures_along(cast: Cast) -> None:
    kept(cast)
    now = timezone.now()
    Conversation.objects.update(state="closed", closed_at=now - timedelta(days=31))
    retention.forget_due(now)
    assert Media.objects.get().data_sealed is None


def test_an_erasure_leaves_the_pictures_of_others_alone(cast: Cast) -> None:
    row = kept(cast)
    cast.texts("another", number="+12025550178", media=(PICTURE,))
    other = Conversation.objects.exclude(id=row.message.conversation_id).get()
    leaving.erase(other.visitor_id)
    row.refresh_from_db()
    assert (row.state, refused(cast.sam, row.id)) == ("kept", False)
