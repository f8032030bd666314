"""How upset people say they are, before and after."""

import pytest

from chatline.conversations import feelings
from chatline.conversations.models import Conversation
from chatline.errors import BadInput
from tests.cast import Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_the_latest_answer_counts(cast: Cast) -> None:
    cast.visits("hello")
    for value in (7, 5):
        feelings.tell(cast.visitor_of(), "before", value)
    assert Conversation.objects.get().feeling_before == 5


@pytest.mark.parametrize("value", [0, 8])
def test_what_is_not_on_the_scale_is_refused(cast: Cast, value: int) -> None:
    cast.visits("hello")
    with pytest.raises(BadInput):
        feelings.tell(cast.visitor_of(), "before", value)
