"""What a picture or the like is, by its first bytes, and which kinds are taken. Pure.

Taken is what a browser at the desk shows or plays by itself without running anything. Refused are SVG and HTML, which
may carry scripts; PDF, which opens a program of its own; contacts, which name people; AMR, the old voice format, which
no browser plays: what nobody could see or hear is not kept. What the provider calls it counts for nothing.
"""

SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
}
"""Every kind that is taken, with how the names of such files end."""

_MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
}
# ISO 14496-12, annex E, and https://mp4ra.org/registered-types/brands. QuickTime is the same container under another
# name, and what iPhones text; browsers play it as mp4.
_MP4_BRANDS = {b"isom", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash", b"qt  "} | {
    b"iso%d" % n for n in range(2, 10)
}
_AUDIO_BRANDS = {b"M4A ", b"M4B "}


def sniff(content: bytes) -> str | None:
    """The kind of this content, one of `SUFFIXES`, or None if it is none that is taken."""
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return _by_brand(content[8:12])
    return "audio/mpeg" if _is_mp3_frame(content) else None


def _by_brand(brand: bytes) -> str | None:
    if brand in _AUDIO_BRANDS:
        return "audio/mp4"
    if brand in _MP4_BRANDS:
        return "video/mp4"
    return "video/3gpp" if brand.startswith((b"3gp", b"3g2")) else None


def _is_mp3_frame(content: bytes) -> bool:
    """Eleven bits of sync, a version that exists, layer III (ISO 11172-3, 2.4.2.3)."""
    if len(content) < 4 or content[0] != 0xFF:
        return False
    return content[1] & 0xE6 == 0xE2 and content[1] & 0x18 != 0x08
