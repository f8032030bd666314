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

    def goes_ready(self, seats: int = 4) -> None:
        self.page.select_option("#seats", str(seats))
        switch = self.page.locator("#ready")
        if switch.get_attribute("aria-checked") != "true":
            switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")

    def takes_next(self) -> Locator:
        """Returns the pane of the person who came."""
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
    pane.locator("[data-part=text]").fill(text)
    pane.get_by_role("button", name="Send").click()


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
    expect(page.get_by_text("Connected")).to_be_attached()
    return Desk(page)
