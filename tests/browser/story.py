"""Many people in one hour, each in a browser of their own, and what each of their screens shows beside a fresh load.

`PAGES` is what is compared of each page; a new page of staff joins it. `EARLIER` names frames that this story does not
need to see, each with where it is seen instead; a new frame is seen here, or joins it.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from tests.browser import people
from tests.browser.people import Chatting, Desk, Facts, Texting, new_page

PAGES: dict[str, list[str]] = {
    "desk": ["#queue li", "#offers li", "#ready-words", ".pane header", ".pane [data-part=log]"],
    "supervise": [
        "#alarms",
        "li.flag",
        "#helps li",
        "#emergencies li",
        "#barred li",
        "#colleagues li",
        "#waiting li",
        "#talks li",
    ],
    "wall": ["[data-figure]"],
}
"""By page: what of it must be the same, however one came to it. Drafts, marks of what is unread, and which of several
conversations is open are of one tab alone."""

EARLIER = {
    "ping": "tests/consumers",
    "flag": "tests/consumers/test_supervisor.py",
    "emergency": "tests/browser/test_supervising.py",
    "sign": "tests/browser/test_supervising.py",
    "pause": "tests/browser/test_supervising.py",
    "take_over": "tests/browser/test_supervising.py",
    "bar": "tests/consumers/test_handing.py",
    "review_block": "tests/routing/test_barring.py",
    "resend": "tests/browser/test_texting_desk.py",
    "release": "tests/browser/test_walks.py",
    "try_again": "tests/consumers/test_supervisor.py",
}

SECONDS = 25
"""How long both may differ: a little more than one look at the versions."""

MOMENTS = re.compile(r"\b(just now|less than a minute|\d+ (s|min|seconds?|minutes?))\b|\d+:\d+ [ap]m")
"""Ages that go on while two pages are read one after the other."""


@dataclass
class Screen:
    """One signed-in page that stays open through the whole story, and the frames it was told and sent."""

    name: str
    kind: str
    page: Page
    told: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)

    def listen(self) -> None:
        """Before its page is opened."""

        def kind(payload: str | bytes) -> str:
            return str(json.loads(payload)["type"])

        def on(socket: WebSocket) -> None:
            socket.on("framereceived", lambda payload: self.told.add(kind(payload)))
            socket.on("framesent", lambda payload: self.sent.add(kind(payload)))

        self.page.on("websocket", on)

    def shows(self, page: Page | None = None) -> dict[str, list[str]]:
        found = (page or self.page).evaluate(
            "selectors => Object.fromEntries(selectors.map(one => "
            "[one, [...document.querySelectorAll(one)].filter(e => e.checkVisibility()).map(e => e.innerText)]))",
            PAGES[self.kind],
        )
        return {one: sorted(map(plain, texts)) for one, texts in found.items()}

    def differs(self) -> str:
        """From the same page loaded anew beside it; empty once both are the same."""
        fresh = self.page.context.new_page()
        fresh.goto(self.page.url)
        for _ in range(SECONDS * 4):
            fresh.wait_for_timeout(250)
            here, there = self.shows(), self.shows(fresh)
            if here == there and self._is_there(fresh):
                fresh.close()
                return ""
        fresh.close()
        wrong = {one: (here[one], there[one]) for one in here if here[one] != there[one]}
        return f"{self.name}: {wrong}"

    def _is_there(self, fresh: Page) -> bool:
        """A page that has not been told anything yet shows nothing, which proves nothing."""
        return self.kind == "wall" or fresh.locator("#link-state").inner_text() == "Connected"


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", MOMENTS.sub("~", text)).strip()


@dataclass
class Hour:
    """Everybody: three volunteers, a supervisor, a wall, and six people."""

    browser: Browser
    facts: Facts
    screens: dict[str, Screen] = field(default_factory=dict)
    dark: list[Screen] = field(default_factory=list)
    checked: int = 0

    def desk(self, username: str, seats: int) -> Desk:
        desk = Desk(self._opens(username, "desk"))
        desk.goes_ready(seats)
        return desk

    def supervisor(self, username: str) -> Page:
        return self._opens(username, "supervise")

    def _opens(self, username: str, kind: str) -> Page:
        page = new_page(self.browser)
        screen = Screen(username, kind, page)
        screen.listen()
        people.sign_in(page, self.facts, username, kind)
        expect(page.locator("#link-state")).to_have_text("Connected")
        self.screens[username] = screen
        return page

    def wall(self, address: str) -> None:
        page = new_page(self.browser, 1920, 1080)
        page.goto(address)
        self.screens["wall"] = Screen("wall", "wall", page)

    def visitor(self) -> Chatting:
        page = new_page(self.browser, 390, 780)
        page.route("**/www.wikipedia.org/**", lambda route: route.fulfill(body="safe"))
        return people.chat(page, self.facts)

    def texters(self) -> list[Texting]:
        page = new_page(self.browser)
        page.goto(self.facts["pages"]["phone"])
        return [Texting(page, which) for which in range(2)]

    def check(self, visitors: list[Chatting]) -> list[str]:
        """Which screens differ from a fresh load now, visitors' own among them."""
        self.checked += len(self.screens) + len(visitors)
        wrong = [one.differs() for one in self.screens.values()]
        return [one for one in [*wrong, *map(reloaded, visitors)] if one]

    def frames(self) -> tuple[set[str], set[str]]:
        """Of all desks: what they were told, what they sent."""
        screens = [*self.screens.values(), *self.dark]
        told: set[str] = set().union(*(one.told for one in screens))
        sent: set[str] = set().union(*(one.sent for one in screens))
        return told, sent

    def goes_dark(self, username: str) -> None:
        """Their laptop dies."""
        screen = self.screens.pop(username)
        screen.page.context.close()
        self.dark.append(screen)


def reloaded(visitor: Chatting) -> str:
    """How this tab differs from itself loaded anew."""

    def shown() -> dict[str, Any]:
        return {one: plain(visitor.page.locator(one).inner_text()) for one in ("#log", "#status")}

    before = shown()
    visitor.page.reload()
    for _ in range(SECONDS * 4):
        visitor.page.wait_for_timeout(250)
        if shown() == before:
            return ""
    return f"visitor: {before} became {shown()}"


def watches(supervisor: Page, card: Locator) -> Locator:
    card.locator("[data-part=watch]").click()
    view = supervisor.locator(".view:visible")
    expect(view).to_be_focused()
    return view
