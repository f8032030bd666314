"""Several conversations on one desk: how they lie on the page, whose turn it is, and to whom words go."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import people
from tests.browser.people import Facts, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

HELLO = [{"from": "visitor", "text": "hello"}]
NAMES = ("Quiet Heron", "Brave Lark", "Soft Willow", "Kind Otter")


class Table:
    """Robin's desk with people who are held by a hand on the wire, so that what is said reaches nobody."""

    def __init__(self, page: Page, facts: Facts) -> None:
        self.page, self.wire = page, Wire(page)
        people.desk(page, facts, "robin").begins()
        self.wire.answers["say"] = lambda frame: None

    def seats(self, number: int, **state: Any) -> list[str]:
        held = [self.wire.holds(HELLO, handle=name, medium="web", **state) for name in NAMES[:number]]
        expect(self.page.locator(".pane")).to_have_count(number)
        expect(self.card(held[-1])).to_contain_text(NAMES[number - 1])
        return held

    def pane(self, conversation: str) -> Locator:
        return self.page.locator(f"#pane-{conversation}")

    def box(self, conversation: str) -> Locator:
        return self.pane(conversation).locator("[data-part=text]")

    def card(self, conversation: str) -> Locator:
        return self.page.locator(f'[aria-controls="pane-{conversation}"]')

    def said(self) -> list[tuple[str, str]]:
        return [(frame["conversation"], frame["text"]) for frame in self.wire.sent if frame["type"] == "say"]


@pytest.fixture(scope="module")
def the_table(browser: Browser, demo_json: Facts) -> Iterator[Table]:
    page = new_page(browser)
    yield Table(page, demo_json)
    page.context.close()


@pytest.fixture
def table(the_table: Table) -> Table:
    """As on a fresh page, with nobody at it."""
    the_table.page.set_viewport_size({"width": 1440, "height": 900})
    the_table.wire.begins_anew()
    return the_table


# --- where they lie ---------------------------------------------------------------------------------------


def test_three_lie_side_by_side_from_1280_px_on_and_a_fourth_can_be_scrolled_to(table: Table) -> None:
    table.page.set_viewport_size({"width": 1280, "height": 800})
    held = table.seats(4)
    lefts = [table.pane(one).evaluate("pane => pane.getBoundingClientRect().left") for one in held]
    assert lefts == sorted(lefts)
    wide = [
        table.pane(one).evaluate("pane => pane.getBoundingClientRect().right <= innerWidth") for one in held
    ]
    assert wide == [True, True, True, False]
    table.page.keyboard.press("Alt+Shift+Digit4")
    expect(table.box(held[3])).to_be_focused()
    expect(table.pane(held[3])).to_be_in_viewport(ratio=0.9)


def test_below_1280_px_the_list_is_one_of_tabs(table: Table) -> None:
    table.page.set_viewport_size({"width": 1000, "height": 760})
    held = table.seats(3)
    tabs = table.page.get_by_role("tablist", name="With you").get_by_role("tab")
    expect(tabs).to_have_count(3)
    expect(tabs.first).to_have_attribute("aria-selected", "true")
    tabs.first.focus()
    for key, shown in (("ArrowDown", 1), ("End", 2), ("ArrowDown", 0), ("ArrowUp", 2), ("Home", 0)):
        table.page.keyboard.press(key)
        expect(tabs.nth(shown)).to_be_focused()
        expect(table.page.get_by_role("tabpanel")).to_have_attribute("aria-label", NAMES[shown])
    table.page.keyboard.press("Enter")
    expect(table.box(held[0])).to_be_focused()
    table.page.set_viewport_size({"width": 1440, "height": 900})
    expect(table.page.get_by_role("tab")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1280, 680), (1000, 620)])
def test_what_does_not_fit_scrolls_in_its_place_and_never_the_page(
    table: Table, width: int, height: int
) -> None:
    table.page.set_viewport_size({"width": width, "height": height})
    table.seats(4)
    table.page.locator(".wishes").evaluate("wishes => (wishes.open = true)")
    assert table.page.evaluate("document.documentElement.scrollHeight") == height


def test_what_was_said_last_stays_in_view_when_room_is_lost_and_nothing_moves_further_up(
    table: Table,
) -> None:
    table.page.set_viewport_size({"width": 1280, "height": 800})
    one = table.wire.holds([{"from": "visitor", "text": f"Part {n}. " * 20} for n in range(8)], medium="sms")
    expect(table.pane(one).get_by_text("Part 7.").first).to_be_in_viewport()
    two = table.wire.holds(HELLO, handle="Calm Otter")
    expect(table.pane(two)).to_be_visible()
    table.box(one).fill("That is a lot to carry \u2014 I am glad you wrote. " * 8)
    expect(table.pane(one).locator("[data-part=plain]")).to_be_visible()
    scroll = f"document.querySelector('#pane-{one} .scroll')"
    people.until(table.page, f"(one => one.scrollHeight - one.scrollTop - one.clientHeight < 2)({scroll})")
    table.page.evaluate(f"{scroll}.scrollTop = 100")
    table.wire.says(one, "Part 8.")
    table.box(one).fill("")
    expect(table.pane(one).get_by_text("Part 8.").first).to_be_attached()
    assert table.page.evaluate(f"{scroll}.scrollTop") == 100


