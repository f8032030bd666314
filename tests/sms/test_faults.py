"""What goes wrong by script goes wrong as it does in the world; `test_alone.py` shows the same over sockets."""

from uuid import UUID

import pytest
from django.conf import settings as configured

from chatline.conversations.models import Message
from chatline.demo import rest
from chatline.demo.faults import LATE, LONG_AFTER, Arrival, Create, Report, Script, Turn
from chatline.sms import gateway
from chatline.sms.addresses import OVERRIDES
from chatline.sms.gateway import Accepted, NotSent, Outcome, Unknown, send
from tests.cast import SHORT_CODE, Cast
from tests.sms.network import OURS, Network

OID = UUID(int=7)
TEXT = {
    "To": OURS,
    "From": SHORT_CODE,
    "Body": "hello",
    "StatusCallback": f"http://127.0.0.1:8000/sms/status/?oid={OID}#{OVERRIDES}",
}
ENDINGS = [
    (Turn(), Accepted, 1),
    (Turn(Create.REFUSED), NotSent, 0),
    (Turn(Create.RESET_BEFORE), Unknown, 0),
    (Turn(Create.RESET_AFTER), Unknown, 1),
    (Turn(Create.SILENT_BEFORE), Unknown, 0),
    (Turn(Create.SILENT_AFTER), Unknown, 1),
    (Turn(Create.TOO_FAST), NotSent, 0),
    (Turn(Create.TOO_FAST_BARE), Unknown, 0),
    *((Turn(Create.ERROR_BEFORE, status), Unknown, 0) for status in (500, 502, 503)),
    *((Turn(Create.ERROR_AFTER, status), Unknown, 1) for status in (500, 502, 503)),
    (Turn(Create.NO_ID), Unknown, 1),
]
"""How a request ends, what the gateway makes of it, and how many messages there are afterwards."""


def name(value: object) -> str | None:
    return f"{value.create}-{value.status}" if isinstance(value, Turn) else None


def sent() -> Outcome:
    return send(OURS, SHORT_CODE, "hello", OID)


@pytest.mark.parametrize(("turn", "outcome", "created"), ENDINGS, ids=name)
def test_a_request_ends_as_the_script_says(network: Network, turn: Turn, outcome: type, created: int) -> None:
    network.carrier.play(Script(creates=[turn]))
    assert (type(sent()), network.carrier.ledger().accepted) == (outcome, created)


def test_what_the_script_does_not_say_goes_well(network: Network) -> None:
    network.carrier.play(Script(creates=[Turn(Create.REFUSED)]))
    assert [type(sent()), type(sent())] == [NotSent, Accepted]


def test_an_answer_that_does_not_come_costs_the_time_that_one_waits(network: Network) -> None:
    network.carrier.play(Script(creates=[Turn(Create.SILENT_AFTER)]))
    before = network.now
    sent()
    assert network.now - before == gateway.READ_SECONDS


# --- reading ----------------------------------------------------------------------------------------------


def listed(network: Network) -> int:
    """The status of a list, or how many messages it holds."""
    answer = rest.answer(
        network.carrier,
        "GET",
        f"/2010-04-01/Accounts/{configured.TWILIO_ACCOUNT_SID}/Messages.json",
        credentials=(configured.TWILIO_ACCOUNT_SID, configured.TWILIO_AUTH_TOKENS[0]),
    )
    return answer.body.count(b'"sid"') if answer.status == 200 else answer.status


def test_a_message_is_not_listed_before_its_time(network: Network) -> None:
    network.carrier.create(TEXT, Turn(lag=30.0))
    before = listed(network)
    network.now += 30.0
    assert (before, listed(network)) == (0, 1)


def test_a_reading_fails_as_the_script_says(network: Network) -> None:
    network.carrier.play(Script(reads=[Create.ERROR_BEFORE, Create.TOO_FAST, Create.REFUSED]))
    assert [listed(network) for _ in range(4)] == [502, 429, 0, 0]


# --- callbacks --------------------------------------------------------------------------------------------


