"""A supervisor at work in a real browser, beside a volunteer and a person in theirs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import servers
from tests.browser import people
from tests.browser.people import Chatting, Desk, Facts, answers, gives_back, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

RISKY = "i have the pills here and im going to do it tonight"
JO = {"name": "Jo", "username": "jo", "password": "jo-supervises-here", "role": "supervisor"}


@pytest.fixture(scope="module")
def facts(demo: servers.Process, demo_json: Facts) -> Facts:
    """With a second supervisor, Jo."""
    code = (
        "from chatline.lines.models import Line; from chatline.people.actions import add_staff;"
        f"add_staff('jo', 'Jo', Line.objects.get(slug='demo').id, 'supervisor', password={JO['password']!r})"
    )
    servers.run("shell", "-c", code, environment={**demo.environment, "CHATLINE_DEMO": "1"})
    return {**demo_json, "staff": [*demo_json["staff"], JO]}


@pytest.fixture(scope="module")
def sam(browser: Browser, facts: Facts) -> Iterator[Desk]:
    page = new_page(browser)
    desk = people.desk(page, facts)
    desk.goes_ready()
    yield desk
    page.context.close()


@pytest.fixture
def visitor(browser: Browser, facts: Facts) -> Iterator[Chatting]:
    page = new_page(browser, 390, 780)
    page.route("**/www.wikipedia.org/**", lambda route: route.fulfill(body="safe"))
    yield people.chat(page, facts)
    leaves(page)
    page.context.close()


def leaves(page: Page) -> None:
    """Whoever waits is gone at once, and whoever is with somebody once they are let go."""
    if "wikipedia" not in page.url:
        page.locator("#leave").click()
        page.wait_for_url("**wikipedia**")


@pytest.fixture
def alex(browser: Browser, facts: Facts) -> Iterator[Page]:
    page = new_page(browser)
    people.sign_in(page, facts, "alex", "supervise")
    expect(page.locator("#talks li, #no-talks:visible").first).to_be_attached()
    yield page
    page.context.close()


def watches(alex: Page, card: Locator) -> Locator:
    """Opens the conversation of this card; the view that shows it."""
    card.locator("[data-part=watch]").click()
    view = alex.locator(".view:visible")
    expect(view).to_be_focused()
    return view


def released(sam: Desk, words: str, visitor: Chatting) -> None:
    """The person leaves and Sam's seat is free again."""
    leaves(visitor.page)
    pane = sam.pane_with(words)
    gives_back(pane)
    expect(pane).to_have_count(0)


def test_a_supervisor_reads_along_whispers_joins_and_takes_over(
    alex: Page, sam: Desk, visitor: Chatting
) -> None:
    visitor.says("my sister does not talk to me")
    pane = sam.takes("my sister does not talk to me")
    view = watches(alex, alex.locator("#talks li").filter(has_text="Sam").last)
    expect(view).to_contain_text("my sister does not talk to me")
    expect(pane).to_contain_text("Alex (supervisor) is reading along.")

    view.get_by_label("To Sam only").fill("ask what happened in spring")
    view.get_by_role("button", name="Whisper to Sam").click()
    expect(view.locator(".beside")).to_contain_text("ask what happened in spring")
    expect(view.get_by_label("To Sam only")).to_have_value("")

    view.get_by_role("button", name="Join", exact=True).click()
    expect(view).to_contain_text("They are told at once")
    view.get_by_role("button", name="Join now").click()
    expect(visitor.log).to_contain_text("Alex is here now too.")
    view.locator("[data-part=text]").fill("We are both here for you.")
    view.get_by_role("button", name="Send to").click()
    expect(visitor.log.locator(".from-supervisor")).to_contain_text("Alex")
    expect(visitor.log).to_contain_text("We are both here for you.")
    expect(pane.locator(".from-supervisor")).to_contain_text("Alex (supervisor)")
    expect(pane).to_contain_text("Alex (supervisor) has joined")
    expect(visitor.log).not_to_contain_text("spring")

    answers(pane, "I am glad that Alex is here.")
    expect(view).to_contain_text("I am glad that Alex is here.")
    view.get_by_role("button", name="Take over", exact=True).click()
    view.get_by_role("button", name="Take over now").click()
    expect(view).to_contain_text("With you.")
    expect(sam.page.locator("#told")).to_contain_text("is no longer with you")
    expect(visitor.status).to_contain_text("Alex is here with you.")
    view.locator("[data-part=text]").fill("It is me from now on.")
    view.get_by_role("button", name="Send to").click()
    expect(visitor.log).to_contain_text("It is me from now on.")


