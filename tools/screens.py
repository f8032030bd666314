"""A picture of each page of a running demo in the middle of a shift, for the README, and one of every state of the
visitor's page in both themes, at three sizes and in every language, in the folder `visitor`, of every page of a
manager's in the folder `manage`, and of all other pages and their states in the folder `pages`.

python -m tools.screens var/screens
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests import servers
from tests.browser.managed import MANAGED
from tests.browser.pages import PAGES, WIDTHS
from tests.browser.people import Desk, answers, new_page
from tests.browser.states import STATES
from tests.chromium import chromium
from tools.walk import Line

WIDE = ViewportSize(width=1280, height=800)
HANDSET = ViewportSize(width=390, height=780)
SIZES = {"phone": (390, 780), "small": (320, 568), "desk": (1280, 800)}
LANGUAGES = ("en", "es", "ar")


def text_the_line(page: Page, line: Line) -> None:
    """The second sends a picture too, and is off by the time that an answer comes."""
    page.goto(line.pages["phone"])
    sayings = ["i have the pills here and im going to do it tonight", "hi, is this the text line?"]
    for number, words in enumerate(sayings):
        handset = page.locator(".phone").nth(number)
        handset.locator("textarea").fill(words)
        if number:
            handset.locator("summary").click()
            handset.get_by_role("button", name="A small picture").click()
        handset.get_by_role("button", name="Send").click()
        expect(handset).to_contain_text("Delivered")
    page.locator(".phone").nth(1).get_by_role("switch").click()


def chat(page: Page, line: Line) -> None:
    page.goto(line.pages["chat"])
    page.locator("#text").fill("I can't sleep. My head won't stop.")
    page.locator("#send").click()
    expect(page.locator("#log")).to_contain_text("My head")


def sign_in(page: Page, line: Line, role: str, address: str) -> None:
    page.goto(address)
    account = line.account(role)
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(address)


def answer(page: Page, line: Line) -> None:
    """Takes two people, the one at risk first, and answers both."""
    Desk(page).goes_ready()
    for number, words in enumerate(
        ["I'm here with you. Are the pills in reach now?", "I'm here. What keeps you up?"]
    ):
        page.locator("#take").click()
        pane = page.locator(".pane").nth(number)
        answers(pane, words)
        expect(pane.get_by_role("log")).to_contain_text(words)
    panes = page.locator(".pane")
    expect(panes.nth(1).get_by_role("log")).to_contain_text("off or out of reach")
    panes.nth(0).locator("[data-part=text]").fill(
        "Can you put them somewhere that isn\u2019t easy to get to \u2014 just for now? " * 2
    )


@contextmanager
def running_demo() -> Iterator[Line]:
    with tempfile.TemporaryDirectory(prefix="chatline-screens-") as folder:
        data = Path(folder)
        with servers.demo(data, history=True) as demo:
            demo.wait_until_healthy()
            yield Line.read(data / "demo.json")


def take_pictures(browser: Browser, line: Line, folder: Path) -> None:
    phone, visitor, site = (browser.new_page(viewport=size) for size in (WIDE, HANDSET, WIDE))
    desk, supervisor = browser.new_page(viewport=WIDE), browser.new_page(viewport=WIDE)
    text_the_line(phone, line)
    chat(visitor, line)
    site.goto(line.pages["site"], wait_until="networkidle")
    site.get_by_role("button", name="Talk to someone").click()
    sign_in(supervisor, line, "supervisor", line.pages["supervise"])
    sign_in(desk, line, "volunteer", line.pages["desk"])
    answer(desk, line)
    for name, page in {
        "phone": phone,
        "chat": visitor,
        "site": site,
        "desk": desk,
        "supervise": supervisor,
    }.items():
        page.wait_for_timeout(1_500)
        page.screenshot(path=folder / f"{name}.png", animations="disabled")
        print(folder / f"{name}.png")


def picture_states(browser: Browser, line: Line, folder: Path) -> None:
    """`<state>-<language>-<size>-<theme>.png`"""
    folder.mkdir(parents=True, exist_ok=True)
    cases = [(*case, size) for case in product(STATES, LANGUAGES, ("light", "dark")) for size in SIZES]
    for state, language, theme, size in cases:
        page = new_page(browser, *SIZES[size], theme, language=language)
        STATES[state](page, asdict(line))
        page.screenshot(path=folder / f"{state}-{language}-{size}-{theme}.png", animations="disabled")
        page.context.close()
    print(f"{len(cases)} pictures in {folder}")


def picture_managed(browser: Browser, line: Line, folder: Path) -> None:
    """`<page>-<size>-<theme>.png`"""
    folder.mkdir(parents=True, exist_ok=True)
    page = new_page(browser)
    sign_in(page, line, "manager", line.pages["manage"])
    for name, theme in product(MANAGED, ("light", "dark")):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        MANAGED[name](page, asdict(line))
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            path = folder / f"{name}-{size}-{theme}.png"
            page.screenshot(path=path, animations="disabled", full_page=True)
    page.context.close()


def picture_pages(browser: Browser, line: Line, folder: Path) -> None:
    """`<page>-<size>-<theme>.png`"""
    folder.mkdir(parents=True, exist_ok=True)
    for name, size, theme in product(PAGES, WIDTHS, ("light", "dark")):
        page = new_page(browser, *WIDTHS[size], theme)
        PAGES[name](page, asdict(line))
        path = folder / f"{name.replace(', ', '-').replace(' ', '-')}-{size}-{theme}.png"
        page.screenshot(path=path, animations="disabled")
        page.context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with running_demo() as line, chromium() as browser:
        take_pictures(browser, line, folder)
        picture_states(browser, line, folder / "visitor")
        picture_managed(browser, line, folder / "manage")
        picture_pages(browser, line, folder / "pages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
