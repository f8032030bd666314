"""A picture is shown as it was sent, and nothing in it tells where, when and with what it was made."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatline.conversations.metadata import strip
from tests.conversations.samples import (
    GIF,
    JFIF,
    JPEG,
    MP3,
    OGG,
    PNG,
    START,
    TELLING_MP3,
    TELLING_PNG,
    TELLING_WEBP,
    WEBP,
    WHERE,
    exif,
    mp4,
    nested,
    segment,
    telling_jpeg,
)

TELLING = [
    ("image/jpeg", telling_jpeg(), JPEG),
    ("image/png", TELLING_PNG, PNG),
    ("image/webp", TELLING_WEBP, WEBP),
    ("video/mp4", mp4(WHERE), mp4()),
    ("video/3gpp", mp4(WHERE, brand=b"3gp4"), mp4(brand=b"3gp4")),
    ("audio/mp4", mp4(WHERE, brand=b"M4A "), mp4(brand=b"M4A ")),
    ("audio/mpeg", TELLING_MP3, MP3),
]
by_kind = [kind for kind, _, _ in TELLING]


@pytest.mark.parametrize(("kind", "telling", "silent"), TELLING, ids=by_kind)
def test_everything_but_the_image_or_sound_is_taken_out(kind: str, telling: bytes, silent: bytes) -> None:
    assert WHERE in telling
    assert strip(kind, telling) == silent


@pytest.mark.parametrize(("kind", "silent"), [(kind, silent) for kind, _, silent in TELLING], ids=by_kind)
def test_what_tells_nothing_stays_as_it_is(kind: str, silent: bytes) -> None:
    assert strip(kind, silent) == silent


@pytest.mark.parametrize(("kind", "content"), [("image/gif", GIF), ("audio/ogg", OGG)])
def test_kinds_that_phones_write_nothing_into_stay_as_they_are(kind: str, content: bytes) -> None:
    assert strip(kind, content) == content


@pytest.mark.parametrize("order", ["<", ">"], ids=["little end first", "big end first"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_photograph_still_says_which_side_is_up_and_nothing_else(orientation: int, order: str) -> None:
    stripped = strip("image/jpeg", telling_jpeg(orientation, order))
    says = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0\0\0\0\0" % orientation
    assert stripped == JPEG.replace(JFIF, JFIF + segment(0xE1, says))


@pytest.mark.parametrize(
    "odd", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", exif(9), exif(0), exif(6)[:20], b"?" * 40]
)
def test_a_photograph_whose_remarks_are_odd_is_shown_as_it_lies(odd: bytes) -> None:
    told = JPEG.replace(JFIF, JFIF + segment(0xE1, b"Exif\0\0" + odd))
    assert strip("image/jpeg", told) == JPEG


def test_a_photograph_without_its_end_is_shown_as_far_as_it_goes() -> None:
    assert strip("image/jpeg", JPEG[:-2]) == JPEG


BROKEN = [
    ("image/jpeg", START),
    ("image/jpeg", START + JFIF),
    ("image/jpeg", START + b"<svg>"),
    ("image/jpeg", START + b"\xff\xe1\xff\xff" + WHERE),
    ("image/jpeg", START + b"\xff\xe1\x00\x00" + WHERE),
    ("image/png", PNG[:-1]),
    ("image/png", PNG[:8]),
    ("image/webp", WEBP[:-1]),
    ("image/webp", WEBP.replace(b"VP8 \x09", b"VP8 \x99")),
    ("video/mp4", mp4()[:-1]),
    ("video/mp4", mp4().replace(b"\0\0\0\x1cmvhd", b"\0\0\0\x03mvhd")),
    ("video/mp4", nested(3_000)),
    ("audio/mpeg", b"ID3"),
    ("audio/mpeg", TELLING_MP3[:20]),
]


@pytest.mark.parametrize(("kind", "content"), BROKEN)
def test_what_cannot_be_read_to_its_end_is_refused(kind: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        strip(kind, content)


@pytest.mark.parametrize(("kind", "telling"), [(kind, telling) for kind, telling, _ in TELLING], ids=by_kind)
@given(data=st.data())
def test_whatever_is_broken_is_refused_or_stripped_and_nothing_else_happens(
    kind: str, telling: bytes, data: st.DataObject
) -> None:
    broken = bytearray(telling[: data.draw(st.integers(0, len(telling)))])
    for at in data.draw(st.lists(st.integers(0, max(0, len(broken) - 1)), max_size=4)):
        if broken:
            broken[at] = data.draw(st.integers(0, 255))
    with suppress(ValueError):
        assert len(strip(kind, bytes(broken))) <= len(broken) + 40
