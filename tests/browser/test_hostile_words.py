"""Words that are meant to break a page are text on it: on the visitor's, the volunteer's and the supervisor's."""

import base64
import time
import unicodedata
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import people, states
from tests.browser.line import at
from tests.browser.people import Facts, new_page
from tests.browser.states import answered, fresh
from tests.browser.wire import Wire
from tests.hostile import TEN_THOUSAND, WRITING, hostile

pytestmark = [pytest.mark.requirement("R-20"), pytest.mark.browser]

HOSTILE = hostile()
FREEZE = 3.0
"""Seconds until ten thousand emoji are shown; far less on a quiet machine, and no test for it on a busy one."""

WATCH = """
    window.watched = [];
    addEventListener("securitypolicyviolation", (event) => watched.push(event.violatedDirective));
"""
NAME = "<img src=x onerror=window.hit=1>\u202e"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """At the end nothing may have run, and the policy not have been needed."""
    page = new_page(browser, 390, 780)
    page.context.add_init_script(WATCH)
    yield page
    assert page.evaluate("[window.hit, watched]") == [None, []]
    page.context.close()


def texts(found: Locator) -> list[str]:
    return list(found.evaluate_all("all => all.map((one) => one.textContent)"))


def kinds(found: Locator) -> set[str]:
    """Of all elements in there."""
    every = "all => all.flatMap((one) => [...one.querySelectorAll('*')].map((part) => part.tagName))"
    return set(found.evaluate_all(every))


# --- the visitor's page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["visitor", "volunteer"])
def test_a_visitor_sees_all_of_it_as_text(by: str, page: Page, demo_json: Facts) -> None:
    line = fresh(page, demo_json)
    for words in HOSTILE:
        line.says(words, by, name=words if by == "volunteer" else "")
    expect(page.locator("#log > div")).to_have_count(len(HOSTILE), timeout=30_000)
    assert texts(page.locator("#log .text")) == HOSTILE
    if by == "volunteer":
        assert texts(page.locator("#log .who")) == HOSTILE
    assert kinds(page.locator("#log > div")) == {"BDI", "P", "TIME", "SPAN", "BUTTON"}
    assert kinds(page.locator("#log .text, #log .who")) == set()


@pytest.mark.breaks("R-20")
def test_words_that_become_elements_are_caught(page: Page, demo_json: Facts) -> None:
    page.context.add_init_script(
        """
        const plain = Object.getOwnPropertyDescriptor(Node.prototype, "textContent");
        Object.defineProperty(Node.prototype, "textContent", { ...plain, set(words) {
            plain.set.call(this, words);
            if (this.className === "text") this.append(document.createElement("b"));
        } });
        """
    )
    line = fresh(page, demo_json)
    line.says("<b>loud</b>", "visitor", name="")
    expect(page.locator("#log > div")).to_have_count(1)
    assert kinds(page.locator("#log .text")) == {"B"}


def test_what_a_visitor_types_of_it_is_sent_and_shown_as_it_is(page: Page, demo_json: Facts) -> None:
    line = fresh(page, demo_json)
    page.evaluate(
        """all => {
            for (const words of all) {
                document.getElementById("text").value = words;
                document.getElementById("send").click();
            }
        }""",
        HOSTILE,
    )
    expect(page.locator("#log .mark.sent")).to_have_count(len(HOSTILE), timeout=30_000)
    sent = [frame["text"] for frame in line.of_type("say")]
    # A box for text has one kind of line end, and blanks around words are not said.
    assert sent == page.evaluate(r"all => all.map((words) => words.replace(/\r\n?/g, '\n').trim())", HOSTILE)
    assert texts(page.locator("#log .text")) == sent


def test_a_hostile_name_is_text_wherever_it_stands(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    line.becomes(name=NAME)
    expect(page.locator("#with")).to_contain_text(NAME)
    expect(page.locator("#status")).to_contain_text(NAME)
    line.becomes(state="closed", ended="volunteer", name=NAME)
    expect(page.locator("#ended")).to_contain_text(NAME)
    assert kinds(page.locator("#with, #status, #ended")) == set()


def reads_forward(words: Locator) -> bool:
    """Whether the first letter of plain words stands before the last."""
    return bool(
        words.evaluate(
            """one => {
                const node = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode();
                const place = (at) => {
                    const range = new Range();
                    range.setStart(node, at);
                    range.setEnd(node, at + 1);
                    return range.getBoundingClientRect().left;
                };
                return place(0) < place(node.length - 1);
            }"""
        )
    )


def test_writing_direction_does_not_leak_into_what_stands_beside(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    line.says("\u202eturned and never turned back", name="\u202eturned")
    line.says("plain words", name="Sam")
    turned, plain = page.locator("#log > div").nth(2), page.locator("#log > div").nth(3)
    expect(plain).to_be_visible()
    assert not reads_forward(turned.locator(".text"))
    assert not reads_forward(turned.locator(".who"))
    assert reads_forward(turned.locator("time"))
    assert reads_forward(plain.locator(".text"))
    assert set(texts_of(page.locator("#log .text"), "dir")) == {"auto"}
    isolates = page.locator("#log .who").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).unicodeBidi)"
    )
    assert set(isolates) == {"isolate"}


def texts_of(found: Locator, attribute: str) -> list[str]:
    return list(found.evaluate_all(f"all => all.map((one) => one.getAttribute('{attribute}'))"))


