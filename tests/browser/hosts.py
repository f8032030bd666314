"""Other organisations' websites, each with the chat in it in its own way, served from another origin than ours.

`localhost` is the origin that the line knows; the same pages under `127.0.0.1` are at one that it does not.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, Frame, Page

from tests.browser import people
from tests.browser.people import Facts, new_page

GOOD = "allow-scripts allow-same-origin allow-forms allow-top-navigation-by-user-activation"
FENCED = "allow-scripts allow-same-origin allow-forms"
PAGE = (
    '<!doctype html><html {attributes}><head><meta charset="utf-8"><title>A website</title></head>'
    "<body><h1>A website</h1><p>Not about the chat.</p>{body}</body></html>"
)


@dataclass(frozen=True)
class Answer:
    body: str = ""
    attributes: str = 'lang="en"'
    policy: str = ""


@dataclass
class Websites:
    """`line` is the line's own origin, `key` that of the one site which all of these pages are of."""

    port: int
    line: str
    key: str = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def stranger(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def snippet(self) -> str:
        return f'<script src="{self.line}/widget.js" data-site="{self.key}" async></script>'

    def frame(self, sandbox: str | None, src: str = "") -> str:
        fence = "" if sandbox is None else f' sandbox="{sandbox}"'
        src = src or f"{self.line}/embed/{self.key}/"
        size = 'width="400" height="600"'
        return f'<iframe title="Chat" {size} referrerpolicy="no-referrer"{fence} src="{src}"></iframe>'

    def answer(self, path: str, query: str) -> Answer:
        """`query` is the address of a frame made by hand, if it is not the chat, or the fragment of an inner page."""
        line, inner = self.line, f"/snippet#{query}"
        return {
            "/snippet": Answer(self.snippet),
            "/by-hand": Answer(self.frame(GOOD, query)),
            "/no-sandbox": Answer(self.frame(None, query)),
            "/fenced": Answer(self.frame(FENCED, query)),
            "/inside": Answer(self.frame(None, inner)),
            "/inside-fenced": Answer(self.frame(FENCED, inner)),
            "/twice": Answer(self.snippet * 2),
            "/labelled": Answer(self.snippet.replace(" async", ' data-label="Ask a nurse" async')),
            "/arabic": Answer(self.snippet, 'lang="ar" dir="rtl"'),
            "/strict": Answer(
                self.snippet,
                policy=f"default-src 'none'; script-src {line}/widget.js; style-src 'none'; frame-src {line}; "
                "require-trusted-types-for 'script'",
            ),
            "/no-frames": Answer(self.snippet, policy=f"default-src 'none'; script-src {line}"),
            "/hostile": Answer(
                "<style>html { font-size: 62.5%; } body > :not(h1), button, svg { display: none !important; "
                "font-size: 90px !important; position: static !important; }</style>" + self.snippet
            ),
        }.get(path, Answer())


@contextmanager
def websites(browser: Browser, facts: Facts) -> Iterator[Websites]:
    """Served until the block ends; Maria lets them show the chat."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            answer = sites.answer(path, query)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            if answer.policy:
                self.send_header("Content-Security-Policy", answer.policy)
            self.end_headers()
            self.wfile.write(PAGE.format(attributes=answer.attributes, body=answer.body).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sites = Websites(server.server_port, facts["url"])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        manager = Manager(new_page(browser), facts)
        sites.key = manager.adds("A website", sites.origin)
        yield sites
        manager.page.context.close()
        server.shutdown()


class Manager:
    """Maria, at the websites of her line."""

    def __init__(self, page: Page, facts: Facts) -> None:
        self.page, self.url = page, facts["pages"]["sites"]
        people.sign_in(page, facts, "maria", "sites")

    def adds(self, name: str, *origins: str) -> str:
        """Returns the key, as the snippet has it. The page of the website stays open."""
        self.page.goto(self.url)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Addresses").fill("\n".join(origins))
        self.page.get_by_role("button", name="Add it").click()
        snippet = self.page.get_by_role("textbox", name="Put the chat on its pages").input_value()
        return snippet.split('data-site="')[1].split('"')[0]

    def goes_to(self, name: str) -> None:
        self.page.goto(self.url)
        self.page.get_by_role("link", name=name, exact=True).last.click()

    def asks_for_a_test(self, address: str) -> tuple[str, str]:
        """Returns the link to their page, and the address for a frame made by hand."""
        self.page.get_by_label("Address of your page").fill(address)
        self.page.get_by_role("button", name="Give me a test").click()
        link = self.page.get_by_role("link", name="Open my page with the test").get_attribute("href")
        frame = self.page.locator("textarea").filter(has_text="/check/?token=").input_value()
        assert link
        return link, frame


def chat_frame(page: Page, line: str) -> Frame:
    """The frame with a page of ours in it, however deep."""
    return next(frame for frame in page.frames if frame.url.startswith(line))
