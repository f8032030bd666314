"""R-22 and R-23: what is too much from one sender is held back and not lost, and nothing of an address is kept."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from chatline import settings as chatline_settings
from chatline.conversations.models import Message
from consumers.base import CROWDED
from routing import throttle as module
from routing.throttle import SlowDown, Throttle, network_of, sender_of
from tests.cast import Cast
from tests.clients import Desk, Visitor, verb
from tests.doors import Door

SHORT = {"visitor": "3/second", "staff": "3/second", "newcomers": "5/10 minutes", "line": "60/minute"} | {
    "rush": "1000/minute",
    "unproven": "10/minute",
}
ADDRESS = "203.0.113.77"
LINE = UUID(int=1)


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.LIMITS = SHORT


def is_let_in(throttle: Throttle, address: str | None, line: UUID = LINE, token: str = "") -> bool:
    try:
        throttle.arrives(line, address, token or uuid4().hex)
    except SlowDown:
        return False
    return True


async def says_all(visitor: Visitor, texts: list[str]) -> int:
    """As the page does: one at a time, again after what it is told to wait. Returns how often it had to wait."""
    waits = 0
    for number, text in enumerate(texts):
        while (told := await said(visitor, f"key-{number}", text))["type"] == "error":
            assert told["code"] == "slow_down"
            waits += 1
            await asyncio.sleep(told["retry_after"])
    return waits


async def said(visitor: Visitor, key: str, text: str) -> dict[str, Any]:
    await visitor.send("say", key=key, text=text)
    while (told := await visitor.next())["type"] not in ("said", "error"):
        pass
    return dict(told)


@pytest.mark.requirement("R-22")
@pytest.mark.django_db(transaction=True)
async def test_whoever_says_too_much_at_once_is_held_back_and_every_word_arrives_in_order(
    cast: Cast, door: Door
) -> None:
    visitor = await door.visitor()
    texts = [f"word {number}" for number in range(8)]
    waits = await says_all(visitor, texts)
    stored = await verb(
        lambda: list(Message.objects.filter(sender_kind="visitor").values_list("key", flat=True))
    )
    assert (waits > 0, stored) == (True, [f"key-{number}" for number in range(8)])


@pytest.mark.breaks("R-22")
@pytest.mark.django_db(transaction=True)
async def test_without_limits_nobody_is_held_back(cast: Cast, door: Door, settings: Settings) -> None:
    settings.LIMITS = SHORT | {"visitor": "1000/second"}
    visitor = await door.visitor()
    assert await says_all(visitor, [f"word {number}" for number in range(8)]) == 0


@pytest.mark.requirement("R-22")
def test_two_hundred_from_one_address_leave_the_door_open_for_twenty_others() -> None:
    throttle = Throttle()
    bots = sum(is_let_in(throttle, ADDRESS) for _ in range(200))
    others = sum(is_let_in(throttle, f"198.51.{number}.7") for number in range(20))
    assert (bots, others) == (5, 20)


@pytest.mark.requirement("R-22")
def test_a_line_takes_in_so_many_newcomers_a_minute_from_wherever_and_the_next_line_its_own() -> None:
    throttle = Throttle()
    assert sum(is_let_in(throttle, None) for _ in range(100)) == 60
    assert is_let_in(throttle, None, UUID(int=2))


@pytest.mark.requirement("R-22")
def test_first_words_that_have_to_be_sent_again_and_again_use_up_nothing() -> None:
    throttle = Throttle()
    assert all(is_let_in(throttle, ADDRESS, token="one tab") for _ in range(20))
    assert sum(is_let_in(throttle, ADDRESS) for _ in range(10)) == 4


@pytest.mark.breaks("R-22")
def test_a_tab_that_was_counted_each_time_would_keep_its_person_out(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    monkeypatch.setattr(module, "_ONCE", module.rates_of("1000/hour")[0])
    assert not all(is_let_in(throttle, ADDRESS, token="one tab") for _ in range(20))


@pytest.mark.requirement("R-22")
def test_whom_the_line_holds_back_their_address_is_not_charged_for(settings: Settings) -> None:
    settings.LIMITS = SHORT | {"line": "1/minute"}
    throttle = Throttle()
    assert sum(is_let_in(throttle, ADDRESS) for _ in range(10)) == 1
    assert sum(is_let_in(throttle, ADDRESS, UUID(int=number)) for number in range(2, 12)) == 4


@pytest.mark.requirement("R-22")
def test_whoever_is_held_back_asks_again_within_half_a_minute() -> None:
    throttle = Throttle()
    while is_let_in(throttle, ADDRESS):
        pass
    with pytest.raises(SlowDown) as refusal:
        throttle.arrives(LINE, ADDRESS, "one more")
    assert refusal.value.retry_after == module.LONGEST_WAIT


@pytest.mark.requirement("R-22")
@pytest.mark.django_db(transaction=True)
async def test_a_process_with_as_many_sockets_as_it_can_serve_asks_to_come_again(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.MOST_SOCKETS = 1
    first = await door.visitor()
    second = await door.connect("/ws/visitor/demo/")
    assert second
    with pytest.raises(Exception, match="1013"):
        await second.receive()
    await first.say("hello")


async def only_the_oldest_ends(sockets: list[Visitor] | list[Desk]) -> None:
    """Each of these is of one session, the oldest first, and one too many."""
    oldest, *others = sockets
    assert await oldest.ends(seconds=1) == CROWDED
    for one in others:
        assert await one.refusal("hello", nonsense=True) == "bad_frame"


async def four_of_one_tab(door: Door) -> list[Visitor]:
    first = await door.visitor()
    await first.say("hello")
    return [first, *[await door.visitor(token=first.token) for _ in range(3)]]


async def four_of_one_browser(cast: Cast, door: Door) -> list[Desk]:
    return [await door.desk(cast.sam) for _ in range(4)]


@pytest.mark.requirement("R-22")
@pytest.mark.django_db(transaction=True)
async def test_a_fourth_socket_of_one_tab_ends_the_oldest_alone(cast: Cast, door: Door) -> None:
    await only_the_oldest_ends(await four_of_one_tab(door))


@pytest.mark.requirement("R-12")
@pytest.mark.requirement("R-22")
@pytest.mark.django_db(transaction=True)
async def test_a_fourth_socket_of_one_staff_session_ends_the_oldest_alone(cast: Cast, door: Door) -> None:
    await only_the_oldest_ends(await four_of_one_browser(cast, door))


@pytest.mark.breaks("R-22")
@pytest.mark.django_db(transaction=True)
async def test_a_session_with_any_number_of_sockets_is_caught_when_nobody_counts(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.SOCKETS_AT_ONCE = 100
    with pytest.raises(TimeoutError):
        await only_the_oldest_ends(await four_of_one_tab(door))


@pytest.mark.requirement("R-22")
@pytest.mark.django_db(transaction=True)
async def test_a_socket_that_left_takes_no_place(cast: Cast, door: Door) -> None:
    first = await door.visitor()
    await first.say("hello")
    for _ in range(4):
        again = await door.visitor(token=first.token)
        await again.close()
    await first.say("still here")


@pytest.mark.breaks("R-22")
@pytest.mark.django_db(transaction=True)
async def test_a_process_without_a_limit_is_caught_when_nobody_is_asked_to_come_again(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.MOST_SOCKETS = 1_000
    await door.visitor()
    second = await door.connect("/ws/visitor/demo/")
    assert second
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await second.receive()


def test_a_process_serves_two_thousand_sockets_and_three_of_one_session() -> None:
    assert (chatline_settings.MOST_SOCKETS, chatline_settings.SOCKETS_AT_ONCE) == (2_000, 3)


# --- addresses --------------------------------------------------------------------------------------------


@pytest.mark.requirement("R-23")
def test_what_the_counts_hold_names_nobody() -> None:
    throttle = Throttle()
    throttle.arrives(LINE, ADDRESS, "a tab")
    held = repr(vars(throttle)) + repr(vars(throttle._limiter.storage))
    assert "newcomers" in held
    assert not any(part in held for part in (ADDRESS, "203.0.113"))


@pytest.mark.breaks("R-23")
def test_an_address_that_is_its_own_name_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    monkeypatch.setattr(throttle, "_name", lambda address: address)
    throttle.arrives(LINE, ADDRESS, "a tab")
    assert ADDRESS in repr(vars(throttle._limiter.storage))


@pytest.mark.requirement("R-23")
def test_two_days_of_one_address_cannot_be_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    first = throttle._name(ADDRESS)
    assert throttle._name(ADDRESS) == first
    monkeypatch.setattr(
        "routing.throttle.time.monotonic", lambda: throttle._key_made + module.ADDRESS_KEPT + 1
    )
    assert throttle._name(ADDRESS) != first


@pytest.mark.breaks("R-23")
def test_a_key_that_is_kept_would_join_them(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    first = throttle._name(ADDRESS)
    monkeypatch.setattr(module, "ADDRESS_KEPT", float("inf"))
    monkeypatch.setattr("routing.throttle.time.monotonic", lambda: throttle._key_made + 2 * 24 * 3600)
    assert throttle._name(ADDRESS) == first


@pytest.mark.requirement("R-23")
@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "sender"),
    [
        (ADDRESS, "", [], ADDRESS),
        (ADDRESS, "198.51.100.1", [], ADDRESS),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "192.0.2.9, 198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "", ["10.0.0.0/8"], None),
        ("10.0.0.1", "198.51.100.1", [], None),
        ("127.0.0.1", "", [], None),
        ("", "", [], None),
    ],
)
def test_a_sender_is_who_a_proxy_of_ours_says_and_never_who_somebody_claims(
    peer: str, forwarded: str, trusted: list[str], sender: str | None
) -> None:
    assert sender_of(peer, forwarded, trusted) == sender


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (ADDRESS, "203.0.113.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_household_is_one_sender(address: str, network: str) -> None:
    assert network_of(address) == network


def test_everybody_is_counted_apart() -> None:
    throttle = Throttle()
    who = uuid4()
    for _ in range(3):
        throttle.says(who)
    with pytest.raises(SlowDown):
        throttle.says(who)
    throttle.says(uuid4())