def test_right_to_left_words_begin_at_the_right(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    line.says("\u0627\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645")
    text = page.locator("#log .text").last
    expect(text).to_contain_text("\u0627")
    assert text.evaluate("one => getComputedStyle(one).direction") == "rtl"


PILED = [words for words in WRITING if any(unicodedata.combining(mark) for mark in words)]


def looks_other(browser: Browser, one: bytes, other: bytes) -> bool:
    """By more than the rounding of edges."""
    page = browser.new_page()
    most = page.evaluate(
        """async (pictures) => {
            const pixels = async (picture) => {
                const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
                const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
                canvas.drawImage(image, 0, 0);
                return canvas.getImageData(0, 0, image.width, image.height).data;
            };
            const [one, other] = await Promise.all(pictures.map(pixels));
            return one.reduce((most, value, place) => Math.max(most, Math.abs(value - other[place])), 0);
        }""",
        [base64.b64encode(picture).decode() for picture in (one, other)],
    )
    page.close()
    return bool(most > 8)


@pytest.mark.parametrize("words", PILED, ids=range(len(PILED)))
def test_piled_up_marks_cover_nobody_elses_words(
    words: str, page: Page, browser: Browser, demo_json: Facts
) -> None:
    page.set_viewport_size({"width": 390, "height": 1_200})
    line = answered(page, demo_json)
    for text in ("before it", words, "after it"):
        line.says(text)
    log = page.locator("#log > div")
    expect(log).to_have_count(5)
    others = [log.nth(2), log.nth(3).locator(".who"), log.nth(3).locator("time"), log.nth(4)]
    as_seen = [other.screenshot() for other in others]
    log.nth(3).locator(".text").evaluate("one => (one.style.visibility = 'hidden')")
    alone = [other.screenshot() for other in others]
    assert not any(looks_other(browser, *pair) for pair in zip(as_seen, alone, strict=True))


def test_ten_thousand_emoji_that_come_do_not_freeze_the_page(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    began = time.monotonic()
    line.says(TEN_THOUSAND)
    expect(page.locator("#log .text").last).to_have_text(TEN_THOUSAND)
    states.say(page, "still here")
    took = time.monotonic() - began
    print(f"10,000 emoji shown, and an answer written, in {took:.2f} s")
    assert took < FREEZE


def test_ten_thousand_emoji_in_the_box_are_too_many_and_none_is_lost(page: Page, demo_json: Facts) -> None:
    line = answered(page, demo_json)
    page.locator("#text").fill(TEN_THOUSAND)
    expect(page.locator("#left")).to_contain_text("8000 characters too many")
    page.locator("#send").click()
    page.wait_for_timeout(200)
    expect(page.locator("#text")).to_have_value(TEN_THOUSAND)
    assert len(line.of_type("say")) == 1


# --- staff ------------------------------------------------------------------------------------------------


@pytest.fixture
def wire(page: Page) -> Wire:
    page.set_viewport_size({"width": 1440, "height": 900})
    return Wire(page)


def test_a_volunteer_sees_all_of_it_as_text(page: Page, wire: Wire, demo_json: Facts) -> None:
    people.desk(page, demo_json, "sam")
    said = [{"from": "visitor", "text": words} for words in HOSTILE]
    heard = [{"from": "supervisor", "text": words, "name": words} for words in HOSTILE]
    wire.holds([*said, *heard], handle=NAME, line=NAME, medium="web")
    pane = page.locator(".pane")
    expect(pane.locator(".log > div")).to_have_count(2 * len(HOSTILE), timeout=30_000)
    assert texts(pane.locator(".log .text")) == [*HOSTILE, *HOSTILE]
    assert texts(pane.locator(".log .mine bdi.who")) == HOSTILE
    assert kinds(pane.locator(".log .text, .log .who, [data-part=handle], [data-part=line]")) == set()
    expect(pane.get_by_role("heading")).to_have_text(NAME)


def test_on_the_desk_a_name_turns_nothing_beside_it(page: Page, wire: Wire, demo_json: Facts) -> None:
    people.desk(page, demo_json, "sam")
    wire.holds([{"from": "visitor", "level": "high"}], handle="\u202eturned")
    line = page.locator(".pane .log > div")
    expect(line.locator(".level")).to_be_visible()
    assert not reads_forward(line.locator("bdi.who"))
    assert reads_forward(line.locator(".level"))
    assert line.evaluate("one => one.children[0].offsetLeft < one.children[1].offsetLeft")


def test_a_supervisor_sees_every_quote_of_it_as_text(page: Page, wire: Wire, demo_json: Facts) -> None:
    people.sign_in(page, demo_json, "alex", "supervise")
    wire.hears("flags")
    reasons = [{"label": "Says it", "quote": words} for words in HOSTILE]
    wire.tell({"type": "flags", "flags": [flag(reasons)], "alarms": [NAME], "now": at()})
    expect(page.locator(".flag mark")).to_have_count(len(HOSTILE), timeout=30_000)
    assert texts(page.locator(".flag mark")) == HOSTILE
    assert kinds(page.locator(".flag mark, .flag h3, .alarm")) == set()
    expect(page.locator(".alarm")).to_have_text(NAME)
    assert set(texts_of(page.locator(".flag mark"), "dir")) == {"auto"}


def flag(reasons: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "conversation": str(uuid4()), "handle": NAME, "medium": "web", "line": NAME,
        "level": "high", "reasons": reasons, "state": "open", "raised_at": at(), "held_by": NAME, "reachable": True,
    }  # fmt: skip