def told(network: Network, turn: Turn) -> list[tuple[float, str]]:
    """Every callback of one text: after how many seconds, and what it says."""
    sms = network.carrier.create(TEXT, turn)
    seen = []
    while (wait := network.carrier.next_due()) is not None:
        network.now += wait
        for post in network.carrier.due():
            seen.append((round(network.now - sms.at, 1), post.fields["MessageStatus"]))
            network.carrier.answered(post.job, 204)
    return seen


CALLBACKS = [
    ((), [(0.3, "sent"), (0.9, "delivered")]),
    ((Report.EARLY,), [(0.0, "sent"), (0.9, "delivered")]),
    ((Report.LATE,), [(0.3 + LATE, "sent"), (0.9 + LATE, "delivered")]),
    ((Report.TWICE,), [(0.3, "sent"), (0.9, "delivered"), (1.3, "sent"), (1.9, "delivered")]),
    ((Report.MISSING,), []),
    ((Report.REORDERED,), [(0.9, "delivered"), (2.1, "sent")]),
]


@pytest.mark.parametrize(("reports", "expected"), CALLBACKS)
def test_callbacks_come_as_the_script_says(
    network: Network, reports: tuple[Report, ...], expected: list[tuple[float, str]]
) -> None:
    assert told(network, Turn(reports=reports)) == expected


@pytest.mark.parametrize(
    ("ending", "expected"),
    [("undelivered", [(0.3, "sent"), (0.9, "undelivered")]), ("failed", [(0.9, "failed")])],
)
def test_a_text_ends_as_the_script_says(
    network: Network, ending: str, expected: list[tuple[float, str]]
) -> None:
    assert told(network, Turn(ending=ending, code=30007)) == expected
    assert network.screen() == []


def test_an_early_callback_comes_before_the_answer(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(network, "_post", lambda post: order.append(post.fields["MessageStatus"]))
    network.carrier.play(Script(creates=[Turn(reports=(Report.EARLY,))]))
    order.append(type(sent()).__name__)
    assert order == ["sent", "Accepted"]


# --- texts of handsets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [
        (Arrival.FINE, [0.0]),
        (Arrival.AT_ONCE, [0.0, 0.0]),
        (Arrival.AGAIN, [0.0, LONG_AFTER]),
        (Arrival.UNHEARD, [0.0, 1.0]),
    ],
)
def test_webhooks_come_as_the_script_says(network: Network, arrival: Arrival, expected: list[float]) -> None:
    network.carrier.play(Script(arrivals=[arrival]))
    start = network.now
    network.carrier.text(OURS, SHORT_CODE, "hello")
    seen = []
    while (wait := network.carrier.next_due()) is not None:
        network.now += wait
        for post in network.carrier.due():
            seen.append(network.now - start)
            network.carrier.answered(post.job, 200)
    assert seen == expected


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arrival", Arrival)
def test_a_text_that_comes_more_than_once_is_stored_once(
    cast: Cast, network: Network, arrival: Arrival
) -> None:
    network.at_once = True
    network.carrier.play(Script(arrivals=[arrival]))
    network.text("hello")
    network.settle_all(LONG_AFTER)
    assert (Message.objects.filter(sender_kind="visitor").count(), network.carrier.ledger().heard) == (1, 1)


# --- a script ---------------------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_script() -> None:
    assert [Script.random(7) == Script.random(7), Script.random(7) == Script.random(8)] == [True, False]


def test_random_scripts_hold_everything_that_can_go_wrong() -> None:
    scripts = [Script.random(seed) for seed in range(50)]
    turns = [turn for script in scripts for turn in script.creates]
    assert {turn.create for turn in turns} == set(Create)
    assert {report for turn in turns for report in turn.reports} == set(Report)
    assert {arrival for script in scripts for arrival in script.arrivals} == set(Arrival)
    assert {turn.ending for turn in turns} == {"", "undelivered", "failed"}


def test_a_script_without_badness_lets_all_go_well(network: Network) -> None:
    network.carrier.play(Script.random(7, badness=0.0))
    assert [type(sent()) for _ in range(12)] == [Accepted] * 12
