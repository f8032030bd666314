"""Sheets of lines that may stand: generated, each in the one order in which a line gives it back."""

from typing import Any

from hypothesis import strategies as st

from chatline.lines.scripting import PURPOSES
from chatline.lines.spans import DAYS

LANGUAGES = ["en", "es", "es-MX", "ar", "fr", "pt-BR"]
words = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="{}%#")


def text(most: int, least: int = 0, lines: bool = False) -> st.SearchStrategy[str]:
    letters = words | st.just("\n") if lines else words
    given = st.text(letters, min_size=least, max_size=most)
    return given.filter(lambda one: len(one.strip()) >= least)


def a_list(item: st.SearchStrategy[Any], *identity: str, ordered: bool = False) -> st.SearchStrategy[Any]:
    def key(one: dict[str, Any]) -> tuple[str, ...]:
        return tuple(one[name] for name in identity)

    found = st.lists(item, max_size=4, unique_by=key)
    return found if ordered else found.map(lambda one: sorted(one, key=key))


languages = st.sampled_from(LANGUAGES)
identity = st.fixed_dictionaries(
    {
        "name": text(60, 1),
        "short_name": text(24, 1),
        "languages": st.lists(languages, min_size=1, max_size=3, unique=True),
        "emergency": st.sampled_from(["911", "112", "+44 999"]),
        "alternatives": text(160),
        "info_url": st.sampled_from(["", "https://line.example.org/about?a=1&b=2"]),
        "exit_url": st.sampled_from(["https://www.wikipedia.org/", "https://weather.example.org/a%20b"]),
        "launcher": text(40),
        "leave_label": text(20),
        "tab_title": text(40),
        "asks_feeling": st.booleans(),
        "asks_risk": st.booleans(),
        "allow_choosing": st.booleans(),
    }
)
opening = st.sampled_from([["09:00-17:00"], ["00:00-00:00"], ["08:30-12:00", "18:00-02:00"]])
hours = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
        "weekly": st.dictionaries(st.sampled_from(DAYS), opening, max_size=7),
        "holidays": st.dictionaries(st.dates().map(str), opening | st.just([]), max_size=3),
    }
)
limits = st.fixed_dictionaries(
    {
        "keep_words_days": st.integers(1, 3_650),
        "keep_number_hours": st.integers(1, 8_760),
        "absence_minutes": st.integers(1, 120),
        "quiet_ask_minutes": st.integers(0, 700),
        "quiet_close_minutes": st.integers(701, 1_440) | st.just(0),
        "wait_expire_hours": st.integers(1, 168),
        "alternatives_minutes": st.integers(0, 120),
        "offer_minutes": st.integers(1, 60),
        "talk_minutes": st.integers(5, 600),
        "most_waiting": st.integers(0, 10_000),
        "passkeys_only": st.booleans(),
    }
)
scripts = st.dictionaries(
    st.sampled_from(sorted(PURPOSES)),
    st.dictionaries(languages, text(480, 1, lines=True), min_size=1, max_size=2),
    max_size=3,
)
numbers = a_list(
    st.fixed_dictionaries(
        {
            "number": st.from_regex(r"\+1[2-9][0-9]{9}|[1-9][0-9]{4,5}", fullmatch=True),
            "account": st.sampled_from(["", "AC" + "0f" * 16]),
            "per_second": st.none() | st.floats(0.125, 1_000),
        }
    ),
    "number",
)
sites = a_list(
    st.fixed_dictionaries(
        {
            "key": st.text("abcXYZ019-_", min_size=1, max_size=32),
            "name": text(60, 1),
            "origins": st.lists(
                st.sampled_from([f"https://{one}.example.org" for one in "abcde"]), min_size=1, unique=True
            ),
            "revoked": st.booleans(),
        }
    ),
    "key",
)
replies = a_list(
    st.fixed_dictionaries(
        {
            "shortcut": st.from_regex(r"[a-zé0-9-]{1,30}", fullmatch=True),
            "language": languages,
            "text": text(480, 1, lines=True),
        }
    ),
    "shortcut",
    "language",
    ordered=True,
)
resources = a_list(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["resource", "exercise"]),
            "language": languages,
            "title": text(80, 1),
            "text": text(480, 1, lines=True),
        }
    ),
    "kind",
    "language",
    "title",
    ordered=True,
)
rung = st.one_of(
    st.tuples(st.just("on_shift"), st.sampled_from(["screen", "email", "text", "voice"])),
    st.tuples(
        st.sampled_from(["supervisors", "on_call", "managers"]), st.sampled_from(["email", "text", "voice"])
    ),
    st.tuples(st.just("systems"), st.sampled_from(["hook", "plugin"])),
)
ladder = st.tuples(rung, st.lists(st.tuples(st.integers(0, 3_600), rung), max_size=6)).map(
    lambda one: [
        {"after": after, "whom": whom, "channel": channel}
        for after, (whom, channel) in sorted({(0, one[0]), *one[1]})
    ]
)
hooks = a_list(
    st.fixed_dictionaries(
        {
            "name": text(40, 1),
            "url": st.sampled_from(["https://pager.example.org/in?team=4", "https://alerts.example.com/"]),
            "words": st.booleans(),
        }
    ),
    "name",
)
phrases = a_list(
    st.fixed_dictionaries(
        {
            "language": languages,
            "category": st.sampled_from(
                ["suicide", "self_harm", "harm_others", "abuse_now", "medical", "child"]
            ),
            "level": st.sampled_from(["concern", "high", "imminent"]),
            "text": st.sampled_from(
                ["want to (jump|go) [off] {body}", "the quarry ... tonight", "me voy ya"]
            ),
        }
    ),
    "language",
    "text",
    ordered=True,
)
SHEETS = st.fixed_dictionaries(
    {
        "identity": identity,
        "hours": hours,
        "limits": limits,
        "scripts": scripts,
        "numbers": numbers,
        "sites": sites,
        "replies": replies,
        "resources": resources,
        "ladder": ladder,
        "hooks": hooks,
        "phrases": phrases,
    }
)