def test_on_a_phone_there_is_one_and_a_way_to_the_others(table: Table) -> None:
    table.page.set_viewport_size({"width": 390, "height": 780})
    held = table.seats(2)
    expect(table.page.locator(".pane:visible")).to_have_count(1)
    expect(table.page.locator("#take")).to_be_hidden()
    expect(table.page.locator("#others")).to_have_text("1 other waits for you")
    table.page.get_by_role("button", name="Everybody").click()
    expect(table.card(held[0])).to_be_focused()
    expect(table.page.locator(".pane:visible")).to_have_count(0)
    table.card(held[1]).click()
    expect(table.pane(held[1])).to_be_visible()
    expect(table.box(held[1])).to_be_in_viewport(ratio=1)


def test_enlarged_four_times_the_box_to_write_in_can_still_be_reached(table: Table) -> None:
    [one] = table.seats(1)
    table.page.set_viewport_size({"width": 320, "height": 180})
    table.box(one).scroll_into_view_if_needed()
    table.box(one).fill("I am here")
    expect(table.box(one)).to_be_in_viewport(ratio=0.9)
    assert table.page.evaluate("document.documentElement.scrollWidth") <= 320


# --- whose turn it is -------------------------------------------------------------------------------------


def test_an_answer_becomes_due_and_overdue_in_words_and_is_told_once(table: Table) -> None:
    one, other = table.seats(2)
    turn, told = table.pane(one).locator("header [data-part=turn]"), table.page.locator("#told")
    for seconds, words, shape in ((0, "Your turn", "○"), (91, "Answer soon", "◐"), (90, "Overdue", "●")):
        table.wire.time_passes(seconds)
        expect(turn).to_have_text(words)
        expect(table.card(one).locator("[data-part=turn]")).to_have_text(words)
        assert shape in turn.evaluate("turn => getComputedStyle(turn, '::before').content")
    expect(told).to_contain_text("has waited three minutes for your answer.")
    table.wire.says(one, "I am with you.", **{"from": "volunteer", "name": "Robin", "key": "k"})
    expect(turn).to_be_hidden()
    expect(table.pane(other).locator("header [data-part=turn]")).to_have_text("Overdue")
    table.wire.says(one, "thank you")
    expect(turn).to_have_text("Your turn")


def test_a_break_is_named_once_it_is_due_and_can_wait(table: Table) -> None:
    [one] = table.seats(1, talk_minutes=45)
    rest = table.pane(one).locator("[data-part=break]")
    expect(rest).to_be_hidden()
    table.wire.time_passes(46 * 60)
    expect(rest).to_contain_text("You have talked for 46 min. A break is part of the work.")
    rest.get_by_role("button", name="Not now").click()
    expect(rest).to_be_hidden()
    table.wire.time_passes(46 * 60)
    expect(rest).to_be_visible()


@pytest.mark.parametrize(
    ("medium", "asks"), [("sms", "Is it safe to text now?"), ("web", "Is it safe to chat now?")]
)
def test_whoever_comes_back_from_a_silence_is_asked_whether_it_is_safe(
    table: Table, medium: str, asks: str
) -> None:
    one = table.wire.holds([{"text": "I am here."}], medium=medium)
    safe = table.pane(one).locator("[data-part=safe]")
    table.wire.time_passes(31 * 60)
    expect(safe).to_be_hidden()
    table.wire.says(one, "hi")
    expect(safe).to_contain_text("They were silent for 31 min.")
    safe.get_by_role("button", name=asks).click()
    expect(table.box(one)).to_have_value(asks)
    expect(table.box(one)).to_be_focused()
    table.wire.says(one, asks, **{"from": "volunteer", "name": "Robin", "key": "k"})
    expect(safe).to_be_hidden()


# --- to whom words go -------------------------------------------------------------------------------------


