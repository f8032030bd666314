"""Whatever people type arrives as it was typed, at both ends."""

import pytest

from tests.cast import Cast
from tests.doors import Door
from tests.hostile import TEN_THOUSAND, hostile

pytestmark = [pytest.mark.requirement("R-20"), pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def test_hostile_words_are_stored_and_shown_unchanged_to_both(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    said = [words for words in hostile() if words.strip()]
    for words in said:
        assert "seq" in await visitor.say(words)
    one = await desk.take()
    await desk.sees(lambda: len(desk.shown.texts(one)) == len(said))
    await visitor.sees(lambda: len(visitor.shown.texts()) == len(said))
    assert desk.shown.texts(one) == visitor.shown.texts() == said
    print(f"{len(said)} hostile messages, unchanged at both ends")
    assert len(said) >= 300


async def test_ten_thousand_emoji_are_refused_by_a_code_and_lose_nothing(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    assert (await visitor.say(TEN_THOUSAND, key="many"))["code"] == "too_long"
    assert (await visitor.say("sorry", key="few"))["seq"] == 1
