"""What each person does in their browser, in their own words. Used by the walks and by the pictures."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

Facts = dict[str, Any]
"""`demo.json`."""


@dataclass
class Chatting:
    """A visitor's chat, on a page of its own or in an iframe."""

    page: Page
    root: Page | FrameLocator

    def says(self, text: str) -> None:
        self.root.locator("#text").fill(text)
        self.root.locator("#send").click()

    @property
    def log(self) -> Locator:
        return self.root.locator("#log")

    @property
    def status(self) -> Locator:
        return self.root.locator("#status")


@dataclass
class Texting:
    """One of the phones of the simulator."""

    page: Page
    which: int = 0

    @property
    def phone(self) -> Locator:
        return self.page.locator("section.phone").nth(self.which)

    def sends(self, text: str) -> None:
        self.phone.locator("textarea").fill(text)
        self.phone.get_by_role("button", name="Send").click()


@dataclass
class Desk:
    """A volunteer at `/desk/`."""

    page: Page

    def begins(self, seats: int = 2) -> None:
        """Their shift, unless it has begun. Whoever begins is ready."""
        start = self.page.locator("#start")
        expect(start.or_(self.page.locator("#presence")).first).to_be_attached()
        until(
            self.page,
            "!document.querySelector('#start').hidden || !document.querySelector('#presence').hidden",
        )
        if start.is_visible():
            start.get_by_role("radio", name=str(seats)).check()
            start.get_by_role("button", name="Start my shift").click()
            expect(start).to_be_hidden()

    def goes_to_list(self) -> None:
        """On a phone it is not beside the conversation."""
        if self.page.locator("#to-rail").is_visible():
            self.page.locator("#to-rail").click()

    def goes_ready(self, seats: int = 4) -> None:
        self.begins(seats)
        self.goes_to_list()
        self.page.select_option("#seats", str(seats))
        switch = self.page.locator("#ready")
        if switch.get_attribute("aria-checked") != "true":
            switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")

    def takes_next(self) -> Locator:
        """Returns the pane of the person who came."""
        self.goes_to_list()
        expect(self.page.locator("#queue li").first).to_be_visible()
        before = self.page.locator(".pane").count()
        self.page.locator("#take").click()
        expect(self.page.locator(".pane")).to_have_count(before + 1)
        pane = self.page.locator(".pane").last
        expect(pane.locator(".theirs").first).to_be_attached()
        return pane

    def takes(self, words: str) -> Locator:
        """Takes people until somebody comes who said these words."""
        for _ in range(4):
            self.takes_next()
            if self.pane_with(words).count():
                break
        expect(self.pane_with(words)).to_have_count(1)
        return self.pane_with(words)

    def pane_with(self, words: str) -> Locator:
        return self.page.locator(".pane").filter(has_text=words)


def answers(pane: Locator, text: str) -> None:
    """Also where they typed to somebody else a moment ago and are asked."""
    pane.locator("[data-part=text]").fill(text)
    pane.get_by_role("button", name="Send", exact=True).click()
    if (sure := pane.locator("[data-part=sure-yes]")).is_visible():
        sure.click()


def closes(pane: Locator, *, why: str = "They left before I could ask.") -> None:
    """Says what is asked for at a close, and no more."""
    pane.get_by_role("button", name="Close", exact=True).click()
    if pane.locator("[data-part=unasked]").is_visible():
        pane.locator("[data-part=why]").select_option(label=why)
    pane.get_by_role("button", name="Close conversation").click()


def gives_back(pane: Locator) -> None:
    """To the front of the queue."""
    pane.get_by_role("button", name="Pass on").click()
    pane.get_by_role("button", name="Back to the queue").click()


def new_page(
    browser: Browser,
    width: int = 1440,
    height: int = 900,
    scheme: Any = "light",
    *,
    touch: bool = False,
    language: str = "en-GB",
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale=language,
        reduced_motion="reduce",
        has_touch=touch,
    )
    context.set_default_timeout(10_000)
    return context.new_page()


def until(page: Page, what: str) -> None:
    """Until an expression is true. (Playwright's own way needs `eval`, which our policy forbids.)"""
    for _ in range(200):
        if page.evaluate(what):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not in ten seconds: {what}")


def chat(page: Page, facts: Facts) -> Chatting:
    page.goto(facts["pages"]["chat"])
    return Chatting(page, page)


def chat_elsewhere(page: Page, facts: Facts) -> Chatting:
    page.goto(facts["pages"]["site"])
    page.get_by_role("button", name="Talk to someone").click()
    return Chatting(page, page.frame_locator("iframe"))


def phone(page: Page, facts: Facts, which: int = 0) -> Texting:
    page.goto(facts["pages"]["phone"])
    return Texting(page, which)


def sign_in(page: Page, facts: Facts, username: str, where: str) -> None:
    person = next(one for one in facts["staff"] if one["username"] == username)
    page.goto(facts["pages"][where])
    page.fill("[name=username]", username)
    page.fill("[name=password]", person["password"])
    page.locator("form").filter(has=page.locator("[name=password]")).get_by_role("button").click()
    page.wait_for_url(facts["pages"][where])


def desk(page: Page, facts: Facts, username: str = "sam") -> Desk:
    sign_in(page, facts, username, "desk")
    expect(page.get_by_text("Connected", exact=True)).to_be_attached()
    return Desk(page)
