"""Takes out of a picture or video what tells where, when and with which device it was made. Pure and lossless.

A photograph's position would find an anonymous person, and whoever holds their conversation may save what they see.
What is shown stays as it is, bit by bit; nothing is ever decoded. Names of what is kept, not of what goes: makers keep
inventing places to write into. What cannot be read to its end raises ValueError, because nobody can say what is in it.

What remains: what the picture itself shows; the time at which a video was made; what GIF and Ogg carry as comments,
which phones do not write; positions that a video has as a track of its own (dashboard cameras) stay in its bytes, but
no player finds them.
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple


def strip(kind: str, content: bytes) -> bytes:
    """The content without what tells about the person. Raises ValueError if it is not a whole one of its `kind`."""
    try:
        return _STRIPPERS[kind](content) if kind in _STRIPPERS else content
    except (struct.error, IndexError, RecursionError):
        raise ValueError("This ends before it should, or is nested without end.") from None


# --- JPEG (ITU T.81, annex B) -----------------------------------------------------------------------------

_END, _SCAN, _APP0, _EXIF, _ICC, _ADOBE = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
_IMAGE = {*range(0xC0, 0xD0), *range(0xDA, 0xE0)} - {0xC8}
"""Frames, tables and scans: the image itself."""
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _jpeg(content: bytes) -> bytes:
    """Ends with the image: some phones append a second one, or a video, each with a position of its own."""
    kept, at, scanned = [content[:2]], 2, False
    while at < len(content):
        if content[at] != 0xFF:
            raise ValueError("There is no marker where one should be.")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _END:
            break
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise ValueError("A segment is longer than the whole.")
        kept.append(_jpeg_segment(marker, content[at:end]))
        if marker == _SCAN:
            scanned, start = True, end
            found = _AFTER_SCAN.search(content, start)
            end = found.start() if found else len(content)
            kept.append(content[start:end])
        at = end
    if not scanned:
        raise ValueError("There is no image in it.")
    return b"".join([*kept, bytes([0xFF, _END])])


def _jpeg_segment(marker: int, segment: bytes) -> bytes:
    body = segment[4:]
    if marker in _IMAGE or marker == _ADOBE:
        return segment
    if (marker == _APP0 and body[:5] == b"JFIF\0") or (marker == _ICC and body[:12] == b"ICC_PROFILE\0"):
        return segment
    if marker == _EXIF and body[:6] == b"Exif\0\0":
        return _upright(_orientation(body[6:]))
    return b""


def _orientation(tiff: bytes) -> int:
    """How the phone was held, from 1 to 8; 1 if it does not say (Exif 2.32, 4.6.4)."""
    order = ">" if tiff[:2] == b"MM" else "<"
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * entry)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _upright(orientation: int) -> bytes:
    """An Exif segment that says which side is up, and nothing else: without it many photographs would lie down."""
    if orientation == 1:
        return b""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return struct.pack(">BBH", 0xFF, _EXIF, 8 + len(tiff)) + b"Exif\0\0" + tiff


# --- PNG (W3C Portable Network Graphics, 11; APNG) and WebP (RFC 9649) ------------------------------------

_PNG_CHUNKS = set(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT".split(b" ")
)
_WEBP_CHUNKS = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_WEBP_HAS_METADATA = 0x08 | 0x04


def _png(content: bytes) -> bytes:
    kept, at = [content[:8]], 8
    while True:
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise ValueError("A chunk is longer than the whole.")
        if name in _PNG_CHUNKS:
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end


def _webp(content: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", content, 4)
    last, kept, at = 8 + size, [], 12
    if last > len(content):
        raise ValueError("It is shorter than it says.")
    while at < last:
        name, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length + length % 2
        if end > last:
            raise ValueError("A chunk is longer than the whole.")
        chunk = content[at:end]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_HAS_METADATA]) + chunk[9:]
        if name in _WEBP_CHUNKS:
            kept.append(chunk)
        at = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- MP4 and its kin (ISO 14496-12) -----------------------------------------------------------------------

_OUTERMOST = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx"}
_NESTING = {b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"}
_TELLING = {b"udta", b"meta", b"uuid", b"free", b"skip", b"wide"}
_HANDLER_AT = 8
_SEEN_AND_HEARD = {b"vide", b"soun"}


class _Box(NamedTuple):
    """Where it begins, where its content does, and where both end."""

    name: bytes
    at: int
    body: int
    end: int


def _mp4(content: bytes) -> bytes:
    """Blanked in place, because a player finds the images by where they lie."""
    made = bytearray(content)
    for box in _boxes(made, 0, len(made)):
        if box.name in _OUTERMOST:
            _blank_telling(made, box)
        else:
            _blank(made, box)
    return bytes(made)


def _boxes(content: bytearray, at: int, last: int) -> Iterator[_Box]:
    while last - at >= 8:
        size, name = struct.unpack_from(">I4s", content, at)
        body = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, body)
            body += 8
        end = at + size if size else last
        if end < body or end > last:
            raise ValueError("A box is longer than the whole.")
        yield _Box(name, at, body, end)
        at = end


def _blank_telling(made: bytearray, box: _Box) -> None:
    if box.name in _TELLING or (box.name == b"trak" and not _is_seen_or_heard(made, box)):
        _blank(made, box)
    elif box.name in _NESTING:
        for inner in _boxes(made, box.body, box.end):
            _blank_telling(made, inner)


def _is_seen_or_heard(made: bytearray, box: _Box) -> bool:
    for inner in _boxes(made, box.body, box.end):
        if inner.name == b"mdia":
            return _is_seen_or_heard(made, inner)
        if inner.name == b"hdlr":
            handler = inner.body + _HANDLER_AT
            return bytes(made[handler : handler + 4]) in _SEEN_AND_HEARD
    return False


def _blank(made: bytearray, box: _Box) -> None:
    """Makes it empty space of the same size."""
    made[box.at + 4 : box.at + 8] = b"free"
    made[box.body : box.end] = bytes(box.end - box.body)


# --- MP3 (https://id3.org) --------------------------------------------------------------------------------


def _mp3(content: bytes) -> bytes:
    """Without the tags before and behind the sound."""
    while content[:3] == b"ID3":
        a, b, c, d = content[6:10]
        footer = 10 if content[5] & 0x10 else 0
        content = content[10 + (a << 21 | b << 14 | c << 7 | d) + footer :]
    if content[-128:-125] == b"TAG":
        content = content[:-128]
    if not content:
        raise ValueError("There is no sound in it.")
    return content


_STRIPPERS: dict[str, Callable[[bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "audio/mpeg": _mp3,
    "audio/mp4": _mp4,
    "video/mp4": _mp4,
    "video/3gpp": _mp4,
}