def test_what_a_supervisor_watches_is_not_theirs_on_their_desk(
    alex: Page, sam: Desk, visitor: Chatting, browser: Browser, facts: Facts
) -> None:
    visitor.says("the night is long")
    sam.takes("the night is long")
    watches(alex, alex.locator("#talks li").filter(has_text="Sam").last)
    desk = new_page(browser)
    people.desk(desk, facts, "alex")
    expect(desk.locator("#queue, #mine").first).to_be_attached()
    desk.wait_for_timeout(500)
    expect(desk.get_by_text("the night is long")).to_have_count(0)
    desk.context.close()
    released(sam, "the night is long", visitor)


def test_a_watch_that_ends_by_itself_says_so(alex: Page, sam: Desk, visitor: Chatting) -> None:
    visitor.says("good evening to you")
    pane = sam.takes("good evening to you")
    watches(alex, alex.locator("#talks li").filter(has_text="Sam").last)
    leaves(visitor.page)
    gives_back(pane)
    expect(alex.locator("#told")).to_contain_text("is not open here any more")
    expect(alex.get_by_text("good evening to you")).to_have_count(0)


def give_ready(browser: Browser, facts: Facts) -> Page:
    """Robin's desk, ready with a free seat."""
    page = new_page(browser)
    people.desk(page, facts, "robin").goes_ready()
    return page


@pytest.mark.parametrize("how", ["by keyboard", "by dragging"])
def test_a_waiting_person_is_given_to_a_volunteer_who_reads_by_whom(
    how: str, alex: Page, visitor: Chatting, browser: Browser, facts: Facts
) -> None:
    robin = give_ready(browser, facts)
    visitor.says(f"given {how}")
    card = alex.locator("#waiting li").filter(has_text="waiting just now").last
    colleague = alex.locator("#colleagues li").filter(has_text="Robin")
    expect(card).to_be_visible()
    expect(colleague).to_have_attribute("data-free", "true")
    if how == "by keyboard":
        card.get_by_role("combobox").focus()
        alex.keyboard.type("Rob")
        alex.keyboard.press("Tab")
        alex.keyboard.press("Enter")
    else:
        card.locator(".grip").drag_to(colleague)
    expect(alex.locator("#told")).to_contain_text("is with Robin now")
    expect(robin.locator("#told")).to_contain_text("Alex gave you")
    pane = robin.locator(".pane").filter(has_text=f"given {how}")
    expect(pane).to_contain_text("Alex gave them to you.")
    leaves(visitor.page)
    gives_back(pane)
    expect(pane).to_have_count(0)
    robin.context.close()


def test_an_emergency_is_written_down_signed_by_a_second_person_and_ends_the_flag(
    alex: Page, visitor: Chatting, browser: Browser, facts: Facts
) -> None:
    visitor.says(RISKY)
    flag = alex.locator("li.flag").filter(has_text="going to do it")
    expect(flag.locator(".context mark").first).to_have_text("have the pills here")
    flag.get_by_role("button", name="I've got this").click()
    flag.locator("[data-part=outcome]").select_option("emergency_action")
    flag.get_by_role("button", name="Resolve").click()
    expect(alex.locator("#alert")).to_contain_text("Write down first what was done")
    flag.get_by_role("button", name="Write down what was done").click()
    form = alex.locator("form.emergency")
    expect(form.locator("[data-part=tried]")).to_be_focused()
    form.get_by_label("What was tried first?").fill("asked them to put the pills away")
    form.get_by_label("Do they agree").select_option("yes")
    form.get_by_label("Who was called?").fill("County dispatch")
    form.get_by_role("button", name="Called now").click()
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    mine = alex.locator("#emergencies li")
    expect(mine).to_contain_text("A second person has to sign this.")
    expect(mine.get_by_role("button", name="Sign")).to_be_hidden()

    page = new_page(browser)
    people.sign_in(page, facts, "jo", "supervise")
    to_sign = page.locator("#emergencies li")
    expect(to_sign).to_contain_text("County dispatch")
    to_sign.get_by_role("button", name="Sign").click()
    expect(to_sign).to_have_count(0)
    expect(mine).to_have_count(0)
    page.context.close()
    flag.get_by_role("button", name="Resolve").click()
    expect(flag).to_have_count(0)


