"""What is taken is told by the first bytes, whatever it is called."""

import pytest

from chatline.conversations.kinds import SUFFIXES, sniff
from tests.conversations.samples import GIF, JPEG, MP3, OGG, PNG, TELLING_MP3, WEBP, mp4

TAKEN = [
    (JPEG, "image/jpeg"),
    (PNG, "image/png"),
    (GIF, "image/gif"),
    (GIF.replace(b"89a", b"87a"), "image/gif"),
    (WEBP, "image/webp"),
    (MP3, "audio/mpeg"),
    (TELLING_MP3, "audio/mpeg"),
    (OGG, "audio/ogg"),
    (mp4(brand=b"M4A "), "audio/mp4"),
    (mp4(), "video/mp4"),
    (mp4(brand=b"iso6"), "video/mp4"),
    (mp4(brand=b"qt  "), "video/mp4"),
    (mp4(brand=b"3gp5"), "video/3gpp"),
]
REFUSED = {
    "nothing": b"",
    "a scalable picture": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a document": b"%PDF-1.7\n",
    "a contact": b"BEGIN:VCARD\r\nFN:Somebody\r\n",
    "an old voice message": b"#!AMR\n" + bytes(20),
    "an archive": b"PK\x03\x04" + bytes(20),
    "a picture no browser shows everywhere": mp4(brand=b"heic"),
    "a wave": b"RIFF\x00\x00\x00\x00WAVEfmt ",
    "another sound": b"\xff\xf1\x50\x80" + bytes(20),
    "a byte order": b"\xff\xfe<\0h\0t\0m\0l\0",
}


@pytest.mark.parametrize(("content", "kind"), TAKEN)
def test_what_a_browser_shows_is_taken(content: bytes, kind: str) -> None:
    assert sniff(content) == kind


def test_every_kind_that_may_be_shown_has_been_seen() -> None:
    assert {kind for _, kind in TAKEN} == set(SUFFIXES)


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_could_run_or_that_no_browser_shows_is_not_taken(content: bytes) -> None:
    assert sniff(content) is None
