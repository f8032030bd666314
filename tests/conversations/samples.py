"""Small pictures and videos made of the parts that their formats name, with and without what must not be kept."""

import struct
import zlib

WHERE = b"N 40 26 46 W 79 58 56"
"""A position; it may be in none of what is kept."""


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(orientation: int = 1, order: str = "<") -> bytes:
    """As a camera writes it: a thing before the orientation, and the position behind the table."""
    make = struct.pack(f"{order}HHII", 0x010F, 2, 4, 0)
    turned = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return head + struct.pack(f"{order}H", 2) + make + turned + bytes(4) + WHERE


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
ICC = segment(0xE2, b"ICC_PROFILE\0\1\1the colours")
ADOBE = segment(0xEE, b"Adobe\0d\0\0\0\0\1")
TABLES = segment(0xDB, bytes(65)) + segment(0xC4, bytes(20))
# Two scans, with a stuffed byte and a restart within the first, as in a progressive picture.
SCANS = segment(0xDA, bytes(6)) + b"ab\xff\x00c\xff\xd0d" + segment(0xC4, bytes(20)) + segment(0xDA, bytes(6))
IMAGE = TABLES + segment(0xC2, bytes(15)) + SCANS + b"the rest"
START, END = b"\xff\xd8", b"\xff\xd9"
JPEG = START + JFIF + ICC + ADOBE + IMAGE + END


def telling_jpeg(orientation: int = 1, order: str = "<") -> bytes:
    """`JPEG` as phones send it: Exif, XMP, IPTC, a comment, a thumbnail, a second picture and a video behind it."""
    told = [
        segment(0xE1, b"Exif\0\0" + exif(orientation, order)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + WHERE),
        segment(0xE0, b"JFXX\0" + WHERE),
        segment(0xE2, b"MPF\0" + WHERE),
        segment(0xED, b"Photoshop 3.0\0" + WHERE),
        segment(0xFE, WHERE),
    ]
    behind = START + segment(0xE1, b"Exif\0\0" + exif()) + IMAGE + END + b"MotionPhoto" + WHERE
    return START + JFIF + b"".join(told) + b"\xff" + ICC + ADOBE + IMAGE + END + behind


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG_HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
PNG_IMAGE = chunk(b"tRNS", b"\0\1") + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
PNG = PNG_HEAD + PNG_IMAGE
_PNG_TOLD = [chunk(name, WHERE) for name in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"maKe")]
TELLING_PNG = PNG_HEAD + b"".join(_PNG_TOLD) + PNG_IMAGE + WHERE


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


_FLAGS = 0x20 | 0x10  # colours and transparency
WEBP = riff((b"VP8X", bytes([_FLAGS]) + bytes(9)), (b"ICCP", b"odd"), (b"VP8 ", b"the image"))
TELLING_WEBP = (
    riff(
        (b"VP8X", bytes([_FLAGS | 0x08 | 0x04]) + bytes(9)),
        (b"ICCP", b"odd"),
        (b"VP8 ", b"the image"),
        (b"EXIF", exif()),
        (b"XMP ", WHERE),
    )
    + WHERE
)


def box(name: bytes, body: bytes = b"", *, long: bool = False) -> bytes:
    if long:
        return struct.pack(">I4sQ", 1, name, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, name) + body


def track(handler: bytes, inside: bytes = b"") -> bytes:
    media = box(b"hdlr", bytes(8) + handler + bytes(12)) + box(
        b"minf", inside + box(b"stbl", b"where frames lie")
    )
    return box(b"trak", box(b"tkhd", bytes(20)) + box(b"mdia", media))


def mp4(told: bytes = b"", *, brand: bytes = b"isom") -> bytes:
    """A video whose every place for remarks holds `told`; with nothing told, the same with empty space instead."""
    here = WHERE if told else bytes(len(WHERE))

    def remark(name: bytes, *, long: bool = False) -> bytes:
        return box(name if told else b"free", here, long=long)

    positions = track(b"meta") if told else box(b"free", bytes(len(track(b"meta")) - 8))
    movie = (
        box(b"mvhd", bytes(20))
        + track(b"vide", remark(b"udta"))
        + track(b"soun")
        + positions
        + remark(b"udta")
        + remark(b"meta")
    )
    return (
        box(b"ftyp", brand + bytes(4))
        + remark(b"uuid", long=True)
        + box(b"free", here)
        + box(b"moov", movie)
        + box(b"mdat", b"the frames", long=True)
        + remark(b"sefd")
    )


def nested(depth: int) -> bytes:
    """Boxes in boxes, as no camera writes them."""
    inside = WHERE
    for _ in range(depth):
        inside = box(b"moov", inside)
    return box(b"ftyp", b"isom") + inside


MP3_FRAME = b"\xff\xfb\x90\x64" + bytes(413)
MP3 = MP3_FRAME * 2
TELLING_MP3 = (
    b"ID3\4\0\x10" + bytes([0, 0, 0, len(WHERE)]) + WHERE + bytes(10) + MP3 + (b"TAG" + WHERE).ljust(128)
)

GIF = b"GIF89a" + bytes(20)
OGG = b"OggS" + bytes(30)
