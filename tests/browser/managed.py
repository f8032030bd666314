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


def own(where: str) -> Callable[[Page, Facts], None]:
    """A page about how she signs in herself."""

    def shown(page: Page, facts: Facts) -> None:
        page.goto(f"{facts['url']}/accounts/{where}")

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


def rung_refused(page: Page, facts: Facts) -> None:
    """A ladder that would call nobody at once is not saved."""
    at("ladder/")(page, facts)
    page.get_by_label("Seconds after").fill("30")
    page.get_by_label("How").select_option("voice")
    page.get_by_label("To whom").select_option("systems")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".wrong").first).to_be_visible()


def hooked(page: Page, facts: Facts) -> None:
    """Another system, with its secret shown."""
    at("hooks/")(page, facts)
    page.get_by_label("Name").fill(f"Pager {uuid4().hex[:8]}")
    page.get_by_label("Address").fill("https://pager.example.org/in")
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("Its secret, and how to check a request").last.click()


def words_leave(page: Page, facts: Facts) -> None:
    at("hooks/")(page, facts)
    page.get_by_label("Name").fill("Chat room")
    page.get_by_label("Address").fill("https://chat.example.org/in")
    page.get_by_label("Tell it what people wrote").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("button", name="Yes, save it")).to_be_visible()


def on_call(page: Page, facts: Facts) -> None:
    at("on-call/")(page, facts)
    while page.get_by_role("button", name="Put on").count() > 1:
        page.get_by_role("button", name="Put on").first.click()


def tried(page: Page, facts: Facts) -> None:
    """A message that a phrase of the line's finds, and one of the project's."""
    at("phrases/")(page, facts)
    page.get_by_label("Phrase", exact=True).fill(f"(at|off) the old quarry [{uuid4().hex[:8]}]")
    page.get_by_label("Level").select_option("imminent")
    page.get_by_role("button", name="Add it").click()
    page.get_by_label("A message", exact=True).fill("i want to die. i am at the old quarry now")
    page.get_by_role("button", name="Screen it").click()
    expect(page.locator(".matches li").first).to_be_visible()
    page.get_by_text("How a phrase is written").click()


def reach(page: Page, facts: Facts) -> None:
    """Their own, with a number that is none."""
    page.goto(facts["url"] + "/desk/reach/")
    page.get_by_label("Phone").fill("my phone")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".wrong")).to_be_visible()


def lost(page: Page, facts: Facts) -> None:
    at("people/")(page, facts)
    page.get_by_role("link", name="Lost passkey or phone Sam").click()
    expect(page.get_by_role("heading", name="A new beginning for Sam?")).to_be_visible()


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
    "ladder": at("ladder/"),
    "rung-refused": rung_refused,
    "hooked": hooked,
    "words-leave": words_leave,
    "on-call": on_call,
    "holds": at("holds/?handle=nobody+here"),
    "tried": tried,
    "reach": reach,
    "changes": at("changes/"),
    "undoing": undoing,
    "invited": invited,
    "letting-go": letting_go,
    "opening": at("open/"),
    "lost": lost,
    "signing-in": own(""),
    "passkey": own("passkeys/add/"),
    "app": own("app/add/"),
    "password": own("password/"),
    "sessions": own("sessions/"),
}
