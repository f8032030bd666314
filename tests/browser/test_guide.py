"""What stands beside the talk on a desk, in a real browser and against a real line."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import checks, people
from tests.browser.pages import PAGES
from tests.browser.people import Chatting, Facts, new_page
from tests.browser.story import watches
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

OPENING = "nobody knows how tired i am"
HELLO = "Hi, I'm glad you wrote. I'm a trained volunteer, and I have time for you now. What's going on?"


class Talk:
    """Sam, with one person, and an ear on the wire."""

    def __init__(self, page: Page, wire: Wire, pane: Locator, visitor: Chatting, facts: Facts) -> None:
        self.page, self.wire, self.pane, self.visitor, self.facts = page, wire, pane, visitor, facts
        self.box = pane.locator("[data-part=text]")
        self.guide = pane.locator(".guide")
        self.conversation = str(pane.get_attribute("data-conversation"))

    def opens(self, section: str) -> Locator:
        """One section of the guide."""
        if not self.guide.is_visible():
            self.pane.get_by_role("button", name="Guide", exact=True).click()
        found = self.guide.locator(f"[data-section={section}]")
        if found.get_attribute("open") is None:
            found.locator("summary").click()
        return found

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.wire.sent if frame["type"] == kind]

    def hears_note(self, number: int, kind: str, text: str) -> None:
        state = next(one for one in reversed(self.wire.heard) if one["type"] == "state")
        about = {"conversation": self.conversation, "version": state["version"], "name": "Alex"}
        told = {"type": "noted", "id": number, "kind": kind, "text": text, "at": self.wire.now()}
        self.wire.tell({**told, **about})


@pytest.fixture(scope="module")
def talk(browser: Browser, demo_json: Facts) -> Iterator[Talk]:
    visitor = people.chat(new_page(browser, 390, 780), demo_json)
    visitor.says(OPENING)
    page = new_page(browser)
    wire = Wire(page)
    desk = people.desk(page, demo_json, "sam")
    desk.goes_ready()
    yield Talk(page, wire, desk.takes(OPENING), visitor, demo_json)
    page.context.close()
    visitor.page.context.close()


@pytest.fixture(autouse=True)
def as_before(talk: Talk) -> Iterator[None]:
    yield
    if talk.pane.count():
        talk.box.fill("")
    if talk.guide.is_visible():
        talk.guide.get_by_role("button", name="Close guide").click()


# --- the guide --------------------------------------------------------------------------------------------


def test_a_sentence_of_the_guide_goes_into_the_box_and_is_not_sent(talk: Talk) -> None:
    said = len(talk.sent("say"))
    talk.box.fill("Thank you.")
    talk.opens("arc").get_by_role("button", name="What happened today that made it harder?").click()
    expect(talk.box).to_have_value("Thank you.\nWhat happened today that made it harder?")
    expect(talk.box).to_be_focused()
    talk.page.keyboard.press("Control+z")
    expect(talk.box).to_have_value("Thank you.")
    assert len(talk.sent("say")) == said


def test_by_keyboard_the_guide_opens_is_gone_through_and_closes_where_one_was(talk: Talk) -> None:
    button = talk.pane.get_by_role("button", name="Guide", exact=True)
    button.press("Enter")
    expect(talk.guide).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    for _ in range(3):
        talk.page.keyboard.press("Tab")
    expect(talk.guide.locator(".phrase").first).to_be_focused()
    talk.page.keyboard.press("Escape")
    expect(talk.guide).to_be_hidden()
    expect(button).to_be_focused()


def test_an_answer_is_recorded_once_the_choice_rests_and_none_that_was_only_passed(talk: Talk) -> None:
    """Four times yes calls a supervisor: arrow keys must not say what nobody meant."""
    before = len(talk.sent("answer"))
    first = talk.opens("risk").locator("fieldset").nth(0)
    first.get_by_label("Yes").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        talk.page.keyboard.press(key)
    expect(first.locator("[data-recorded]")).to_contain_text("Recorded by Sam")
    expect(first.get_by_label("Not sure")).to_be_checked()
    assert [frame["reply"] for frame in talk.sent("answer")[before:]] == ["unsure"]


def test_leaving_a_question_records_its_answer_at_once(talk: Talk) -> None:
    questions = talk.opens("risk").locator("fieldset")
    questions.nth(1).get_by_label("No", exact=True).check()
    questions.nth(2).get_by_label("Yes").focus()
    expect(questions.nth(1).locator("[data-recorded]")).to_contain_text("Recorded by Sam", timeout=1_000)


def test_a_plan_is_previewed_and_reaches_them_word_for_word_to_keep(talk: Talk) -> None:
    plan = talk.opens("plan")
    plan.get_by_label("Signs that it gets worse").fill("I stop eating")
    plan.get_by_label("People they can ask for help").fill("Ana\nmy neighbour")
    plan.get_by_role("button", name="Preview").click()
    preview = str(plan.locator("[data-part=plan-words]").text_content())
    assert preview.startswith("The plan we made:\n")
    assert "plan" not in {frame["type"] for frame in talk.wire.sent if frame.get("key")}, "sent unseen"
    plan.get_by_role("button", name="Send to them").click()
    expect(plan).to_contain_text("Kept. They have it since")
    last = talk.visitor.log.locator(".theirs .text").last
    expect(last).to_contain_text("my neighbour")
    assert last.text_content() == preview
    talk.visitor.page.locator("#menu > summary").click()
    talk.visitor.page.locator("#keep").click()
    expect(talk.visitor.page.get_by_role("button", name="Copy the plan alone")).to_be_visible()


def test_what_is_searched_for_is_found_and_put_into_the_box(talk: Talk) -> None:
    words = talk.opens("words")
    words.get_by_label("Search").fill("WATER cold")
    expect(words.locator("li")).to_have_count(1)
    expect(words.locator("[data-part=found]")).to_have_text("1 found")
    words.get_by_role("button", name="Put into the box").click()
    expect(talk.box).to_have_value(str(words.locator("li [data-part=words]").text_content()))


def test_a_note_is_kept_for_staff_alone(talk: Talk) -> None:
    notes = talk.opens("notes")
    notes.get_by_label("Private note").fill("they have a dog")
    notes.get_by_role("button", name="Keep the note").click()
    expect(notes.locator("li")).to_contain_text("they have a dog")
    expect(notes.get_by_label("Private note")).to_have_value("")
    expect(talk.page.locator("#told")).to_have_text("The note was kept.")
    expect(talk.visitor.page.locator("body")).not_to_contain_text("they have a dog")


def test_a_whisper_is_noticed_with_the_guide_closed_and_stays_until_it_was_read(talk: Talk) -> None:
    talk.hears_note(10_001, "whisper", "Ask whether the pills are near.")
    shown = talk.pane.locator(".whispered")
    expect(shown).to_contain_text("Alex: Ask whether the pills are near.")
    expect(shown).to_contain_text("Only you see this. It was not sent.")
    expect(talk.page.locator("#told")).to_contain_text("Alex wrote to you alone about")
    expect(talk.page.locator("#mine [data-part=advice]")).to_be_visible()
    shown.get_by_role("button", name="I have read it").click()
    expect(shown).to_be_hidden()
    expect(talk.page.locator("#mine [data-part=advice]")).to_be_hidden()
    expect(talk.opens("notes").locator(".noted-whisper")).to_contain_text("It was not sent")


# --- replies ----------------------------------------------------------------------------------------------


def test_a_slash_lists_the_replies_and_enter_takes_one_for_editing(talk: Talk) -> None:
    said = len(talk.sent("say"))
    talk.box.press_sequentially("/")
    expect(talk.pane.locator("[role=option]")).to_have_count(8)
    talk.page.keyboard.press("ArrowUp")
    expect(talk.pane.get_by_role("option", selected=True)).to_contain_text("/bye")
    talk.page.keyboard.press("ArrowDown")
    chosen = talk.pane.get_by_role("option", selected=True)
    assert talk.box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    expect(talk.pane.locator("[data-part=preview]")).to_have_text(HELLO)
    talk.page.keyboard.press("Enter")
    expect(talk.box).to_have_value(HELLO)
    expect(talk.pane.get_by_role("listbox")).to_be_hidden()
    assert len(talk.sent("say")) == said


def test_what_is_typed_after_the_slash_narrows_the_list_and_enter_never_sends_it(talk: Talk) -> None:
    said = len(talk.sent("say"))
    talk.box.press_sequentially("/help")
    expect(talk.pane.get_by_role("option")).to_have_count(1)
    talk.box.press_sequentially("xyz")
    expect(talk.pane.get_by_role("option")).to_have_count(0)
    talk.page.keyboard.press("Enter")
    expect(talk.box).to_have_value("/helpxyz")
    assert len(talk.sent("say")) == said
    talk.page.keyboard.press("Escape")
    expect(talk.pane.locator(".replies")).to_be_hidden()
    expect(talk.box).to_have_value("/helpxyz")


def test_a_click_takes_a_reply_too_and_a_slash_later_in_the_text_lists_nothing(talk: Talk) -> None:
    talk.box.press_sequentially("/st")
    talk.pane.get_by_role("option").filter(has_text="/still").click()
    expect(talk.box).to_have_value("I'm still here. It isn't always easy to find words. Take your time.")
    talk.box.fill("")
    talk.box.press_sequentially("and/or")
    expect(talk.pane.locator(".replies")).to_be_hidden()


def test_on_a_narrow_phone_nothing_of_it_is_cut_off(browser: Browser, demo_json: Facts) -> None:
    """The pane hides what reaches over its side, so the page would not scroll."""
    for state in (PAGES["desk, guide"], PAGES["desk, closing"]):
        page = new_page(browser, 320, 568)
        state(page, demo_json)
        assert checks.too_wide(page) == []
        page.context.close()


# --- the close, last --------------------------------------------------------------------------------------


def test_a_close_is_said_by_keyboard_undone_and_said_and_next_time_what_was_agreed_is_there(
    talk: Talk,
) -> None:
    page, pane = talk.page, talk.pane
    pane.get_by_role("button", name="Close", exact=True).press("Enter")
    expect(pane.get_by_label("About themselves")).to_be_focused()
    expect(pane).to_contain_text("Suicide was asked about.")
    pane.get_by_label("Grief").press("Space")
    pane.get_by_label("Agreed, for next time").press_sequentially("a walk on Sunday")
    page.keyboard.press("Control+Enter")
    undo = pane.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(talk.box).to_be_focused()
    pane.get_by_role("button", name="Close", exact=True).press("Enter")
    page.keyboard.press("Enter")
    expect(undo).to_be_focused()
    said = talk.sent("close")[-1]["wrap_up"]
    assert (said["contact"], said["topics"], said["agreed"]) == ("self", ["grief"], "a walk on Sunday")
    expect(pane).to_have_count(0, timeout=15_000)

    talk.visitor.says("it is me again")
    again = people.Desk(page).takes("it is me again")
    last = again.locator(".last-time")
    last.locator("summary").click()
    expect(last).to_contain_text("a walk on Sunday")

    alex = new_page(page.context.browser)  # type: ignore[arg-type]  # every page here has a browser
    people.sign_in(alex, talk.facts, "alex", "supervise")
    view = watches(alex, alex.locator("#talks li").filter(has_text="Sam").last)
    expect(view.locator("[data-part=beside]")).to_contain_text("a walk on Sunday")
    alex.context.close()


def test_whoever_was_not_asked_is_not_closed_without_a_reason(talk: Talk) -> None:
    """The person of the test before, who has only come back."""
    pane = talk.page.locator(".pane").first
    before = len(talk.sent("close"))
    pane.get_by_role("button", name="Close", exact=True).press("Enter")
    talk.page.keyboard.press("Enter")
    expect(pane.locator("[data-part=why]")).to_be_focused()
    assert len(talk.sent("close")) == before
    pane.get_by_role("button", name="Ask now").click()
    expect(pane.locator("[data-section=risk] summary")).to_be_focused()
    pane.get_by_role("button", name="Close", exact=True).click()
    pane.get_by_label("Wrong number").check()
    expect(pane.locator("[data-part=why]")).to_have_value("test")
    talk.page.keyboard.press("Enter")
    expect(pane.get_by_role("button", name="Undo")).to_be_focused()
    said = talk.sent("close")[-1]["wrap_up"]
    assert (said["contact"], said["not_asked"]) == (
        "wrong",
        "Nobody in need: a test, or meant for somebody else.",
    )
