"""How a line's own wording of an automatic text would arrive: its parts, how hard it is to read, and what to mind."""

import re
from dataclasses import dataclass

from chatline.conversations import reading, segments, texts
from chatline.lines.models import Line

LOCK_SCREEN = 40
"""Characters of a text that a locked phone shows to whoever stands near it, as the shortest previews do."""

FACTS: dict[str, object] = {"opens": "on Wednesday at 12:30pm", "minutes": 45}
"""The longest that texts speak of besides the line."""

TOPICS = re.compile(
    r"suicid|self[- ]?harm|abus|crisis|mental|depress|overdose|rape|violen|addict|autoles|maltrat|depres|violac|"
    r"انتحار|إساءة|أزمة|عنف|اكتئاب",
    re.IGNORECASE,
)
"""What a text must not say on a phone that others may see."""

_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|info|io|gov|edu)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """`grade` is in years of school, None where the language has no measure. `findings` are codes, none of them a ban.

    Codes: `many_parts` (Arabic letters need two at least), `link` (people do not open links from a short code, and
    carriers filter them), `topic_word`, `hard_to_read`, `no_name` (carriers want to read who texts).
    """

    text: str
    segments: segments.Segments
    lock_screen: str
    grade: float | None
    findings: tuple[str, ...]


def told(line: Line, language: str, fact: str) -> str:
    """What one of `lines.scripting.facts` stands for."""
    return texts.worded(line, f"{{{{ {fact} }}}}", language, **FACTS)


def look(line: Line, purpose: str, language: str, wording: str) -> Look:
    """For a wording that may stand (`lines.scripting`)."""
    is_told = purpose != "alternatives"  # else it is said within other texts, as it stands
    text = texts.worded(line, wording, language, **FACTS) if is_told else wording.strip()
    counted, grade = segments.count(text), reading.grade(text, language)
    most = 1 if counted.encoding == "GSM-7" else 2
    found = {
        "many_parts": counted.parts > most,
        "link": bool(_LINK.search(text.replace(line.info_url, "") if line.info_url else text)),
        "topic_word": bool(TOPICS.search(text)),
        "hard_to_read": grade is not None and grade > reading.GRADE,
        "no_name": is_told and line.short_name not in text,
    }
    return Look(
        text,
        counted,
        text[:LOCK_SCREEN].rstrip(),
        grade,
        tuple(code for code, is_so in found.items() if is_so),
    )