def test_in_fifty_quick_switches_no_words_go_to_the_wrong_person(table: Table) -> None:
    """By list, by shortcut and by clicking into the box in turn; Enter is pressed twice, as by habit."""
    held = table.seats(4)
    press, writes = table.page.keyboard.press, table.page.keyboard.insert_text
    here, stopped = 0, 0
    table.box(held[here]).click()
    for turn in range(50):
        meant, here = here, (here + 1 + turn % 3) % 4
        writes(f"for {NAMES[meant]}, ")
        ways = (
            table.card(held[here]).click,
            lambda to=here: press(f"Alt+Shift+Digit{to + 1}"),
            table.box(held[here]).click,
        )
        ways[turn % 3]()
        expect(table.box(held[here])).to_be_focused()
        writes(f"for {NAMES[meant]}")
        press("Enter")
        press("Enter")
        stopped += table.pane(held[here]).get_by_text(f"To {NAMES[here]}?").is_visible()
        press("Control+a")
        press("Delete")
    wrong = [(to, text) for to, text in table.said() if f"for {NAMES[held.index(to)]}" not in text]
    print(f"\n50 quick switches: {stopped} questions asked, {len(wrong)} wrong-person sends")
    assert (stopped, wrong) == (50, [])


def test_yes_sends_and_no_keeps_the_words_and_asks_again(table: Table) -> None:
    one, other = table.seats(2)
    pane = table.pane(other)
    table.box(one).fill("half a sen")
    table.box(other).fill("I am with you")
    table.page.keyboard.press("Enter")
    expect(pane.get_by_role("alert").filter(has_text="To Brave Lark?")).to_be_visible()
    pane.get_by_role("button", name="No", exact=True).click()
    expect(table.box(other)).to_be_focused()
    table.page.keyboard.press("Enter")
    pane.get_by_role("button", name="Yes", exact=True).click()
    expect(table.box(other)).to_have_value("")
    assert table.said() == [(other, "I am with you")]
    table.box(other).fill("and I stay")
    table.page.keyboard.press("Enter")
    expect(table.box(other)).to_have_value("")


def test_drafts_outlive_a_reload_and_lie_in_storage_only_meanwhile(table: Table) -> None:
    one, other = table.seats(2)
    table.box(one).fill("I have thought about what you")
    expect(table.card(one).get_by_text("Draft")).to_be_hidden()
    table.box(other).click()
    expect(table.card(one).get_by_text("Draft")).to_be_visible()
    assert table.page.evaluate("sessionStorage.length") == 0
    heard = len(table.wire.heard)
    table.page.reload()
    table.wire.hears("queue", heard)
    table.wire.tells_again(one)
    expect(table.box(one)).to_have_value("I have thought about what you")
    assert table.page.evaluate("sessionStorage.length") == 0


# --- two pages, and a race --------------------------------------------------------------------------------


def test_whoever_signs_in_on_a_phone_holds_the_same_people_and_neither_page_disturbs_the_other(
    browser: Browser, demo_json: Facts
) -> None:
    visitor = people.chat(new_page(browser, 390, 780), demo_json)
    visitor.says("my laptop is all i see of you")
    laptop = people.desk(new_page(browser), demo_json, "sam")
    laptop.goes_ready()
    pane = laptop.takes("my laptop is all i see of you")
    people.answers(pane, "I am here.")
    phone = people.desk(new_page(browser, 390, 780), demo_json, "sam")
    same = phone.pane_with("my laptop is all i see of you")
    expect(same.locator(".mine")).to_contain_text("I am here.")
    expect(same.locator(".mine bdi.who")).to_have_text("You")
    pane.locator("[data-part=text]").fill("half a sentence")
    people.answers(same, "Now from my phone.")
    expect(pane).to_contain_text("Now from my phone.")
    expect(pane.locator("[data-part=text]")).to_have_value("half a sentence")
    expect(pane.locator("[data-part=text]")).to_be_focused()
    expect(visitor.log).to_contain_text("Now from my phone.")
    visitor.says("good that you came back")
    for shown in (pane, same):
        expect(shown).to_contain_text("good that you came back")
    people.gives_back(same)
    expect(pane).to_have_count(0)
    for page in (visitor.page, laptop.page, phone.page):
        page.context.close()


def test_whoever_is_slower_gets_the_next_person_and_no_error(table: Table) -> None:
    refusal = {"type": "error", "code": "already_taken", "detail": "Somebody else was faster.", "key": None}
    asked: list[str | None] = []

    def take(frame: dict[str, Any]) -> None:
        asked.append(frame.get("conversation"))
        if "conversation" in frame:
            table.wire.tell({**refusal, "conversation": None, "retry_after": None})

    table.wire.answers["take"] = take
    table.wire.queue_becomes(
        {"conversation": "free", "handle": "Quiet Heron", "choose": True},
        {"conversation": "kept", "choose": True, "reserved": True},
    )
    expect(table.page.locator("#queue")).to_contain_text("For a supervisor")
    expect(table.page.locator("#queue li").nth(1).get_by_role("button")).to_have_count(0)
    table.page.get_by_role("button", name="Take Quiet Heron").click()
    table.page.wait_for_timeout(300)
    assert asked == ["free", None]
    expect(table.page.locator("#alert")).to_be_empty()
    expect(table.page.locator("#told")).to_be_empty()
