"""The backstop under every log line: numbers, addresses, tokens and query strings do not get out.

We log ids, kinds, sizes and codes. This is for what others log, and for the day somebody forgets.
"""

import logging
import re
import traceback
from pathlib import Path
from types import TracebackType

DEPTH = 8
"""How many places of a traceback are told."""

_HIDDEN = re.compile(
    r"\+?\d[\d \-().]{7,}\d"  # phone numbers, in any dress
    r"|[\w.+-]+@[\w-]+\.\w[\w.]*"  # e-mail
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"  # IPv4
    r"|\b(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F]{0,4}\b"  # IPv6
    r"|(?<=\?)[^\s\"']+"  # query strings
    r"|\b[A-Za-z0-9_-]{40,}\b"  # tokens
)


_OURS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""Our own ids, which tell nothing about anybody; the rows they name are found by them."""


def hide(text: str) -> str:
    """The text without what may belong to a person; our own ids stay readable."""
    parts, at = [], 0
    for ours in _OURS.finditer(text):
        parts += [_HIDDEN.sub("[hidden]", text[at : ours.start()]), ours.group()]
        at = ours.end()
    return "".join([*parts, _HIDDEN.sub("[hidden]", text[at:])])


class Redact(logging.Filter):
    """Rewrites a record into its hidden form; a traceback keeps its type and places, never its message."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            record.msg, record.args = hide(record.getMessage()), None
        except (TypeError, ValueError):
            record.msg, record.args = "unreadable log record", None
        if record.exc_info and record.exc_info[0]:
            record.msg += f" ({record.exc_info[0].__name__}; {_places(record.exc_info[2])})"
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def _places(trace: TracebackType | None) -> str:
    """Where it happened, innermost first; lines of code and values stay out."""
    frames = traceback.extract_tb(trace)[-DEPTH:]
    return " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))
