"""What a file is, by its first bytes."""

from __future__ import annotations

import struct
from collections.abc import Collection

from visavis.errors import ImageFormatError
from visavis.types import ImageFormat

_BMP_HEADER_SIZES = frozenset({12, 40, 52, 56, 64, 108, 124})
_FOREIGN = (
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\x01\0", "icon"),
    (b"\x8aMNG", "MNG"),
    (b"\x8bJNG", "JNG"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"data:", "data URL"),
)
_MEDIA_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
}
_MARKUP = ((b"<svg", "SVG"), (b"<html", "HTML"), (b"<!doctype html", "HTML"), (b"<", "markup"), (b"{", "JSON"))


def recognise_format(content: bytes, accepted: Collection[ImageFormat]) -> ImageFormat:
    """The format of a picture, from its content alone.

    Raises:
        ImageFormatError: it is none of `accepted`; the message says what it is, where that is known.
    """
    found = _find_format(content)
    if found is not None and found in accepted:
        return found
    names = ", ".join(sorted(accepted))
    raise ImageFormatError(f"the file is {found or _name_foreign(content)}; accepted: {names}")


def _find_format(content: bytes) -> ImageFormat | None:
    if content.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if content.startswith(b"BM") and len(content) >= 18:
        (size,) = struct.unpack_from("<I", content, 14)
        return ImageFormat.BMP if size in _BMP_HEADER_SIZES else None
    return None


def _name_foreign(content: bytes) -> str:
    for magic, name in _FOREIGN:
        if content.startswith(magic):
            return name
    if content[4:8] == b"ftyp":
        return _MEDIA_BRANDS.get(content[8:12], "a video")
    return _name_text(content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _name_text(start: bytes) -> str:
    if start.startswith(b"<?xml") and b"<svg" in start:
        return "SVG"
    return next((name for magic, name in _MARKUP if start.startswith(magic)), "not a picture")
