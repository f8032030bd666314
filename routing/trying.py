"""A line is tried from a phone or a browser of one's own before it opens.

Whoever says the line's `try_code`, which its managers are shown, has a drill: it is stored, screened, queued, flagged
and answered like any other, and counted nowhere. Later conversations of the same visitor are drills until the line
opens. Everybody else who comes before that reads that it is closed; their words are kept and screened all the same.
"""

from chatline.conversations.models import Conversation
from chatline.conversations.states import Kind
from chatline.lines.models import Line


def says_code(line: Line, text: str) -> bool:
    """Whether this is the code of a line that is not open yet, and nothing else."""
    return line.opened_at is None and text.casefold().split() == line.try_code.casefold().split()


def may_begin(row: Conversation, line: Line, text: str) -> None:
    """Somebody wrote before they gave the code: their locked conversation is a drill from now on."""
    if row.kind == Kind.REAL and says_code(line, text):
        row.kind = Kind.DRILL
        row.save(update_fields=["kind"])


def kind_of(line: Line, text: str, previous: Conversation | None) -> Kind:
    """Of a conversation that opens with these words."""
    goes_on = line.opened_at is None and previous is not None and previous.kind == Kind.DRILL
    return Kind.DRILL if goes_on or says_code(line, text) else Kind.REAL
