"""The main job, walked by each of its people in a real browser against a running `chatline demo`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.people import Chatting, Desk, Facts, answers, closes, new_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sam(browser: Browser, demo_json: Facts) -> Iterator[Desk]:
    """A volunteer who is ready; nobody may be left with them at the end of a test."""
    page = new_page(browser)
    desk = people.desk(page, demo_json)
    desk.goes_ready()
    yield desk
    page.context.close()


@pytest.fixture
def visitor(browser: Browser, demo_json: Facts) -> Iterator[Chatting]:
    page = new_page(browser, 390, 780)
    yield people.chat(page, demo_json)
    page.context.close()


def close_now(sam: Desk, words: str) -> None:
    """Closes a conversation and waits out the ten seconds, so that its seat is free again."""
    pane = sam.pane_with(words)
    closes(pane)
    expect(pane.get_by_role("button", name="Undo")).to_be_visible()
    expect(sam.pane_with(words)).to_have_count(0, timeout=15_000)


def test_a_visitor_chats_with_a_volunteer(visitor: Chatting, sam: Desk) -> None:
    visitor.says("i lost my job today")
    expect(visitor.log).to_contain_text("Sent")
    expect(visitor.status).to_contain_text("keep typing")
    visitor.says("and i cannot sleep")
    pane = sam.takes("i lost my job today")
    expect(pane).to_contain_text("and i cannot sleep")
    answers(pane, "Hi, I am Sam. I am here.")
    expect(visitor.log).to_contain_text("Hi, I am Sam. I am here.")
    close_now(sam, "i lost my job today")
    expect(visitor.status).to_contain_text("ended")


def test_a_reload_shows_the_whole_chat_once(visitor: Chatting, sam: Desk) -> None:
    visitor.says("my dog is ill")
    pane = sam.takes("my dog is ill")
    answers(pane, "What is your dog called?")
    expect(visitor.log).to_contain_text("called?")
    visitor.page.reload()
    expect(visitor.log.get_by_text("my dog is ill")).to_have_count(1)
    expect(visitor.log.get_by_text("What is your dog called?")).to_have_count(1)
    visitor.says("Rex")
    expect(pane).to_contain_text("Rex")
    close_now(sam, "my dog is ill")


def test_a_visitor_chats_from_another_website(browser: Browser, demo_json: Facts, sam: Desk) -> None:
    page = new_page(browser, 1200, 800)
    visitor = people.chat_elsewhere(page, demo_json)
    visitor.says("i found you on that page")
    pane = sam.takes("i found you on that page")
    answers(pane, "Good that you wrote.")
    expect(visitor.log).to_contain_text("Good that you wrote.")
    close_now(sam, "i found you on that page")
    page.context.close()


def test_a_texter_is_welcomed_answered_and_the_volunteer_sees_it_delivered(
    page: Page, demo_json: Facts, sam: Desk
) -> None:
    texter = people.phone(page, demo_json)
    texter.sends("is anyone there")
    expect(texter.phone).to_contain_text("you are not alone")
    expect(texter.phone).to_contain_text("Delivered")
    pane = sam.takes("is anyone there")
    answers(pane, "Yes, I am here.")
    expect(texter.phone).to_contain_text("Yes, I am here.")
    expect(pane.locator("[data-part=log]")).to_contain_text("Delivered")
    texter.sends("thank you")
    expect(pane).to_contain_text("thank you")
    expect(texter.phone.get_by_text("you are not alone")).to_have_count(1)
    close_now(sam, "is anyone there")


def test_a_texter_who_sends_stop_is_shown_as_out_of_reach(page: Page, demo_json: Facts, sam: Desk) -> None:
    texter = people.phone(page, demo_json, 1)
    texter.sends("hello")
    pane = sam.takes("hello")
    texter.sends("Stop.")
    expect(texter.phone).to_contain_text("you will get no more texts from us")
    expect(pane).to_contain_text("Texts cannot reach them any more")
    close_now(sam, "Stop.")


def test_a_close_can_be_undone(visitor: Chatting, sam: Desk) -> None:
    visitor.says("just a short question")
    pane = sam.takes("just a short question")
    closes(pane)
    pane.get_by_role("button", name="Undo").click()
    expect(pane.get_by_role("button", name="Undo")).to_be_hidden()
    answers(pane, "Go on, please ask.")
    expect(visitor.log).to_contain_text("Go on, please ask.")
    close_now(sam, "just a short question")


def test_a_released_person_is_taken_by_a_colleague_with_their_history(
    browser: Browser, demo_json: Facts, visitor: Chatting, sam: Desk
) -> None:
    visitor.says("it is about my sister")
    pane = sam.takes("it is about my sister")
    people.gives_back(pane)
    page = new_page(browser)
    robin = people.desk(page, demo_json, "robin")
    robin.goes_ready()
    taken = robin.takes("it is about my sister")
    answers(taken, "I am Robin.")
    expect(visitor.log).to_contain_text("I am Robin.")
    close_now(robin, "it is about my sister")
    page.context.close()


def test_a_risky_message_is_flagged_acknowledged_resolved_and_only_then_closed(
    browser: Browser, demo_json: Facts, visitor: Chatting, sam: Desk
) -> None:
    page = new_page(browser, 1200, 900)
    people.sign_in(page, demo_json, "alex", "supervise")
    page.get_by_role("button", name="Sound is off").click()
    visitor.says("i have the pills here and im going to do it tonight")
    flag = page.locator("li.flag")
    expect(flag).to_contain_text("In danger now")
    expect(flag).to_contain_text("have the pills here")
    expect(flag).to_contain_text("Nobody has answered")
    pane = sam.takes("i have the pills here")
    pane.get_by_role("button", name="Close", exact=True).click()
    expect(pane.get_by_role("alert")).to_contain_text("A supervisor has to resolve it")
    flag.get_by_role("button", name="I've got this").click()
    expect(flag).to_contain_text("Alex")
    flag.locator("[data-part=outcome]").select_option("watched")
    flag.locator("[data-part=reason]").fill("with Sam all the time")
    flag.get_by_role("button", name="Resolve").click()
    expect(flag).to_have_count(0)
    close_now(sam, "i have the pills here")
    page.context.close()


def test_on_a_phone_whoever_was_just_taken_is_who_is_shown(browser: Browser, demo_json: Facts) -> None:
    visitors = [people.chat(new_page(browser, 390, 780), demo_json) for _ in range(2)]
    page = new_page(browser, 390, 844)
    robin = people.desk(page, demo_json, "robin")
    robin.goes_ready()
    for number, visitor in enumerate(visitors):
        visitor.says(f"i am number {number}")
        robin.takes_next()
        expect(page.locator(".pane:visible")).to_contain_text(f"i am number {number}")
    for number, visitor in enumerate(visitors):
        robin.goes_to_list()
        page.locator("#mine button").first.click()
        close_now(robin, f"i am number {number}")
        visitor.page.context.close()
    page.context.close()


def test_leaving_now_leaves_nothing_to_go_back_to(visitor: Chatting, demo_json: Facts) -> None:
    visitor.page.route("**/www.wikipedia.org/**", lambda route: route.fulfill(body="safe"))
    visitor.says("somebody is coming")
    expect(visitor.log).to_contain_text("Sent")
    visitor.page.locator("#leave").click()
    visitor.page.wait_for_url("**wikipedia**")
    visitor.page.goto(demo_json["pages"]["chat"])
    expect(visitor.page.locator("body")).not_to_contain_text("somebody is coming")


def test_a_visitor_leaves_no_cookie_and_no_storage_but_the_tabs_own(visitor: Chatting) -> None:
    visitor.says("hello there")
    expect(visitor.log).to_contain_text("Sent")
    assert visitor.page.context.cookies() == []
    assert visitor.page.evaluate("[localStorage.length, sessionStorage.length, history.length]") == [0, 1, 2]
