"""Every state that the visitor's page can be in: by name, how a page gets there. A new state or page joins `STATES`.

Pictures (`tools/screens.py`), checks and tests go through this list. The line is a fake one, because many states need
hours, or somebody's mistake; words of people are in one language, those of the page in whatever the browser asks for.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.line import FakeLine, at
from tests.browser.people import Facts

SAID = "I can't sleep. My head won't stop."
ANSWER = "I'm Sam. I'm glad you wrote. What goes round in your head?"
LONG = "It started in spring, and I have told nobody yet, not even my sister. " * 3


def fresh(page: Page, facts: Facts, **welcome: object) -> FakeLine:
    """Nothing said yet."""
    line = FakeLine(page, **welcome)  # type: ignore[arg-type]
    page.goto(facts["pages"]["chat"])
    expect(page.locator("#menu")).to_be_visible()
    return line


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#send").click()
    expect(page.locator("#log .mine").last).to_contain_text(text[:40])


def wrote(page: Page, facts: Facts, **state: object) -> FakeLine:
    """Something said, and the line's state about it."""
    line = fresh(page, facts)
    say(page, SAID)
    line.becomes(**state)
    expect(page.locator("#log .mark.sent")).to_be_visible()
    return line


def answered(page: Page, facts: Facts) -> FakeLine:
    line = wrote(page, facts)
    line.becomes(state="active", name="Sam")
    line.says(ANSWER)
    expect(page.locator("#log .theirs")).to_be_visible()
    return line


def over(page: Page, facts: Facts, by: str, **state: object) -> FakeLine:
    line = answered(page, facts) if by != "expired" else wrote(page, facts)
    line.becomes(state="closed", ended=by, name="", **state)
    expect(page.locator("#ended")).to_be_visible()
    return line


def opened(page: Page) -> None:
    page.locator("#menu > summary").click()


def intro(page: Page, facts: Facts) -> None:
    fresh(page, facts)


def intro_read(page: Page, facts: Facts) -> None:
    fresh(page, facts)
    page.locator(".help summary").first.click()


def closed(page: Page, facts: Facts) -> None:
    fresh(page, facts, service="closed", opens_at=at(hours=30))


def paused(page: Page, facts: Facts) -> None:
    fresh(page, facts, service="paused")


def full(page: Page, facts: Facts) -> None:
    fresh(page, facts, service="full")


def waiting(page: Page, facts: Facts) -> None:
    wrote(page, facts, wait=[4, 9])


def waiting_calm(page: Page, facts: Facts) -> None:
    """The question was answered, an exercise is open, and the wait is long."""
    wrote(page, facts, wait=[10, 20], since=at(minutes=-12))
    page.locator("#feel-skip").click()
    page.locator("[name=calm] summary").first.click()


def waiting_closed(page: Page, facts: Facts) -> None:
    wrote(page, facts, service="closed", opens_at=at(hours=30))


def another(page: Page, facts: Facts) -> None:
    line = answered(page, facts)
    line.becomes(state="waiting", name="", another=True)
    expect(page.locator("#meanwhile")).to_be_visible()


def talking(page: Page, facts: Facts) -> None:
    line = answered(page, facts)
    say(page, LONG)
    line.says("That is a lot to carry alone. Take your time.")
    line.tell({"type": "typing", "from": "volunteer", "on": True, "conversation": line.state["conversation"]})
    expect(page.locator("#typing")).not_to_be_empty()


def unread(page: Page, facts: Facts) -> None:
    """Somebody reads further up while an answer comes."""
    line = answered(page, facts)
    for _ in range(4):
        line.says(LONG)
    page.locator("#scroll").evaluate("scroll => (scroll.scrollTop = 0)")
    line.says("Still here.")
    expect(page.locator("#newer")).to_be_visible()


def weak(page: Page, facts: Facts) -> None:
    page.clock.install()
    line = answered(page, facts)
    line.goes_down()
    page.clock.run_for(4_000)
    say(page, "Are you still there?")
    page.clock.run_for(3_000)
    expect(page.locator("#log .mark.trying")).to_be_visible()


def down(page: Page, facts: Facts) -> None:
    weak(page, facts)
    page.clock.run_for(60_000)
    expect(page.locator("[data-for=help]")).to_be_visible()


def refused(page: Page, facts: Facts) -> None:
    """What the server does not take stays, with the reason."""
    line = answered(page, facts)
    line.refuses = {"of": ["say"], "error": {"code": "too_long"}}
    page.locator("#text").fill("x " * 950)
    page.locator("#text").press("Enter")
    page.locator("#text").fill("y " * 950)
    expect(page.locator("#log .mark.refused")).to_be_visible()


def ended_by_me(page: Page, facts: Facts) -> None:
    over(page, facts, "visitor")


def ended_by_them(page: Page, facts: Facts) -> None:
    over(page, facts, "volunteer", feeling_after=2)


def ended_quiet(page: Page, facts: Facts) -> None:
    over(page, facts, "quiet", feeling_after=2)


def expired(page: Page, facts: Facts) -> None:
    over(page, facts, "expired")


def erased(page: Page, facts: Facts) -> None:
    over(page, facts, "visitor", erasure="done", erased_at=at())
    expect(page.locator("#receipt")).not_to_be_empty()


def erase_asked(page: Page, facts: Facts) -> None:
    over(page, facts, "visitor", erasure="asked")


def gone(page: Page, facts: Facts) -> None:
    """The next day."""
    fresh(page, facts, state="gone")


def blocked(page: Page, facts: Facts) -> None:
    wrote(page, facts, blocked=True)


def revoked(page: Page, facts: Facts) -> None:
    line = FakeLine(page)
    line.refuses = {"of": ["hello"], "error": {"code": "site_revoked"}}
    page.goto(facts["pages"]["chat"])
    expect(page.locator("[data-for=revoked]")).to_be_visible()


def menu(page: Page, facts: Facts) -> None:
    answered(page, facts)
    opened(page)


def menu_sure(page: Page, facts: Facts) -> None:
    menu(page, facts)
    page.locator("#erase").click()


def menu_copy(page: Page, facts: Facts) -> None:
    line = answered(page, facts)
    line.says("Your plan: call Ana, walk to the river, go to bed at ten.", purpose="plan")
    opened(page)
    page.locator("#keep").click()


STATES: dict[str, Callable[[Page, Facts], None]] = {
    "intro": intro,
    "intro-read": intro_read,
    "closed": closed,
    "paused": paused,
    "full": full,
    "waiting": waiting,
    "waiting-calm": waiting_calm,
    "waiting-closed": waiting_closed,
    "another": another,
    "talking": talking,
    "unread": unread,
    "weak": weak,
    "down": down,
    "refused": refused,
    "ended-by-me": ended_by_me,
    "ended-by-them": ended_by_them,
    "ended-quiet": ended_quiet,
    "expired": expired,
    "erased": erased,
    "erase-asked": erase_asked,
    "gone": gone,
    "blocked": blocked,
    "revoked": revoked,
    "menu": menu,
    "menu-sure": menu_sure,
    "menu-copy": menu_copy,
}