def test_a_line_is_paused_in_words_that_those_who_come_read(
    alex: Page, browser: Browser, facts: Facts
) -> None:
    line = alex.locator("#lines li")
    line.get_by_role("button", name="Pause Demo line").click()
    line.get_by_label("What people who come are told").fill("We are back at nine.")
    line.get_by_role("button", name="Pause this line").click()
    expect(line).to_contain_text("Paused", timeout=15_000)  # the verb waits its turn on two busy cores
    expect(line.get_by_role("button", name="Open Demo line again")).to_be_focused()
    page = new_page(browser, 390, 780)
    chat = people.chat(page, facts)
    expect(page.locator("#paused")).to_have_text("We are back at nine.")
    chat.says("is anybody there")
    expect(chat.status).to_contain_text("We are back at nine.")
    page.goto(facts["url"] + "/t/demo/")
    expect(page.locator("body")).to_contain_text("We are back at nine.")
    page.context.close()
    line.get_by_role("button", name="Open Demo line again").click()
    expect(line.locator("[data-part=state]")).to_have_text("Open")


# --- what a running demo does not do by itself ------------------------------------------------------------


@pytest.fixture
def wired(browser: Browser, facts: Facts) -> Iterator[tuple[Page, Wire]]:
    page = new_page(browser)
    wire = Wire(page)
    people.sign_in(page, facts, "alex", "supervise")
    wire.hears("flags")
    yield page, wire
    page.context.close()


def asking(wire: Wire, kind: str) -> dict[str, Any]:
    """Sam asks a supervisor."""
    now = next(frame["now"] for frame in reversed(wire.heard) if "now" in frame)
    help_ = {
        "id": str(uuid4()), "conversation": str(uuid4()), "handle": "Quiet Heron", "line": "Demo line",
        "level": "none", "kind": kind, "note": "they shout at me", "asked_by": "Sam", "asked_at": now,
        "answered_by": "",
    }  # fmt: skip
    wire.tell({"type": "flags", "flags": [], "alarms": [], "helps": [help_], "emergencies": [], "now": now})
    return help_


def test_somebody_who_asks_is_answered_and_their_conversation_opened(wired: tuple[Page, Wire]) -> None:
    page, wire = wired
    help_ = asking(wire, "advice")
    card = page.locator("#helps li")
    expect(card).to_contain_text("Sam asks for advice.")
    wire.answers = {"answer_help": lambda _: None, "watch": lambda _: None}
    card.get_by_role("button", name="I'm coming").click()
    assert wire.sent[-2:] == [
        {"type": "answer_help", "help": help_["id"]},
        {"type": "watch", "conversation": help_["conversation"]},
    ]


def test_an_abusive_contact_is_ended_and_barred_from_where_it_was_given_up(
    wired: tuple[Page, Wire],
) -> None:
    page, wire = wired
    help_ = asking(wire, "abuse")
    card = page.locator("#helps li")
    wire.answers = {"bar": lambda _: None}
    card.get_by_label("End it, and then").select_option("168")
    card.get_by_label("Because of").select_option("threats")
    card.get_by_role("button", name="End it").click()
    assert wire.sent[-1] == {
        "type": "bar",
        "conversation": help_["conversation"],
        "hours": 168,
        "reason": "threats",
    }


def test_a_whisper_that_is_refused_stays_in_its_box(
    wired: tuple[Page, Wire], sam: Desk, visitor: Chatting
) -> None:
    page, wire = wired
    visitor.says("it is late")
    sam.takes("it is late")
    view = watches(page, page.locator("#talks li").filter(has_text="Sam").last)
    conversation = view.get_attribute("data-conversation")
    refusal = {"type": "error", "code": "forgotten", "detail": "", "conversation": conversation}
    wire.answers = {"whisper": lambda _: wire.tell({**refusal, "key": None, "retry_after": None})}
    view.get_by_label("To Sam only").fill("say that you are there")
    view.get_by_role("button", name="Whisper to Sam").click()
    expect(view.get_by_role("alert")).to_contain_text("Their words were erased.")
    expect(view.get_by_label("To Sam only")).to_have_value("say that you are there")
    released(sam, "it is late", visitor)


