"""How the chat gets into other pages, and what may be wrong with one, as far as its HTML tells.

A page that looks right may still be fenced in, by its headers or by another page around it: only a live test finds
that leaving works there (`lines/proofs.py`).
"""

from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

SANDBOX = (
    "allow-scripts",
    "allow-same-origin",
    "allow-forms",
    "allow-popups",
    "allow-popups-to-escape-sandbox",
    "allow-downloads",
    "allow-top-navigation-by-user-activation",
)
"""What the chat's frame is allowed, as `widget.js` writes it."""

NEEDED = {
    "allow-scripts": "sandbox_scripts",
    "allow-same-origin": "sandbox_same_origin",
    "allow-forms": "sandbox_forms",
}
"""Without these the chat does not run at all, and what `problems` calls their lack."""

LEAVING = {"allow-top-navigation-by-user-activation", "allow-top-navigation"}
"""Either lets the whole page go away when somebody leaves fast; with neither nothing moves, and nothing says so."""

RUNS = {"", "text/javascript", "application/javascript", "module"}
"""Types of a script that runs; consent banners hold one back by giving it another."""

Attributes = dict[str, str]


def snippet(origin: str, site_key: str, label: str = "") -> str:
    """The one line for other pages. `origin` is our own; `label` what the button says, if not its usual words."""
    said = f' data-label="{escape(label)}"' if label else ""
    return f'<script src="{origin}/widget.js" data-site="{site_key}"{said} async></script>'


def frame(origin: str, site_key: str) -> str:
    """For pages that would rather have the chat in their midst."""
    return (
        f'<iframe src="{origin}/embed/{site_key}/" title="Chat" width="400" height="640" referrerpolicy="no-referrer" '
        f'sandbox="{" ".join(SANDBOX)}"></iframe>'
    )


def problems(html: str, site_key: str, origin: str) -> list[str]:
    """Codes of what would keep the chat of this site from working in this page; empty if nothing is seen.

    `origin` is our own. Codes: `nothing_found`; for the script `wrong_host`, `insecure`, `key_missing`, `key_wrong`,
    `script_held_back`; for a frame made by hand also `sandbox_scripts`, `sandbox_same_origin`, `sandbox_forms`,
    `sandbox_leaving` (its sandbox lacks `allow-top-navigation-by-user-activation`), `frame_title`, `frame_referrer`.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = [
        *(code for one in reader.scripts for code in _of_script(one, site_key, origin)),
        *(code for one in reader.frames for code in _of_frame(one, site_key, origin)),
    ]
    if not reader.scripts and not reader.frames:
        found.append("nothing_found")
    return list(dict.fromkeys(found))


class _Reader(HTMLParser):
    """Keeps the elements that mean the chat, whatever host they name."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[Attributes] = []
        self.frames: list[Attributes] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in reversed(attrs)}
        path = urlsplit(attributes.get("src", "").strip()).path
        if tag == "script" and (path.endswith("/widget.js") or "data-site" in attributes):
            self.scripts.append(attributes)
        if tag == "iframe" and path.startswith(("/embed/", "/chat/")):
            self.frames.append(attributes)


def _of_script(script: Attributes, site_key: str, origin: str) -> Iterator[str]:
    yield from _of_address(script, origin)
    key = script.get("data-site", "").strip()
    if key != site_key:
        yield "key_wrong" if key else "key_missing"
    if script.get("type", "").strip().lower() not in RUNS:
        yield "script_held_back"


def _of_frame(frame: Attributes, site_key: str, origin: str) -> Iterator[str]:
    yield from _of_address(frame, origin)
    if urlsplit(frame["src"].strip()).path.split("/")[1:3] != ["embed", site_key]:
        yield "key_wrong"
    if "sandbox" in frame:
        allowed = set(frame["sandbox"].lower().split())
        yield from (code for token, code in NEEDED.items() if token not in allowed)
        if not allowed & LEAVING:
            yield "sandbox_leaving"
    if not frame.get("title", "").strip():
        yield "frame_title"
    if frame.get("referrerpolicy", "").strip().lower() != "no-referrer":
        yield "frame_referrer"


def _of_address(element: Attributes, origin: str) -> Iterator[str]:
    parts, ours = urlsplit(element.get("src", "").strip()), urlsplit(origin)
    if parts.netloc.lower() != ours.netloc:
        yield "wrong_host"
    elif parts.scheme and parts.scheme.lower() != ours.scheme:
        yield "insecure"
