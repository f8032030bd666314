"""What a volunteer sees of texts: what they cost before they are sent, and what became of them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import people
from tests.browser.people import Facts, answers, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

OPENING = "is this the text line"
ANSWER = "Yes, I am here with you."
SENTENCE = "I have read all that you wrote, and I am glad that you told me. "


class Held:
    """Robin, with one texter, and a hand on the wire."""

    def __init__(self, page: Page, wire: Wire, pane: Locator) -> None:
        self.page, self.wire, self.pane = page, wire, pane
        self.box = pane.locator("[data-part=text]")
        self.cost = pane.locator("[data-part=cost]")
        self.offer = pane.locator("[data-part=plain]")

    def line_with(self, words: str) -> Locator:
        return self.pane.locator(".log > div").filter(has_text=words)

    def state_becomes(self, **changes: Any) -> None:
        self.wire.state_becomes(self.wire.message(OPENING)["conversation"], **changes)

    def mark(self, words: str = ANSWER) -> Locator:
        return self.line_with(words).locator(".mark")


@pytest.fixture(scope="module")
def robin(browser: Browser, demo_json: Facts) -> Iterator[Held]:
    handset = new_page(browser)
    texter = people.phone(handset, demo_json)
    texter.sends(OPENING)
    expect(texter.phone).to_contain_text("not alone")
    page = new_page(browser)
    wire = Wire(page)
    desk = people.desk(page, demo_json, "robin")
    desk.goes_ready()
    answers(desk.takes(OPENING), ANSWER)
    conversation = wire.message(OPENING)["conversation"]
    held = Held(page, wire, page.locator(f'.pane[data-conversation="{conversation}"]'))
    expect(held.mark()).to_have_text("Delivered")
    yield held
    page.context.close()
    handset.context.close()


@pytest.fixture(autouse=True)
def as_before(robin: Held) -> Iterator[None]:
    yield
    robin.box.fill("")
    robin.wire.message_becomes(ANSWER)
    robin.state_becomes()


# --- what it will cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("", ""),
        ("Hello", "1 text."),
        ("a" * 160, "1 text."),
        ("a" * 161, "2 texts."),
        ("a" * 160 + " \n", "1 text."),
        ("“" + "a" * 70 + "😢", "2 texts. It counts longer because of 😢"),
        ("a" * 70 + "—", "2 texts. It counts longer because of special characters."),
        (SENTENCE * 30, "14 texts. Will arrive as 2 separate messages, split at a sentence."),
    ],
    ids=["nothing", "short", "just one", "one more", "blanks are not sent", "emoji", "dash", "very long"],
)
def test_the_cost_stands_under_the_box(robin: Held, text: str, cost: str) -> None:
    robin.box.fill(text)
    expect(robin.cost).to_have_text(cost)


def test_a_web_chat_has_no_cost(robin: Held) -> None:
    robin.state_becomes(medium="web")
    robin.box.fill("Hello “you” " * 20)
    expect(robin.pane.locator("[data-part=medium]")).to_have_text("Web chat")
    expect(robin.cost).to_be_empty()
    expect(robin.offer).to_be_hidden()


def test_plain_characters_are_offered_applied_and_can_be_undone(robin: Held) -> None:
    typed = "I’m glad… “you” wrote. " + "It is good that you did that. " * 4
    robin.box.fill(typed)
    robin.box.evaluate("box => box.setSelectionRange(9, 9)")
    expect(robin.offer).to_have_text("Use plain characters: 1 text instead of 3")
    robin.offer.click()
    expect(robin.box).to_have_value(
        typed.replace("’", "'").replace("…", "...").replace("“", '"').replace("”", '"')
    )
    expect(robin.cost).to_have_text("1 text.")
    expect(robin.offer).to_be_hidden()
    expect(robin.box).to_be_focused()
    assert robin.box.evaluate("box => box.selectionStart") == 11  # still after "glad…"
    robin.page.keyboard.press("Control+z")
    expect(robin.box).to_have_value(typed)


def test_plain_characters_are_not_offered_where_they_save_nothing(robin: Held) -> None:
    robin.box.fill("It’s ok")
    expect(robin.cost).to_have_text("1 text.")
    expect(robin.offer).to_be_hidden()
    robin.box.fill("¿Estás bien? “sí” " * 9)
    expect(robin.cost).to_contain_text("texts")
    expect(robin.offer).to_be_hidden()


def test_a_screen_reader_hears_the_cost_once_the_typing_rests(robin: Held) -> None:
    told = robin.pane.locator("[data-part=cost-told]")
    robin.box.press_sequentially("a" * 170, delay=1)
    expect(robin.cost).to_have_text("2 texts.")
    expect(told).to_be_empty()
    expect(told).to_have_text("2 texts.")


# --- what became of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "words", "shape"),
    [
        ({"delivery": "ready"}, "Queued", "○"),
        ({"delivery": "sent"}, "Sent", "✓"),
        ({"delivery": "delivered"}, "Delivered", "✓✓"),
        ({"delivery": "unknown"}, "Checking whether it arrived", "…"),
        ({"delivery": "unknown", "resend": True}, "May not have arrived", "?"),
        ({"delivery": "undelivered"}, "Not delivered", "!"),
        ({"delivery": "failed", "fault": "filtered"}, "a filter stopped it", "!"),
        ({"delivery": "undelivered", "fault": "phone_off"}, "the phone is off or out of reach", "!"),
        ({"delivery": "dropped", "fault": "gone"}, "Not sent: the words or the number were erased", "!"),
        ({"delivery": "failed", "fault": "of_a_newer_line"}, "Not delivered", "!"),
    ],
    ids=lambda case: ", ".join(map(str, case.values())) if isinstance(case, dict) else "",
)
def test_a_mark_has_words_and_a_shape(robin: Held, frame: dict[str, Any], words: str, shape: str) -> None:
    robin.wire.message_becomes(ANSWER, **frame)
    expect(robin.mark()).to_contain_text(words)
    drawn = robin.mark().evaluate("mark => getComputedStyle(mark, '::before').content")
    assert re.findall(r'"([^"]*)"', drawn)[0] == shape
    again = robin.line_with(ANSWER).get_by_role("button", name="Send again")
    expect(again).to_be_visible(visible=bool(frame.get("resend")))


def test_a_refused_resend_says_why(robin: Held) -> None:
    robin.wire.message_becomes(ANSWER, delivery="unknown", resend=True)
    refusal = {"type": "error", "detail": "", "key": None, "retry_after": None}
    robin.wire.answers["resend"] = lambda frame: robin.wire.tell(
        {**refusal, "code": "cannot_resend", "conversation": frame["conversation"]}
    )
    robin.line_with(ANSWER).get_by_role("button", name="Send again").click()
    expect(robin.pane.get_by_role("alert")).to_have_text("It was sent again already, or has arrived.")
    expect(robin.mark()).to_have_text("May not have arrived")


def test_what_may_not_have_arrived_is_sent_again_with_one_click(robin: Held) -> None:
    robin.wire.message_becomes(ANSWER, delivery="undelivered", fault="phone_off", resend=True)
    expect(robin.page.locator("#mine").get_by_text("May not have heard you")).to_be_visible()
    robin.wire.answers["resend"] = lambda frame: None
    robin.line_with(ANSWER).get_by_role("button", name="Send again").click()
    expect(robin.mark()).to_have_text("Sending again")
    expect(robin.line_with(ANSWER).get_by_role("button", name="Send again")).to_be_hidden()
    frame = robin.wire.message(ANSWER)
    asked = [sent for sent in robin.wire.sent if sent["type"] == "resend"]
    assert asked[-1] == {"type": "resend", "conversation": frame["conversation"], "seq": frame["seq"]}
    robin.wire.message_becomes(ANSWER, delivery="sent", version=frame["version"])
    expect(robin.page.locator("#mine").get_by_text("May not have heard you")).to_be_hidden()


def test_a_wish_to_be_erased_is_shown(robin: Held) -> None:
    robin.state_becomes(erase_asked=True)
    expect(robin.pane).to_contain_text("They asked us to erase this.")