def test_nothing_moves_under_the_pointer(wired: tuple[Page, Wire]) -> None:
    page, wire = wired
    now = next(frame["now"] for frame in reversed(wire.heard) if "now" in frame)

    def flag(handle: str) -> dict[str, Any]:
        return {
            "id": handle, "conversation": str(uuid4()), "handle": handle, "medium": "web", "line": "Demo line",
            "level": "high", "reasons": [], "state": "open", "raised_at": now, "held_by": "", "reachable": True,
            "note": "", "context": [],
        }  # fmt: skip

    rest = {"type": "flags", "alarms": [], "helps": [], "emergencies": [], "now": now}
    wire.tell({**rest, "flags": [flag("First")]})
    page.locator("li.flag").hover()
    wire.tell({**rest, "flags": [flag("Worse"), flag("First")]})
    expect(page.locator("li.flag h3")).to_have_text(["First", "Worse"])
    page.mouse.move(700, 60)
    expect(page.locator("li.flag h3")).to_have_text(["Worse", "First"])


# --- nobody answers ---------------------------------------------------------------------------------------

CALLS = [
    {"name": "Jo", "channel": "text", "state": "failed", "step": 3},
    {"name": "Jo", "channel": "voice", "state": "arrived", "step": 3},
]


def nobody_answers(wire: Wire, minutes: int = 4) -> None:
    wire.hears("queue")
    since = (datetime.fromisoformat(wire.now()) - timedelta(minutes=minutes)).isoformat()
    wire.keeps("queue", unanswered=1, unanswered_since=since)


def test_the_bar_is_on_a_volunteers_desk_until_somebody_answers_and_is_read_out_once(
    browser: Browser, facts: Facts
) -> None:
    page = new_page(browser)
    wire = Wire(page)
    people.desk(page, facts, "robin")
    bar, told = page.locator("#unanswered"), page.locator("#unanswered-told")
    expect(bar).to_be_hidden()
    nobody_answers(wire)
    expect(bar).to_contain_text("Nobody has answered a high-risk flag for 4 min.")
    expect(told).to_have_text("Nobody has answered a high-risk flag.")
    page.evaluate(
        """() => {
            window.again = 0;
            const options = { childList: true, characterData: true, subtree: true };
            new MutationObserver(() => window.again++).observe(document.getElementById('unanswered-told'), options);
        }"""
    )
    wire.time_passes(120)
    expect(bar).to_contain_text("for 6 min.")
    assert page.evaluate("window.again") == 0
    wire.keeps("queue", unanswered=0, unanswered_since=None)
    expect(bar).to_be_hidden()
    expect(told).to_be_empty()
    page.context.close()


def test_a_supervisor_sees_who_was_called_with_the_keyboard_alone(
    browser: Browser, facts: Facts, visitor: Chatting
) -> None:
    visitor.says(RISKY)
    page = new_page(browser)
    wire = Wire(page)
    people.sign_in(page, facts, "alex", "supervise")
    wire.hears("flags")
    expect(page.locator("li.flag").first).to_be_visible()
    flag = next(frame for frame in reversed(wire.heard) if frame["type"] == "flags")["flags"][0]
    climbed = {**flag, "state": "open", "step": 7, "steps": 4, "unanswered": True, "calls": CALLS}
    dead = {"page": "p", "name": "Pager", "line": "Demo line", "level": "high", "error": "timeout"}
    wire.keeps("flags", flags=[climbed], dead=[{**dead, "made_at": wire.now()}])
    ladder = page.locator("li.flag details.climb")
    expect(ladder).to_contain_text("Step 3 of 4, round 2: 2 called, 1 arrived, 1 failed")
    ladder.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(ladder.locator("li")).to_have_text(["Jo: text failed", "Jo: phone call arrived"])
    wire.answers["try_again"] = lambda _: None
    page.get_by_role("button", name="Try again Pager, Demo line").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dead li")).to_have_count(1)  # until the line says otherwise
    assert {"type": "try_again", "page": "p"} in wire.sent
    page.context.close()
