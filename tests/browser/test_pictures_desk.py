"""What came with a text is shown to a volunteer only when they ask for it."""

import base64
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser import people
from tests.browser.people import Facts, new_page
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Sent:
    """A desk that holds one conversation by text, of one message, with whatever came with it."""

    def __init__(self, page: Page, wire: Wire) -> None:
        self.page, self.wire = page, wire
        self.asked: list[str] = []
        page.route("**/desk/media/**", self._give)

    def _give(self, route: Route) -> None:
        self.asked.append(route.request.url.partition("/desk")[2])
        if "broken" in route.request.url:
            route.fulfill(status=404)
        else:
            route.fulfill(body=PIXEL, content_type="image/png")

    def comes(
        self, text: str = "look", *, id: str = "", kind: str = "image/png", state: str = "kept"
    ) -> Locator:
        media = [{"id": id or str(uuid4()), "kind": kind, "state": state}]
        self.wire.holds([{"from": "visitor", "text": text, "media": media}])
        line = self.page.locator(".pane .log > div").last
        expect(line).to_be_visible()
        return line


@pytest.fixture
def sent(browser: Browser, demo_json: Facts) -> Iterator[Sent]:
    page = new_page(browser)
    wire = Wire(page)
    people.desk(page, demo_json, "robin")
    yield Sent(page, wire)
    page.context.close()


def test_a_picture_is_fetched_only_when_asked_for_and_can_be_hidden_again(sent: Sent) -> None:
    line = sent.comes(id="one")
    expect(line.get_by_role("button", name="Show the picture")).to_be_visible()
    expect(line.get_by_role("img")).to_have_count(0)
    assert sent.asked == []
    line.get_by_role("button", name="Show the picture").click()
    expect(line.get_by_role("img", name="Picture they sent")).to_be_visible()
    assert sent.asked == ["/media/one/"]
    line.get_by_role("button", name="Hide the picture").click()
    expect(line.get_by_role("img")).to_have_count(0)


def test_a_picture_that_cannot_be_loaded_says_so(sent: Sent) -> None:
    line = sent.comes(id="broken")
    line.get_by_role("button", name="Show the picture").click()
    expect(line).to_contain_text("It could not be loaded.")
    expect(line.get_by_role("button", name="Show the picture")).to_be_visible()
    assert len(sent.asked) == 1


@pytest.mark.parametrize(
    ("kind", "name"), [("audio/ogg", "Open the recording"), ("video/mp4", "Show the video")]
)
def test_a_recording_is_loaded_only_when_asked_for(sent: Sent, kind: str, name: str) -> None:
    line = sent.comes(kind=kind)
    expect(line.locator("audio, video")).to_have_count(0)
    assert sent.asked == []
    # Looked at in the same turn: the bytes given here are none that a player could keep.
    made = "button => (button.click(), button.parentElement.querySelector('audio, video')?.controls)"
    assert line.get_by_role("button", name=name).evaluate(made) is True


@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        ("image/png", "waiting", "A picture is being fetched."),
        ("image/png", "refused", "A file came that cannot be shown here"),
        ("image/png", "lost", "This picture is gone."),
        ("audio/ogg", "lost", "This recording is gone."),
        ("text/vcard", "kept", "A file came that cannot be shown here"),
    ],
)
def test_what_cannot_be_shown_says_why(sent: Sent, kind: str, state: str, words: str) -> None:
    line = sent.comes(kind=kind, state=state)
    expect(line).to_contain_text(words)
    expect(line.locator(".attached button")).to_be_hidden()


def test_a_picture_alone_is_not_called_erased(sent: Sent) -> None:
    line = sent.comes(text="")
    expect(line.get_by_role("button", name="Show the picture")).to_be_visible()
    expect(line).not_to_contain_text("erased")
