"""Every page of a manager's, by name: how a page gets there once Maria is signed in. A new one joins `MANAGED`.

They run no scripts but one, so each is loaded once and then looked at in every width and theme.
"""

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.people import Facts


def at(where: str) -> Callable[[Page, Facts], None]:
    """A page by its address below the line's."""

    def shown(page: Page, facts: Facts) -> None:
        page.goto(f"{facts['url']}/manage/lines/demo/{where}")

    return shown


def lines(page: Page, facts: Facts) -> None:
    page.goto(facts["pages"]["manage"])


def mistaken(page: Page, facts: Facts) -> None:
    at("hours/")(page, facts)
    page.get_by_label("Monday").fill("whenever")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".wrong").first).to_be_visible()


def meanwhile(page: Page, facts: Facts) -> None:
    """Somebody else saved while this was typed."""
    at("identity/")(page, facts)
    page.locator("[name=seen]").evaluate("field => (field.value = 'what was there before')")
    page.get_by_label("Button on websites").fill("Talk to us")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Somebody else has saved this part")).to_be_visible()


def unsure(page: Page, facts: Facts) -> None:
    at("limits/")(page, facts)
    page.get_by_label("Days until words are destroyed").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Yes, save it")).to_be_visible()


def minded(page: Page, facts: Facts) -> None:
    """A text with things to mind."""
    at("scripts/welcome/en/")(page, facts)
    page.get_by_label("Words").fill("This is the crisis line \u2014 see www.example.org. " * 4)
    page.get_by_role("button", name="See how it arrives").click()
    expect(page.locator(".findings li").first).to_be_visible()


def saved(page: Page, facts: Facts) -> None:
    """A list with what was added just now."""
    at("replies/")(page, facts)
    page.get_by_label("Shortcut").fill(f"hi-{uuid4().hex[:8]}")
    page.get_by_label("Words").fill("Hello, I am here.")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("status", name="Saved")).to_be_visible()


def undoing(page: Page, facts: Facts) -> None:
    saved(page, facts)
    page.get_by_role("link", name="Undo this").click()


def invited(page: Page, facts: Facts) -> None:
    at("people/")(page, facts)
    page.locator("#id_name").fill("Kim")
    page.locator("#id_username").fill(f"kim-{uuid4().hex[:8]}")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("A link for Kim")).to_be_visible()


def letting_go(page: Page, facts: Facts) -> None:
    at("people/")(page, facts)
    page.get_by_role("link", name="Let go").first.click()


MANAGED: dict[str, Callable[[Page, Facts], None]] = {
    "lines": lines,
    "line": at(""),
    "mistaken": mistaken,
    "meanwhile": meanwhile,
    "unsure": unsure,
    "texts": at("scripts/"),
    "minded": minded,
    "item": at("numbers/1/"),
    "saved": saved,
    "changes": at("changes/"),
    "undoing": undoing,
    "invited": invited,
    "letting-go": letting_go,
    "opening": at("open/"),
}
