"""Handsets and the provider between them and the line: what happens to a text in either direction."""

from pathlib import Path

import pytest
from django.conf import settings

from chatline.demo import lifecycle
from chatline.demo.carrier import Carrier
from chatline.demo.lifecycle import LEASE
from chatline.demo.provider import Refusal
from chatline.sms.addresses import OVERRIDES
from tests.cast import SHORT_CODE
from tests.sms.network import OURS, Network

LONG_CODE = "+14155550100"
TEXT = {"To": OURS, "From": SHORT_CODE, "Body": "hello"}
CALLBACK = {"StatusCallback": f"http://127.0.0.1:8000/sms/status/?oid=1#{OVERRIDES}"}


def told(network: Network, seconds: float = 0.0, status: int = 204) -> list[str]:
    """What the network reports after so long, each answered at once."""
    network.now += seconds
    posts = network.carrier.due()
    for post in posts:
        network.carrier.answered(post.job, status)
    return [post.fields["MessageStatus"] for post in posts]


# --- from the line to a handset ---------------------------------------------------------------------------


def test_a_message_is_sent_then_delivered(network: Network) -> None:
    network.carrier.create(TEXT | CALLBACK)
    assert [told(network), told(network, 0.5), told(network, 0.5)] == [[], ["sent"], ["delivered"]]


def test_a_report_that_is_repeated_late_takes_nothing_back(network: Network) -> None:
    sms = network.carrier.create(TEXT | CALLBACK)
    told(network, 0.5, status=503)
    told(network, 0.5)
    assert (told(network, 1.0), network.carrier.fetch(sms.sid).status) == (["sent"], "delivered")


@pytest.mark.parametrize(("condition", "code"), lifecycle.UNREACHABLE.items())
def test_a_handset_that_cannot_be_reached_gets_nothing(network: Network, condition: str, code: int) -> None:
    network.carrier.switch(OURS, condition)
    sms = network.carrier.create(TEXT | CALLBACK)
    network.now += 1.0
    [_, last] = network.carrier.due()
    assert (last.fields["MessageStatus"], last.fields["ErrorCode"]) == ("undelivered", str(code))
    assert (network.carrier.fetch(sms.sid).error, network.screen()) == (code, [])


def test_a_number_that_is_nobodys_is_unknown(network: Network) -> None:
    sms = network.carrier.create({**TEXT, "To": "+14155550123"})
    network.settle(1.0)
    assert (network.carrier.fetch(sms.sid).status, network.carrier.fetch(sms.sid).error) == (
        "undelivered",
        30005,
    )


def test_a_handset_that_is_on_again_gets_what_comes_from_then_on(network: Network) -> None:
    network.carrier.switch(OURS, "off")
    network.carrier.create(TEXT)
    network.settle(1.0)
    network.carrier.switch(OURS, "on")
    network.carrier.create({**TEXT, "Body": "again"})
    network.settle(1.0)
    assert network.screen() == ["again"]


def test_a_condition_that_no_phone_has_is_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="landline"):
        network.carrier.switch(OURS, "wet")


def test_a_transcript_tells_which_text_of_the_lines_came_and_which_came_twice(network: Network) -> None:
    for oid in ("1", "2", "1"):
        network.carrier.create(
            {**TEXT, "StatusCallback": f"http://127.0.0.1:8000/sms/status/?oid={oid}#rc=3"}
        )
        network.now += 1.0
        network.carrier.due()
    assert [bubble.oid for bubble in network.carrier.transcript(OURS)] == ["1", "2", "1"]
    assert (network.carrier.doubled(), network.carrier.ledger().doubled) == (["1"], 1)


def test_nobody_but_the_line_is_ever_called(network: Network) -> None:
    with pytest.raises(Refusal, match="StatusCallback"):
        network.carrier.create({**TEXT, "StatusCallback": "http://example.org/"})
    network.carrier.configure(
        SHORT_CODE, sms_url="http://example.org/", sms_fallback_url="http://example.org/"
    )
    sid = network.carrier.text(OURS, SHORT_CODE, "hello")
    network.settle_all()
    assert (network.posts, network.carrier.fetch(sid).taken) == ([], False)


# --- from a handset to the line ---------------------------------------------------------------------------


def test_a_number_that_asks_nobody_drops_what_comes(network: Network) -> None:
    network.carrier.configure(SHORT_CODE, sms_url=None)
    sid = network.carrier.text(OURS, SHORT_CODE, "hello")
    assert (network.carrier.next_due(), network.carrier.fetch(sid).taken) == (None, False)


