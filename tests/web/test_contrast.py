"""How well the visitor's page can be read: the ratios of WCAG 2.2 (1.4.3, 1.4.6, 1.4.11), from the tokens of its style.

Text aims at 7:1, which 1.4.6 asks for, because somebody in tears on a cracked screen reads it; edges and the ring of
the focus need 3:1.
"""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings

TEXT = {
    "ink": ("paper", "surface", "raised", "mine", "theirs", "warm-back"),
    "soft": ("paper", "surface", "raised", "mine", "theirs"),
    "accent": ("paper", "surface", "raised", "mine", "theirs"),
    "grave": ("surface", "raised", "mine"),
    "warm": ("surface", "mine"),
    "on-accent": ("accent", "accent-deep"),
    "on-grave": ("grave",),
}
"""Which colour is written on which."""

EDGES = {"edge": ("paper", "surface", "raised"), "focus": ("paper", "surface", "raised", "mine")}

Tokens = dict[str, str]
DARK = "@media (prefers-color-scheme: dark)"


def tokens(css: str, scheme: str) -> Tokens:
    light, dark = css.split(DARK, 1)
    found = _colours(light)
    return found if scheme == "light" else found | _colours(dark.split("}", 1)[0])


def _colours(css: str) -> Tokens:
    pairs = re.findall(r"--([\w-]+):\s*#((?:[0-9a-f]{3}){1,2})\b", css)
    return {
        name: value if len(value) == 6 else "".join(digit * 2 for digit in value) for name, value in pairs
    }


def ratio(one: str, other: str) -> float:
    """The contrast of two colours (`rrggbb`), 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def too_weak(known: Tokens, pairs: dict[str, tuple[str, ...]], least: float) -> Iterator[str]:
    for colour, grounds in pairs.items():
        for ground in grounds:
            if (found := ratio(known[colour], known[ground])) < least:
                yield f"{colour} on {ground}: {found:.2f}"


@pytest.fixture
def style() -> str:
    return (settings.BASE_DIR / "chatline/static/chat.css").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_seven_to_one(scheme: str, style: str) -> None:
    assert list(too_weak(tokens(style, scheme), TEXT, 7)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_the_ring_of_the_focus_stand_out_three_to_one(scheme: str, style: str) -> None:
    assert list(too_weak(tokens(style, scheme), EDGES, 3)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_style_has_the_same_colours_as_the_whole(scheme: str, style: str) -> None:
    first = tokens(settings.FIRST_CSS.decode(), scheme)
    whole = tokens(style, scheme)
    whole["on"] = whole["on-grave"]
    assert len(first) >= 5
    assert first == {name: whole[name] for name in first}


def test_the_ratio_is_that_of_the_standard() -> None:
    assert ratio("ffffff", "000000") == pytest.approx(21)
    assert ratio("777777", "ffffff") == pytest.approx(4.48, abs=0.01)
