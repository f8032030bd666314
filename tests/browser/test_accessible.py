"""WCAG 2.2 AA on every page, in both themes and at both widths, as far as axe can tell. A new page joins `pages.py`;
the states of the visitor's page are in `test_every_state.py`, the pages of managers in `test_manage.py`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import servers
from tests.browser.checks import violations
from tests.browser.pages import PAGES, WIDTHS, home
from tests.browser.people import Facts, new_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Process]:
    """With a past, so that its reports show something."""
    with servers.demo(tmp_path_factory.mktemp("demo"), history=True) as line:
        line.wait_until_healthy()
        yield line


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation_in_either_theme(
    name: str, width: str, browser: Browser, demo_json: Facts
) -> None:
    page = new_page(browser, *WIDTHS[width], "light")
    PAGES[name](page, demo_json)
    found = {"light": violations(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = violations(page)
    assert found == {"light": [], "dark": []}
    page.context.close()


def test_the_check_finds_what_is_wrong(browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser)
    home(page, demo_json)
    page.evaluate("document.body.append(document.createElement('button'))")
    assert violations(page)
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_narrow_phone(name: str, browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser, 320, 568)
    PAGES[name](page, demo_json)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()
