"""What happens to something a visitor said, from the one entry to the rows."""

import pytest

from chatline.conversations.models import Conversation, Message
from tests.cast import Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_first_words_open_a_waiting_conversation(cast: Cast) -> None:
    received = cast.visits("hello")
    row = Conversation.objects.get()
    assert received.stored
    assert (row.state, row.last_seq, received.stored.seq) == ("waiting", 1, 1)


def test_the_same_key_again_is_the_same_answer_and_stores_nothing(cast: Cast) -> None:
    first = cast.visits("hello", key="k")
    assert cast.visits("hello", key="k").stored == first.stored
    assert Message.objects.count() == 1
