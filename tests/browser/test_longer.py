"""Every page of a visitor holds words that are 40 % longer, on the narrowest phone: other languages have such."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages import PAGES
from tests.browser.people import Facts, new_page

pytestmark = pytest.mark.browser

FOR_VISITORS = [name for name in PAGES if name.startswith(("home", "chat", "plain"))]

LENGTHEN = r"""
() => {
  const longer = (word) => word + "éàüß".repeat(99).slice(0, Math.ceil([...word].length * 0.4));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("script, style, textarea, template, iframe")) continue;
    node.data = node.data.replace(/\p{L}{2,}/gu, (word) => (count++, longer(word)));
  }
  return count;
}
"""

STICKS_OUT = """
() => [...document.body.querySelectorAll("*")]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen, .skip"))
  .filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    return width > 1 && (left < -1 || right > innerWidth + 1);
  })
  .map((one) => `${one.tagName} ${one.id} ${one.textContent.trim().slice(0, 40)}`)
"""


def sticks_out(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*page.evaluate(STICKS_OUT), *(["the page"] if wide else [])]


@pytest.mark.parametrize("name", FOR_VISITORS)
def test_longer_words_still_fit(name: str, browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser, 320, 568)
    PAGES[name](page, demo_json)
    assert page.evaluate(LENGTHEN) > 5
    assert sticks_out(page) == []
    page.context.close()


@pytest.mark.parametrize("language", ["es", "ar"])
@pytest.mark.parametrize("path", ["/", "/chat/demo/", "/t/demo/"])
def test_the_translations_fit(path: str, language: str, browser: Browser, demo_json: Facts) -> None:
    page = new_page(browser, 320, 568)
    page.goto(f"{demo_json['url']}{path}?language={language}")
    assert page.locator("html").get_attribute("lang") == language
    assert sticks_out(page) == []
    page.context.close()
