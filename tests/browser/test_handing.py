"""Passing people on between two desks in real browsers, and asking a supervisor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import checks, people
from tests.browser.people import Facts, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser


@dataclass
class Two:
    """Sam, with somebody in a chat of their own, and Robin beside him."""

    sam: people.Desk
    robin: people.Desk
    chat: people.Chatting
    pane: Locator

    def passes_on(self, how: str) -> None:
        self.pane.get_by_role("button", name="Pass on").click()
        self.pane.get_by_role("button", name=how).click()

    def card(self) -> Locator:
        return self.robin.page.locator("#offers li")


@pytest.fixture(scope="module")
def desks(browser: Browser, demo_json: Facts) -> Iterator[tuple[people.Desk, people.Desk]]:
    """Sam, ready, and Robin, who is here and on a break: who accepts need not be ready."""
    pages = [new_page(browser) for _ in range(2)]
    sam, robin = people.desk(pages[0], demo_json, "sam"), people.desk(pages[1], demo_json, "robin")
    sam.goes_ready()
    yield sam, robin
    for page in pages:
        page.context.close()


@pytest.fixture
def two(desks: tuple[people.Desk, people.Desk], browser: Browser, demo_json: Facts) -> Iterator[Two]:
    sam, robin = desks
    chat = people.chat(new_page(browser), demo_json)
    chat.says("grey mornings again")
    pane = sam.takes("grey mornings again")
    people.answers(pane, "I am Sam.")
    expect(chat.log).to_contain_text("I am Sam.")
    yield Two(sam, robin, chat, pane)
    chat.page.locator("#menu > summary").click()
    chat.page.locator("#end").click()
    chat.page.locator("#yes").click()
    expect(chat.page.locator("#ended")).to_be_visible()
    for desk in desks:
        _let_go(desk)
    chat.page.context.close()


def _let_go(desk: people.Desk) -> None:
    for pane in desk.page.locator(".pane").all():
        pane.get_by_role("button", name="Pass on").click()
        pane.get_by_role("button", name="Back to the queue").click()
    expect(desk.page.locator(".pane")).to_have_count(0)


def test_a_colleague_accepts_and_has_them_with_all_that_was_said(two: Two) -> None:
    two.passes_on("Robin")
    expect(two.pane.locator("[data-part=offered]")).to_contain_text("Offered to Robin. 2 min left.")
    expect(two.card()).to_contain_text("Sam asks you to take them on. 2 min left.")
    expect(two.robin.page.locator("#told")).to_contain_text("Sam offers you")
    assert "grey" not in two.robin.page.content()
    two.card().get_by_role("button", name="Accept").click()
    received = two.robin.pane_with("grey mornings again")
    expect(received.locator("[data-part=text]")).to_be_focused()
    expect(two.sam.page.locator(".pane")).to_have_count(0)
    expect(two.sam.page.locator("#told")).to_contain_text("is with Robin now.")
    people.answers(received, "I am Robin.")
    expect(two.chat.log).to_contain_text("I am Robin.")
    expect(two.chat.status).to_have_text("Robin is here with you.")


def test_not_now_leaves_them_where_they_are_and_says_so(two: Two) -> None:
    two.passes_on("Robin")
    two.card().get_by_role("button", name="Not now").click()
    expect(two.card()).to_have_count(0)
    expect(two.pane.locator("[data-part=handed-told]")).to_contain_text("Robin cannot take")
    expect(two.pane.locator("[data-part=offered]")).to_be_hidden()
    people.answers(two.pane, "We go on together.")
    expect(two.chat.log).to_contain_text("We go on together.")


def test_whoever_offers_can_take_it_back(two: Two) -> None:
    two.passes_on("Robin")
    expect(two.card()).to_have_count(1)
    two.pane.get_by_role("button", name="Take back").click()
    expect(two.card()).to_have_count(0)
    expect(two.pane.locator("[data-part=handed-told]")).to_be_empty()


def test_back_to_the_queue_says_where_they_are(two: Two) -> None:
    two.passes_on("Back to the queue")
    expect(two.sam.page.locator("#told")).to_contain_text("is back at the front of the queue.")
    expect(two.robin.page.locator("#queue li")).to_have_count(1)


def test_a_supervisor_is_asked_with_a_note_and_no_longer_when_not_needed(two: Two) -> None:
    two.pane.get_by_role("button", name="Ask a supervisor").click()
    note = two.pane.locator("[data-part=help-note]")
    expect(note).to_be_focused()
    note.fill("what may I say")
    note.press("Tab")
    two.sam.page.keyboard.press("Enter")
    asked = two.pane.locator("[data-part=asked]")
    expect(asked).to_contain_text("You asked a supervisor.")
    expect(two.pane.locator("[data-part=text]")).to_be_focused()
    asked.get_by_role("button", name="Not needed any more").click()
    expect(asked).to_be_hidden()
    expect(two.pane.locator("[data-part=help]")).to_be_visible()


def test_abuse_is_handed_up_in_two_clicks(two: Two) -> None:
    two.pane.get_by_role("button", name="Pass on").click()
    two.pane.get_by_role("button", name="Abuse: end it, to a supervisor").click()
    expect(two.sam.page.locator(".pane")).to_have_count(0)
    expect(two.sam.page.locator("#told")).to_contain_text("is the supervisors' now")
    expect(two.robin.page.locator("#queue li")).to_contain_text("For a supervisor")


# --- what a running demo does not do by itself -------------------------------------------------------------


@pytest.fixture
def alone(browser: Browser, demo_json: Facts) -> Iterator[tuple[Page, Wire]]:
    page = new_page(browser)
    wire = Wire(page)
    people.desk(page, demo_json, "sam")
    wire.hears("shift")
    yield page, wire
    page.context.close()


def shift(wire: Wire, **more: Any) -> None:
    lines = [{"slug": "demo", "name": "Demo line"}, {"slug": "other", "name": "Other line"}]
    wire.keeps("shift", open_lines=lines, **more)


HELD = {"line_slug": "demo", "offered_to": "", "help": "", "help_by": ""}


def test_to_another_line_only_after_saying_that_they_agreed(alone: tuple[Page, Wire]) -> None:
    page, wire = alone
    wire.holds([{"from": "visitor", "text": "hello"}], **HELD)
    shift(wire)
    wire.answers["transfer"] = lambda _: None
    page.get_by_role("button", name="Pass on").click()
    expect(page.locator("[data-part=line-choice] option")).to_have_text(["Other line"])
    page.get_by_role("button", name="Pass to this line").click()
    assert not [frame for frame in wire.sent if frame["type"] == "transfer"]
    page.get_by_label("I asked, and they agreed").check()
    page.get_by_role("button", name="Pass to this line").click()
    expect(page.locator("[data-part=passing]")).to_be_hidden()
    (sent,) = [frame for frame in wire.sent if frame["type"] == "transfer"]
    assert (sent["line"], sent["consent"]) == ("other", True)


def test_an_offer_that_nobody_answered_is_told_as_that(alone: tuple[Page, Wire]) -> None:
    page, wire = alone
    past = "2020-01-01T00:00:00Z"
    offered = {**HELD, "offered_to": "Robin", "offered_until": past}
    one = wire.holds([{"from": "visitor", "text": "hello"}], **offered)
    expect(page.locator("[data-part=offered]")).to_contain_text("Less than a minute left.")
    wire.state_becomes(one, version=2, offered_to="", offered_until=None)
    expect(page.locator("[data-part=handed-told]")).to_contain_text("Robin did not answer in time.")


def test_who_comes_is_told(alone: tuple[Page, Wire]) -> None:
    page, wire = alone
    wire.holds([{"from": "visitor", "text": "hello"}], **{**HELD, "help": "hand_over", "help_by": "Alex"})
    expect(page.locator("[data-part=asked]")).to_contain_text(
        "You asked a supervisor to take over. Alex is coming."
    )


def test_escape_closes_the_ways_and_comes_back_to_the_button(alone: tuple[Page, Wire]) -> None:
    page, wire = alone
    wire.holds([{"from": "visitor", "text": "hello"}], **HELD)
    shift(wire)
    button = page.get_by_role("button", name="Pass on")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert checks.stops(page) == []
    page.locator("[data-part=to-queue]").press("Escape")
    expect(button).to_be_focused()
    expect(page.locator("[data-part=passing]")).to_be_hidden()