def test_a_picture_that_is_too_large_does_not_leave_the_phone(network: Network) -> None:
    with pytest.raises(ValueError, match="500 kB"):
        network.carrier.text(OURS, SHORT_CODE, "", [("image/png", bytes(500_001))])


def test_a_text_that_reached_the_line_is_listed_as_received_whatever_the_line_said(network: Network) -> None:
    sid = network.carrier.text(OURS, SHORT_CODE, "hello")
    assert (network.carrier.fetch(sid).status, network.carrier.fetch(sid).direction) == (
        "received",
        "inbound",
    )


# --- carriers' words --------------------------------------------------------------------------------------


def said(network: Network, words: str, to: str) -> list[str]:
    """What the handset then shows of the other side."""
    network.carrier.text(OURS, to, words)
    network.now += 1.0
    network.carrier.due()
    return network.screen()


@pytest.mark.parametrize(
    "word", ["STOP", "stop ", "Unsubscribe", "END", "quit", "STOPALL", "cancel", "revoke", "optout"]
)
def test_an_ordinary_number_stops_by_itself(network: Network, word: str) -> None:
    [answer] = said(network, word, LONG_CODE)
    assert "unsubscribed" in answer
    with pytest.raises(Refusal) as refusal:
        network.carrier.create({**TEXT, "From": LONG_CODE})
    assert refusal.value.code == 21610


@pytest.mark.parametrize("words", ["please stop", "stop.", "no", "end it all"])
def test_only_a_word_on_its_own_stops(network: Network, words: str) -> None:
    assert said(network, words, LONG_CODE) == []
    assert network.carrier.create({**TEXT, "From": LONG_CODE}).status == "queued"


@pytest.mark.parametrize("word", ["START", "yes", "UNSTOP"])
def test_an_ordinary_number_starts_again_by_itself(network: Network, word: str) -> None:
    said(network, "STOP", LONG_CODE)
    assert "re-subscribed" in said(network, word, LONG_CODE)[-1]
    assert network.carrier.create({**TEXT, "From": LONG_CODE}).status == "queued"


def test_yes_is_an_ordinary_word_of_whoever_never_stopped(network: Network) -> None:
    assert said(network, "yes", LONG_CODE) == []


def test_an_ordinary_number_answers_help_but_not_who_stopped(network: Network) -> None:
    assert "STOP" in said(network, "HELP", LONG_CODE)[0]
    said(network, "STOP", LONG_CODE)
    assert len(said(network, "HELP", LONG_CODE)) == 2


def test_a_stop_to_one_number_stops_no_other(network: Network) -> None:
    said(network, "STOP", LONG_CODE)
    assert network.carrier.create(TEXT).status == "queued"


@pytest.mark.parametrize("word", ["STOP", "HELP", "START"])
def test_a_short_code_leaves_every_word_to_the_line(network: Network, word: str) -> None:
    assert said(network, word, SHORT_CODE) == []
    assert network.carrier.create(TEXT).status == "queued"


def test_a_word_that_the_provider_answered_still_reaches_the_line(network: Network) -> None:
    network.carrier.text(OURS, LONG_CODE, "STOP")
    assert [post.fields["Body"] for post in network.carrier.due()] == ["STOP"]


# --- over a restart ---------------------------------------------------------------------------------------


def kept(folder: Path) -> Carrier:
    """A network that is started again."""
    return Carrier("AC1", settings.PUBLIC_URL, folder / "phones.json", numbers=[SHORT_CODE])


def test_phones_are_as_they_were(tmp_path: Path) -> None:
    kept(tmp_path).text(OURS, SHORT_CODE, "hello", [("image/png", b"picture")])
    _, screens = kept(tmp_path).screens()
    assert [(bubble.words, bubble.pictures) for bubble in screens[OURS]] == [("hello", 1)]


def test_what_was_under_way_goes_on(tmp_path: Path) -> None:
    kept(tmp_path).text(OURS, SHORT_CODE, "hello")
    assert len(kept(tmp_path).due()) == 1


def test_a_post_that_nobody_finished_is_made_again(network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    first = network.carrier.due()
    network.now += LEASE
    assert network.carrier.due() == first


def test_the_same_seed_gives_the_same_ids() -> None:
    one, other = (Carrier("AC1", settings.PUBLIC_URL, seed=7) for _ in range(2))
    assert one.text(OURS, SHORT_CODE, "hello") == other.text(OURS, SHORT_CODE, "hello")
