"""The phones of those who are on call, as a person sees them: texts with a code, and calls that ask for a key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.cast import RISKY
from tests.flows import changed

pytestmark = pytest.mark.browser


@pytest.fixture
def on_call(tmp_path: Path, page: Page) -> Iterator[Locator]:
    """Alex's phone, which rings: somebody is at risk, and nobody answers at a screen."""
    line = changed.demo(tmp_path / "demo", "pages-at-once")
    with line:
        line.wait_until_healthy()
        facts: dict[str, Any] = json.loads((tmp_path / "demo" / "demo.json").read_text())
        page.goto(facts["pages"]["phone"])
        visitor = page.locator(".phone").first
        visitor.get_by_role("textbox").fill(RISKY)
        visitor.get_by_role("button", name="Send").click()
        alex = page.locator(".phone").filter(has_text="Alex, on call")
        expect(alex.get_by_role("status")).to_have_text("+1 202 555 0150 is calling")
        yield alex
        page.close()


def test_the_call_takes_the_flag_and_then_the_code_is_late(on_call: Locator, page: Page) -> None:
    on_call.get_by_role("button", name="Answer").click()
    expect(on_call).to_contain_text("a flag is open, level imminent. Press 1 to take it.")
    found = Axe().run(page).response["violations"]
    on_call.get_by_role("button", name="Press 1").click()
    expect(on_call).to_contain_text("You have it.")
    maria = page.locator(".phone").filter(has_text="Maria, on call")
    code = re.findall(r"Reply (\d{5}) to take it", maria.inner_text())
    maria.get_by_role("textbox").fill(code[0])
    maria.get_by_role("button", name="Send").click()
    expect(maria.locator(".theirs").last).to_contain_text("Alex has it already.")
    expect(maria.locator(".call")).to_contain_text("is calling")
    assert [one["id"] for one in found] == []
