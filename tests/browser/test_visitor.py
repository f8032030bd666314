"""The visitor's page: what it shows in which state, and what it sends. The line behind it is a fake one."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import states
from tests.browser.line import CONVERSATION, at
from tests.browser.people import Facts, new_page, until
from tests.browser.states import ANSWER, SAID, answered, fresh, opened, over, say, wrote

pytestmark = pytest.mark.browser

HELP_NOW = "Call or text 988, or visit the nearest emergency room."


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = new_page(browser, 390, 780)
    yield page
    page.context.close()


def choose(page: Page, name: str) -> None:
    opened(page)
    page.locator("#sheet").get_by_role("button", name=name, exact=True).click()


# --- before anything is said ------------------------------------------------------------------------------


def test_the_intro_is_one_screen_of_at_most_60_words(page: Page, demo_json: Facts) -> None:
    states.intro(page, demo_json)
    shown = page.locator("#chat").inner_text()
    assert len(re.findall(r"[\w']+", shown)) <= 60, shown
    assert page.locator("#scroll").evaluate("one => one.scrollHeight <= one.clientHeight")


def test_the_sentence_above_the_box_says_that_sending_is_the_consent(page: Page, demo_json: Facts) -> None:
    states.intro(page, demo_json)
    expect(page.locator(".composer")).to_contain_text(
        "By sending it you agree to what we keep.", use_inner_text=True
    )


def test_a_closed_line_says_when_it_opens_on_the_visitors_own_clock(
    browser: Browser, demo_json: Facts
) -> None:
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Tokyo")
    page = context.new_page()
    fresh(page, demo_json, service="closed", opens_at="2031-03-03T09:30:00+00:00")
    expect(page.locator("#opens")).to_have_text("We open again: Monday 3 March, 18:30 (your time).")
    expect(page.locator(".intro")).to_contain_text(
        "A volunteer will read it when we open.", use_inner_text=True
    )
    expect(page.locator(".intro")).to_contain_text(HELP_NOW, use_inner_text=True)
    expect(page.locator("#text")).to_be_editable()
    context.close()


def test_a_line_that_was_closed_is_open_once_the_hour_came(page: Page, demo_json: Facts) -> None:
    fresh(page, demo_json, service="closed", opens_at=at(seconds=2))
    expect(page.locator(".intro")).to_contain_text("Nobody is here right now.", use_inner_text=True)
    expect(page.locator(".intro")).not_to_contain_text("Nobody is here right now.", use_inner_text=True)


@pytest.mark.parametrize(("service", "words"), [("paused", "take a break"), ("full", "Many people wait")])
def test_a_line_that_cannot_answer_now_says_so_and_who_else_can(
    service: str, words: str, page: Page, demo_json: Facts
) -> None:
    fresh(page, demo_json, service=service)
    expect(page.locator(".intro")).to_contain_text(words, use_inner_text=True)
    expect(page.locator(".intro")).to_contain_text(HELP_NOW, use_inner_text=True)


# --- waiting ----------------------------------------------------------------------------------------------


def test_who_waits_sees_their_words_sent_the_range_of_minutes_and_something_to_do(
    page: Page, demo_json: Facts
) -> None:
    wrote(page, demo_json, wait=[4, 9])
    expect(page.locator("#log")).to_contain_text("Sent")
    expect(page.locator("#log .mine")).to_be_in_viewport(ratio=1)
    expect(page.locator("#status")).to_contain_text("about 4 to 9 minutes")
    page.get_by_text("Look around you").click()
    expect(page.get_by_text("Name five things you can see.")).to_be_visible()


def test_the_range_is_told_anew_only_when_it_changes_by_more_than_two_minutes(
    page: Page, demo_json: Facts
) -> None:
    line = wrote(page, demo_json, wait=[4, 9])
    line.becomes(wait=[5, 11])
    page.wait_for_timeout(100)
    expect(page.locator("#status")).to_contain_text("about 4 to 9 minutes")
    line.becomes(wait=[5, 12])
    expect(page.locator("#status")).to_contain_text("about 5 to 12 minutes")


def test_other_ways_show_by_themselves_after_a_long_wait_and_not_before(page: Page, demo_json: Facts) -> None:
    line = wrote(page, demo_json, since=at(minutes=-4))
    others = page.locator("#scroll > [data-for=help]")
    expect(others).to_be_hidden()
    line.becomes(since=at(minutes=-6))
    expect(others).to_contain_text(HELP_NOW, use_inner_text=True)


def test_who_waits_for_somebody_else_is_told_that_it_may_take_longer(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    choose(page, "Talk to someone else")
    assert not line.of_type("another"), "it must ask once"
    page.locator("#yes").click()
    line.becomes(state="waiting", name="", another=True)
    expect(page.locator("#status")).to_contain_text("someone else for you. It may take longer.")
    assert line.heard("another") == [{"type": "another"}]


def test_nobody_else_is_offered_while_nobody_is_there(page: Page, demo_json: Facts) -> None:
    wrote(page, demo_json)
    opened(page)
    expect(page.get_by_role("button", name="End this chat")).to_be_visible()
    expect(page.get_by_role("button", name="Talk to someone else")).to_be_hidden()


# --- how they feel ----------------------------------------------------------------------------------------


def test_who_waits_may_say_how_upset_they_are_and_is_not_asked_again(page: Page, demo_json: Facts) -> None:
    line = wrote(page, demo_json)
    page.get_by_role("group", name="How upset are you right now?").get_by_role("button", name="6").click()
    expect(page.locator("#feel")).to_be_hidden()
    assert line.heard("feel") == [{"type": "feel", "when": "before", "value": 6}]
    page.reload()
    expect(page.locator("#menu")).to_be_visible()
    expect(page.locator("#log")).to_contain_text(SAID)
    expect(page.locator("#feel")).to_be_hidden()


def test_who_skips_the_question_is_not_asked_again(page: Page, demo_json: Facts) -> None:
    line = wrote(page, demo_json)
    page.get_by_role("button", name="Skip").click()
    page.reload()
    expect(page.locator("#menu")).to_be_visible()
    expect(page.locator("#feel")).to_be_hidden()
    assert not line.of_type("feel")


def test_the_same_is_asked_after_it_ended(page: Page, demo_json: Facts) -> None:
    line = over(page, demo_json, "volunteer", feeling_before=6)
    page.locator("#feel").get_by_role("button", name="3").click()
    expect(page.locator("#feel")).to_be_hidden()
    assert line.heard("feel") == [{"type": "feel", "when": "after", "value": 3}]


def test_a_line_that_does_not_ask_does_not(page: Page, demo_json: Facts) -> None:
    page.route(
        re.compile("/chat/"),
        lambda route: route.fulfill(
            response=(got := route.fetch()), body=got.text().replace(" data-asks", "")
        ),
    )
    wrote(page, demo_json)
    expect(page.locator("#feel")).to_be_hidden()


# --- talking ----------------------------------------------------------------------------------------------


def test_the_header_says_who_is_there_and_that_they_are_a_volunteer(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    expect(page.locator("#with")).to_have_text("Sam, volunteer")


def test_history_is_not_read_out_and_what_comes_after_is(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    page.reload()
    expect(page.locator("#log")).to_contain_text(ANSWER)
    assert page.locator("#log").get_attribute("aria-live") == "off"
    expect(page.locator("#log")).to_have_attribute("aria-live", "polite")
    page.evaluate("window.made = 0")
    page.evaluate(
        "new MutationObserver(all => all.forEach(one => (made += one.addedNodes.length)))"
        ".observe(document.getElementById('log'), {childList: true})"
    )
    line.says("One more thing.")
    line.becomes(closing_at=None)
    page.wait_for_timeout(1_200)
    assert page.evaluate("made") == 1


def test_a_supervisor_who_speaks_along_is_named_and_the_volunteer_stays_who_is_there(
    page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    line.says("Demo line: Alex is here now too.", "line", purpose="joined")
    line.says("We are both here.", "supervisor", name="Alex")
    theirs = page.locator("#log .from-supervisor")
    expect(theirs.locator(".who")).to_have_text("Alex")
    line.tell({"type": "typing", "from": "supervisor", "on": True, "conversation": CONVERSATION})
    expect(page.locator("#typing")).to_have_text("Alex is typing")
    expect(page.locator("#with")).to_have_text("Sam, volunteer")
    line.becomes(state="closed", ended="volunteer", name="")
    expect(page.locator("#ended")).to_have_text("Sam ended this chat.")


def test_typing_is_announced_once_in_30_seconds(page: Page, demo_json: Facts) -> None:
    page.clock.install()
    line = answered(page, demo_json)
    page.evaluate("window.told = []")
    page.evaluate(
        "new MutationObserver(() => told.push(heard.textContent)).observe(heard, {childList: true})"
    )

    def types(on: bool) -> None:
        line.tell({"type": "typing", "from": "volunteer", "on": on, "conversation": CONVERSATION})
        page.clock.run_for(2_000)

    for _ in range(3):
        types(True)
        expect(page.locator("#typing")).to_have_text("Sam is typing")
        types(False)
    assert page.evaluate("told.filter(Boolean)") == ["Sam is typing"]
    for words in ("First.", "Second.", "Third."):  # Heard nothing for 20 s, the page would doubt its socket.
        page.clock.run_for(10_000)
        line.says(words)
        expect(page.locator("#log")).to_contain_text(words)
    types(True)
    expect(page.locator("#typing")).to_have_text("Sam is typing")
    assert page.evaluate("told.filter(Boolean)") == ["Sam is typing"] * 2


def test_focus_stays_in_the_box_when_sending_and_when_an_answer_comes(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    say(page, "yes")
    expect(page.locator("#text")).to_be_focused()
    line.says("Good.")
    expect(page.locator("#log")).to_contain_text("Good.")
    expect(page.locator("#text")).to_be_focused()


def test_opening_the_page_moves_no_focus(page: Page, demo_json: Facts) -> None:
    states.intro(page, demo_json)
    assert page.evaluate("document.activeElement === document.body")


def test_whoever_reads_further_up_is_not_moved_but_told(page: Page, demo_json: Facts) -> None:
    states.unread(page, demo_json)
    assert page.locator("#scroll").evaluate("one => one.scrollTop") == 0
    page.locator("#newer").click()
    expect(page.locator("#log > :last-child")).to_be_in_viewport()
    expect(page.locator("#newer")).to_be_hidden()


def test_enter_sends_with_a_keyboard_and_is_a_new_line_on_touch(browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser, 390, 780, touch=True)
    line = fresh(page, demo_json)
    page.emulate_media()
    coarse = page.evaluate("matchMedia('(pointer: coarse)').matches")
    page.locator("#text").fill("one")
    page.locator("#text").press("Enter")
    page.wait_for_timeout(100)
    assert bool(line.of_type("say")) is not coarse
    page.context.close()


def test_characters_are_counted_from_1800(page: Page, demo_json: Facts) -> None:
    states.intro(page, demo_json)
    page.locator("#text").fill("x" * 1_800)
    expect(page.locator("#left")).to_be_empty()
    page.locator("#text").fill("x" * 1_801)
    expect(page.locator("#left")).to_have_text("199 characters left")


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["too_long", "a_code_of_later"])
def test_a_refusal_is_told_once_in_the_pages_own_words_and_the_text_can_be_taken_back(
    code: str, page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    line.refuses = {"of": ["say"], "error": {"code": code}}
    page.locator("#text").fill("my words")
    page.locator("#send").click()
    words = "It is too long." if code == "too_long" else "That did not work."
    expect(page.get_by_role("alert")).to_contain_text(f"Not sent. {words}")
    expect(page.locator("#chat")).not_to_contain_text("In English", use_inner_text=True)
    page.get_by_role("button", name="Put back in the box").click()
    expect(page.locator("#text")).to_have_value("my words")


@pytest.mark.parametrize(
    ("code", "words"), [("slow_down", "It goes out in a moment."), ("try_again", "We try again in a moment.")]
)
def test_what_passes_is_told_beside_the_text_that_waits(
    code: str, words: str, page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    line.refuses = {"of": ["say"], "error": {"code": code, "retry_after": 3}}
    page.locator("#text").fill("my words")
    page.locator("#send").click()
    expect(page.locator("#log .mine").last).to_contain_text(words)
    line.refuses = None
    expect(page.locator("#log .mine").last).to_contain_text("Sent")


def test_a_website_that_lost_its_key_says_so_and_shows_our_own_page(page: Page, demo_json: Facts) -> None:
    states.revoked(page, demo_json)
    expect(page.locator("#chat")).to_contain_text(
        "This website no longer offers our chat.", use_inner_text=True
    )
    expect(page.locator("#chat")).to_contain_text(HELP_NOW, use_inner_text=True)
    own = page.get_by_role("link", name="Open our own page")
    assert (own.get_attribute("href"), own.get_attribute("target")) == ("/chat/demo/", "_blank")


def test_words_that_a_revoked_site_cannot_send_any_more_stay_in_view(page: Page, demo_json: Facts) -> None:
    line = fresh(page, demo_json)
    line.silent = True
    say(page, "first")
    page.locator("#text").fill("second")
    line.tell({"type": "error", "code": "site_revoked", "detail": "In English", "key": None})
    expect(page.get_by_role("alert")).to_have_text("Not sent. This website no longer offers our chat.")
    expect(page.locator("#log")).to_contain_text("first")
    expect(page.locator("#text")).to_have_value("second")


def test_blocked_people_are_told_that_nobody_answers_and_who_else_helps(page: Page, demo_json: Facts) -> None:
    states.blocked(page, demo_json)
    expect(page.locator("#scroll")).to_contain_text("Nobody will answer here", use_inner_text=True)
    expect(page.locator("#scroll > [data-for=help]")).to_contain_text(HELP_NOW, use_inner_text=True)


# --- a weak connection ------------------------------------------------------------------------------------


def test_a_weak_connection_is_told_after_two_seconds_and_the_box_stays_open(
    page: Page, demo_json: Facts
) -> None:
    page.clock.install()
    line = answered(page, demo_json)
    line.goes_down()
    page.clock.run_for(1_500)
    expect(page.locator("#status")).to_contain_text("is here with you")
    page.clock.run_for(1_500)
    expect(page.locator("#status")).to_have_text("Connection is weak. Keep typing, we'll send it.")
    say(page, "still here")
    page.clock.run_for(2_500)
    expect(page.locator("#log")).to_contain_text("Not sent yet, trying")
    line.comes_back()
    line.is_found_again()
    expect(page.locator("#log .mine").last).to_contain_text("Sent")


def test_after_a_minute_without_connection_the_number_and_other_ways_are_there(
    page: Page, demo_json: Facts
) -> None:
    states.down(page, demo_json)
    expect(page.locator("#status")).to_contain_text("You can also text 57230.")
    expect(page.locator("#scroll > [data-for=help]")).to_contain_text(HELP_NOW, use_inner_text=True)


def test_the_menu_and_the_exercises_work_without_a_connection(page: Page, demo_json: Facts) -> None:
    line = wrote(page, demo_json)
    line.goes_down()
    page.context.set_offline(True)
    choose(page, "Keep a copy")
    expect(page.get_by_role("button", name="Copy the chat")).to_be_visible()


# --- the end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("visitor", "You ended this chat."),
        ("volunteer", "Sam ended this chat."),
        ("quiet", "This chat ended because it was quiet."),
        ("expired", "This chat ended. Nobody was free."),
    ],
)
def test_an_ended_chat_says_what_ended_it_and_how_to_come_back(
    by: str, words: str, page: Page, demo_json: Facts
) -> None:
    over(page, demo_json, by)
    ended = page.get_by_role("region", name=words)
    expect(ended).to_contain_text("You can write again at any time.", use_inner_text=True)
    expect(ended).to_contain_text("You can also text us at 57230.", use_inner_text=True)
    expect(page.locator("#scroll > [data-for=help]")).to_be_visible(visible=by == "expired")


def test_ending_asks_once_then_is_over_at_once(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    choose(page, "End this chat")
    page.get_by_role("button", name="Go back").click()
    assert not line.of_type("end")
    page.get_by_role("button", name="End this chat").click()
    page.get_by_role("button", name="Yes, end it").click()
    expect(page.locator("#ended")).to_have_text("You ended this chat.")
    assert line.heard("end") == [{"type": "end"}]


def test_erasing_shows_nothing_at_once_and_gives_a_receipt_that_names_nothing(
    page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    choose(page, "Erase what I said")
    page.get_by_role("button", name="Yes, erase it").click()
    expect(page.locator("#log")).to_be_empty()
    assert line.heard("erase") == [{"type": "erase"}]
    line.becomes(state="closed", ended="visitor", erasure="done", erased_at="2031-03-03T09:30:00Z")
    expect(page.locator("#receipt")).to_have_text(re.compile(r"was erased at \d+:30\. Receipt: 3F2A\s91BC"))


def test_an_erasure_that_has_to_wait_says_for_how_long_at_most(page: Page, demo_json: Facts) -> None:
    states.erase_asked(page, demo_json)
    expect(page.locator("#receipt")).to_contain_text("It is gone in a day at the latest.")
    expect(page.locator("#receipt")).to_contain_text("3F2A")


@pytest.mark.parametrize(("what", "kind"), [("End this chat", "end"), ("Erase what I said", "erase")])
def test_an_end_that_the_line_could_not_take_yet_is_told_until_it_has(
    page: Page, demo_json: Facts, what: str, kind: str
) -> None:
    line = answered(page, demo_json)
    line.refuses = {"of": [kind], "error": {"code": "try_again", "retry_after": 0.3}}
    choose(page, what)
    page.get_by_role("button", name="Yes, e").click()
    refused = len(line.heard(kind))
    line.refuses = None
    for _ in range(100):
        if len(line.of_type(kind)) > refused:
            break
        page.wait_for_timeout(50)
    told = len(line.of_type(kind))
    assert told > refused
    line.becomes(state="closed", ended="visitor", erasure="done", erased_at="2031-03-03T09:30:00Z")
    page.wait_for_timeout(600)
    assert len(line.of_type(kind)) == told


def test_an_erasure_asked_for_without_connection_is_told_to_the_line_after_a_reload(
    page: Page, demo_json: Facts
) -> None:
    line = answered(page, demo_json)
    line.goes_down()
    expect(page.locator("#status")).to_contain_text("weak")
    choose(page, "Erase what I said")
    page.get_by_role("button", name="Yes, erase it").click()
    expect(page.locator("#receipt")).to_contain_text("as soon as there is a connection")
    line.comes_back()
    page.reload()
    expect(page.locator("#receipt")).not_to_be_empty()
    expect(page.locator("#log")).to_be_empty()
    assert line.heard("erase") == [{"type": "erase"}]


def test_the_next_day_it_says_plainly_that_the_chat_is_gone(page: Page, demo_json: Facts) -> None:
    states.gone(page, demo_json)
    expect(page.locator(".intro")).to_contain_text(
        "Your last chat is gone. It cannot be opened again.", use_inner_text=True
    )


# --- the menu ---------------------------------------------------------------------------------------------


def test_a_copy_goes_to_the_clipboard(page: Page, demo_json: Facts) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answered(page, demo_json)
    choose(page, "Keep a copy")
    expect(page.locator("#copies")).to_contain_text(
        "Whoever uses this device could find it.", use_inner_text=True
    )
    page.get_by_role("button", name="Copy the chat").click()
    expect(page.locator("#copied")).to_have_text("It is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"You, .+\n{re.escape(SAID)}\n\nSam, .+\n{re.escape(ANSWER)}", copied), copied


def test_a_copy_is_saved_as_a_file_with_a_plain_name(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    choose(page, "Keep a copy")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the chat as a file").click()
    assert download.value.suggested_filename == "notes.txt"
    assert SAID in download.value.path().read_text()


def test_the_plan_is_kept_alone(page: Page, demo_json: Facts) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    states.menu_copy(page, demo_json)
    page.get_by_role("button", name="Copy the plan alone").click()
    expect(page.locator("#copied")).to_have_text("It is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "walk to the river" in copied
    assert SAID not in copied


def test_where_nothing_may_copy_the_text_stands_there_selected(page: Page, demo_json: Facts) -> None:
    page.add_init_script("document.execCommand = () => false; delete Navigator.prototype.clipboard;")
    answered(page, demo_json)
    choose(page, "Keep a copy")
    page.get_by_role("button", name="Copy the chat").click()
    expect(page.locator("#copied")).to_have_text("Here it is. Select it and copy it.")
    picked = "one => one.value.slice(one.selectionStart, one.selectionEnd)"
    assert ANSWER in page.locator("#copy").evaluate(picked)


def test_no_plan_is_offered_where_none_was_made(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    choose(page, "Keep a copy")
    expect(page.get_by_role("button", name="Copy the plan alone")).to_be_hidden()


def test_text_grows_and_stays_so_after_a_reload(page: Page, demo_json: Facts) -> None:
    answered(page, demo_json)
    opened(page)
    page.get_by_role("button", name="A larger").click()
    size = "getComputedStyle(document.documentElement).fontSize"
    assert page.evaluate(size) == "24px"
    page.reload()
    expect(page.locator("#menu")).to_be_visible()
    assert page.evaluate(size) == "24px"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_sound_is_off_until_asked_for_and_then_plays_for_others_alone(page: Page, demo_json: Facts) -> None:
    page.add_init_script(
        "window.notes = 0; const make = AudioContext.prototype.createOscillator;"
        "AudioContext.prototype.createOscillator = function () { notes++; return make.call(this); };"
    )
    line = answered(page, demo_json)
    expect(page.locator("#log")).to_have_attribute("aria-live", "polite")
    line.says("No sound yet.")
    expect(page.locator("#log")).to_contain_text("No sound yet.")
    assert page.evaluate("notes") == 0
    choose(page, "Soft sound for new messages")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    until(page, "notes === 2")
    line.says("Now there is.")
    until(page, "notes === 4")
    page.keyboard.press("Escape")
    say(page, "mine makes none")
    assert page.evaluate("notes") == 4


def test_escape_closes_the_menu_and_ends_nothing(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    opened(page)
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#menu > summary")).to_be_focused()
    assert not line.of_type("end")


def test_enlarged_fourfold_everything_can_be_reached(browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser, 320, 200)
    states.talking(page, demo_json)
    page.locator("#text").scroll_into_view_if_needed()
    expect(page.locator("#send")).to_be_in_viewport()
    expect(page.locator("#leave")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()
