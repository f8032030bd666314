"""What reaches a volunteer who looks elsewhere, and what their keys do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Facts, new_page, until
from tests.browser.test_desk_room import NAMES, Table

pytestmark = pytest.mark.browser

WATCHED = """
    window.heard = [];
    window.allowed = "granted";
    const note = (kind) => (...about) => window.heard.push([kind, ...about]);
    AudioContext.prototype.createOscillator = new Proxy(AudioContext.prototype.createOscillator, {
      apply: (make, context) => { note("note")(); return Reflect.apply(make, context, []); },
    });
    navigator.vibrate = note("buzz");
    window.Notification = class {
      constructor(title, options) { note("notice")(title, JSON.stringify(options)); window.lastNotice = this; }
      close() {}
      static get permission() { return window.asked ? window.allowed : "default"; }
      static async requestPermission() { window.asked = true; return window.allowed; }
    };
    Document.prototype.hasFocus = () => !window.elsewhere;
"""
"""Takes note of every sound, buzz and notice, and lets the page be looked away from."""


@pytest.fixture(scope="module")
def the_table(browser: Browser, demo_json: Facts) -> Iterator[Table]:
    page = new_page(browser)
    page.add_init_script(WATCHED)
    yield Table(page, demo_json)
    page.context.close()


@pytest.fixture
def table(the_table: Table) -> Table:
    the_table.page.evaluate("localStorage.clear()")
    the_table.wire.begins_anew()
    the_table.page.locator("#queue-title").click()
    until(the_table.page, "document.querySelector('#sound-asleep').hidden")
    return the_table


def heard(table: Table) -> list[str]:
    """The kinds of what came since the last look."""
    table.page.wait_for_timeout(100)
    return [one[0] for one in table.page.evaluate("window.heard.splice(0)")]


def looks_elsewhere(table: Table) -> None:
    table.page.evaluate("window.elsewhere = true")


# --- sounds and notices -----------------------------------------------------------------------------------


def test_a_reply_sounds_everywhere_but_in_the_conversation_that_is_looked_at(table: Table) -> None:
    one, other = table.seats(2)
    table.box(one).click()
    assert heard(table) == []
    table.wire.says(one, "are you there")
    expect(table.pane(one)).to_contain_text("are you there")
    assert heard(table) == []
    table.wire.says(other, "and you")
    expect(table.pane(other)).to_contain_text("and you")
    assert heard(table) == ["buzz", "note", "note"]
    looks_elsewhere(table)
    table.wire.says(one, "hello?")
    expect(table.page).to_have_title("(3) Desk")
    assert heard(table) == ["buzz", "note", "note"]


def test_a_flag_and_somebody_who_waits_have_tones_of_their_own(table: Table) -> None:
    [one] = table.seats(1)
    table.wire.state_becomes(one, open_flags=1, version=9)
    expect(table.pane(one)).to_contain_text("Flag open")
    assert heard(table) == ["buzz", "note", "note", "note"]
    table.wire.queue_becomes({})
    expect(table.page.locator("#queue")).to_contain_text("Kind Otter")
    assert heard(table) == ["note"]


def test_off_shift_nothing_sounds(table: Table) -> None:
    table.wire.off_shift()
    expect(table.page.locator("#start")).to_be_visible()
    table.wire.queue_becomes()
    heard(table)
    table.wire.queue_becomes({})
    expect(table.page.locator("#queue")).to_contain_text("Kind Otter")
    assert heard(table) == []


def test_a_notice_comes_only_when_asked_for_and_says_nothing_of_anybody(table: Table) -> None:
    one, other = table.seats(2)
    looks_elsewhere(table)
    table.wire.says(one, "my secret words")
    expect(table.pane(one)).to_contain_text("my secret words")
    assert "notice" not in heard(table)
    table.page.get_by_text("Sounds and notices").click()
    table.page.locator("#notices").click()
    expect(table.page.locator("#notices")).to_have_attribute("aria-checked", "true")
    heard(table)
    table.wire.says(other, "my other secret words")
    expect(table.pane(other)).to_contain_text("my other secret words")
    table.page.wait_for_timeout(100)
    [notice] = [one for one in table.page.evaluate("window.heard") if one[0] == "notice"]
    assert notice[1:] == ["New message", '{"tag":"reply","silent":true}']
    table.page.evaluate("window.lastNotice.onclick()")
    expect(table.box(other)).to_be_focused()
    table.page.evaluate("window.elsewhere = false")
    heard(table)
    table.wire.says(one, "once more")
    expect(table.pane(one)).to_contain_text("once more")
    assert "notice" not in heard(table)


def test_a_browser_that_lets_no_notices_through_is_named(table: Table) -> None:
    table.page.evaluate("window.allowed = 'denied'")
    table.page.get_by_text("Sounds and notices").click()
    table.page.locator("#notices").click()
    expect(table.page.locator("#notices-told")).to_contain_text("does not let this page show notices")
    expect(table.page.locator("#notices")).to_have_attribute("aria-checked", "false")


def test_sounds_can_be_switched_off_and_stay_off(table: Table) -> None:
    one, other = table.seats(2)
    table.page.get_by_text("Sounds and notices").click()
    table.page.locator("#sound").click()
    table.box(one).click()
    heard(table)
    table.wire.says(other, "and you")
    expect(table.pane(other)).to_contain_text("and you")
    assert "note" not in heard(table)


# --- keys -------------------------------------------------------------------------------------------------


def test_keys_go_to_whoever_waits_for_an_answer_and_say_so_when_nobody_does(table: Table) -> None:
    held = table.seats(3)
    press = table.page.keyboard.press
    table.wire.says(held[1], "I am here.", **{"from": "volunteer", "name": "Robin", "key": "k"})
    expect(table.pane(held[1]).locator("header [data-part=turn]")).to_be_hidden()
    for keys, there in (("Alt+KeyJ", 2), ("Alt+KeyJ", 0), ("Alt+KeyK", 2), ("Alt+Shift+Digit2", 1)):
        press(keys)
        expect(table.box(held[there])).to_be_focused()
    table.page.keyboard.insert_text("To you")
    press("Control+Enter")
    expect(table.box(held[1])).to_have_value("")
    assert table.said() == [(held[1], "To you")]
    for one in (held[0], held[2]):
        table.wire.says(one, "Yes.", **{"from": "volunteer", "name": "Robin", "key": one})
        expect(table.pane(one).locator("header [data-part=turn]")).to_be_hidden()
    press("Alt+KeyJ")
    expect(table.page.locator("#told")).to_have_text("Nobody waits for your answer.")


def test_keys_press_what_is_there_and_none_of_them_closes_anything(table: Table) -> None:
    [one] = table.seats(1)
    asked: list[str] = []
    table.wire.answers["take"] = lambda frame: asked.append(frame["type"])
    table.box(one).click()
    for keys in ("KeyN", "KeyJ", "KeyK", "Shift+Digit1", "KeyG", "KeyP", "KeyS", "KeyR"):
        table.page.keyboard.press(f"Alt+{keys}")
    expect(table.pane(one).locator("[data-part=note]")).to_be_focused()
    assert asked == ["take"]
    assert {frame["type"] for frame in table.wire.sent} <= {"hello", "take", "typing", "ready"}
    expect(table.page.locator("#sheet")).to_be_hidden()


def test_the_sheet_lists_all_and_gives_one_other_keys(table: Table) -> None:
    [one] = table.seats(1)
    sheet, press = table.page.locator("#sheet"), table.page.keyboard.press
    asked: list[str] = []
    table.wire.answers["take"] = lambda frame: asked.append(frame["type"])
    table.box(one).click()
    press("Shift+Slash")
    expect(sheet).to_be_hidden()
    expect(table.box(one)).to_have_value("?")
    table.page.locator("#mine button").focus()
    press("Shift+Slash")
    expect(sheet.get_by_role("listitem")).to_have_count(10)
    row = sheet.get_by_role("listitem").filter(has_text="Take the next person")
    row.get_by_role("button").click()
    for keys, words in (
        ("KeyT", "Hold Alt or Ctrl with it"),
        ("Alt+KeyJ", "These keys are for another: To the next"),
        ("Control+KeyC", "Your browser needs these keys itself."),
        ("Control+Alt+KeyT", "Take the next person: Ctrl + Alt + T"),
    ):
        press(keys)
        expect(table.page.locator("#sheet-told")).to_contain_text(words)
    expect(row.locator("kbd")).to_have_text("Ctrl + Alt + T")
    press("Escape")
    expect(sheet).to_be_hidden()
    press("Alt+KeyN")
    press("Control+Alt+KeyT")
    assert asked == ["take"]
    table.wire.begins_anew()
    press("Control+Alt+KeyT")
    assert asked == ["take", "take"]


def test_all_keys_can_be_switched_off(table: Table) -> None:
    held = table.seats(2)
    table.page.get_by_role("button", name="Shortcuts").click()
    table.page.get_by_role("switch", name="Use shortcuts").click()
    table.page.get_by_role("button", name="Done").click()
    table.box(held[0]).click()
    table.page.keyboard.press("Alt+Shift+Digit2")
    expect(table.box(held[0])).to_be_focused()
    expect(table.card(held[0])).to_contain_text(NAMES[0])
