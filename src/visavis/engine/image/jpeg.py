"""JPEG: one walk over the header, then libjpeg-turbo, which stops at the first damaged byte."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import simplejpeg
from PIL.JpegImagePlugin import JpegImageFile

from visavis.engine.image.base import Pixels
from visavis.engine.image.orientation import UPRIGHT, read_orientation
from visavis.errors import ImageDecodeError, ImageFormatError, ImageTooLargeError

_EXIF = b"Exif\0\0"
_NOT_FF = re.compile(rb"[^\xff]")
_SOI, _EOI, _SOS, _APP0, _APP1, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE
_WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
_SOF_PROGRESSIVE = 0xC2
_SUPPORTED_FRAMES = frozenset({0xC0, 0xC1, _SOF_PROGRESSIVE})  # baseline, extended sequential, progressive
_FOREIGN_FRAMES = frozenset(range(0xC0, 0xD0)) - _SUPPORTED_FRAMES - {0xC4, 0xC8, 0xCC}
_COMMENTS = (frozenset(range(0xE0, 0xF0)) | {0xFE}) - {_APP0, _APP14}  # what does not change a pixel
_MAX_SEGMENTS = 4096
# Each scan of a progressive picture visits all of its blocks, however few bytes it has. Real ones have up to about 15.
_MIN_SCANS, _MAX_SCANS = 20, 100
_MAX_SCANNED_PIXELS = 1_200_000_000
# libjpeg-turbo's complaints about files that show as intended, or that its plain interface does not cover.
_HARMLESS = re.compile(r"ICC marker|Adobe color transform|JFIF revision|Invalid SOS parameters|subsampling")
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0x(\w+)")
_SCAN_MARKERS = frozenset({_SOS, *range(0xD0, 0xD8)})
_MAX_PADDING_BYTES = 64  # before the end marker; more of it is data for which there was no room
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)


@dataclass(frozen=True, slots=True)
class JpegPicture:
    """A JPEG whose header has been read."""

    content: bytes = field(repr=False)
    width: int
    height: int
    orientation: int
    scans_start: int | None = None  # None where the header promises a single scan

    @property
    def reductions(self) -> tuple[int, ...]:
        """See `CodedPicture`."""
        return tuple(reduction for reduction in (1, 2, 4, 8) if reduction <= min(self.width, self.height))

    def decode(self, reduction: int) -> Pixels:
        """See `CodedPicture`. Grey, YCbCr, RGB, CMYK and YCCK become RGB; colour profiles are not applied."""
        self._check_scans()
        size = -(-self.height // reduction), -(-self.width // reduction)
        try:
            pixels = simplejpeg.decode_jpeg(
                self.content, "RGB", min_height=size[0], min_width=size[1], min_factor=1, strict=True
            )
        except ValueError as error:
            if not _is_harmless(str(error)):
                raise ImageDecodeError(f"the JPEG is damaged: {error}") from error
            pixels = self._decode_leniently(reduction)
        if pixels.shape != (*size, 3):
            raise ImageDecodeError("the JPEG's header and its data disagree about its size")
        return np.asarray(pixels, np.uint8)

    def _check_scans(self) -> None:
        if self.scans_start is None:
            return
        scans = self.content.count(b"\xff\xda", self.scans_start)
        limit = min(_MAX_SCANS, max(_MIN_SCANS, _MAX_SCANNED_PIXELS // (self.width * self.height)))
        if scans > limit:
            raise ImageTooLargeError("scan count", scans, limit)

    def _decode_leniently(self, reduction: int) -> Pixels:
        # Pillow refuses truncated files too, but not blemishes; it sees no comment segment, where it would trip.
        try:
            with JpegImageFile(io.BytesIO(_strip_comments(self.content))) as picture:
                picture.draft(None, (self.width // reduction, self.height // reduction))
                return np.asarray(picture.convert("RGB"), np.uint8)
        except _BROKEN as error:
            raise ImageDecodeError(f"the JPEG is damaged: {error}") from error


class _Segment(NamedTuple):
    marker: int
    start: int  # of its marker
    body: int  # after its length
    end: int


@dataclass(frozen=True, slots=True)
class _Frame:
    width: int
    height: int
    components: int
    progressive: bool


def read_jpeg(content: bytes) -> JpegPicture:
    """Read the header, up to the first scan.

    Raises:
        ImageFormatError: a kind of JPEG that cameras and browsers do not use (lossless, arithmetic, 12-bit).
        ImageDecodeError: the header is truncated or corrupt.
    """
    frame: _Frame | None = None
    orientation: int | None = None
    for segment in _walk(content):
        if segment.marker in _SUPPORTED_FRAMES:
            if frame is not None:
                raise ImageDecodeError("the JPEG has two frame headers")
            frame = _read_frame(content, segment)
        elif segment.marker in _FOREIGN_FRAMES:
            raise ImageFormatError("the file is a lossless, hierarchical or arithmetic-coded JPEG")
        elif segment.marker == _APP1 and orientation is None and content.startswith(_EXIF, segment.body):
            orientation = read_orientation(content[segment.body + len(_EXIF) : segment.end])
        elif segment.marker == _SOS:
            return _make_picture(content, segment, frame, orientation or UPRIGHT)
    raise ImageDecodeError("the JPEG has no scan")


def _walk(content: bytes) -> Iterator[_Segment]:
    """Every segment that has a length, up to the first scan header."""
    end = 2
    for _ in range(_MAX_SEGMENTS):
        start = content.find(b"\xff", end)
        code = _NOT_FF.search(content, start) if start >= 0 else None
        if code is None:
            raise ImageDecodeError("the JPEG is truncated in its header")
        marker, body = content[code.start()], code.end()
        if marker in (_SOI, _EOI):
            raise ImageDecodeError("the JPEG ends in its header")
        if marker in _WITHOUT_LENGTH:
            end = body
            continue
        end = body + int.from_bytes(content[body : body + 2], "big")
        if end < body + 2 or end > len(content):
            raise ImageDecodeError("the JPEG is truncated in its header")
        yield _Segment(marker, code.start() - 1, body + 2, end)
        if marker == _SOS:
            return
    raise ImageDecodeError(f"the JPEG has more than {_MAX_SEGMENTS:,} segments in its header")


def _read_frame(content: bytes, segment: _Segment) -> _Frame:
    if segment.end - segment.body < 6:
        raise ImageDecodeError("the JPEG's frame header is too short")
    precision, height, width, components = struct.unpack_from(">BHHB", content, segment.body)
    if precision != 8:
        raise ImageFormatError(f"the file is a JPEG of {precision} bits a sample; accepted: 8")
    if not width or not height or components not in (1, 3, 4):
        raise ImageDecodeError(f"the JPEG's header claims {width}x{height} pixels of {components} components")
    return _Frame(width, height, components, segment.marker == _SOF_PROGRESSIVE)


def _make_picture(content: bytes, scan: _Segment, frame: _Frame | None, orientation: int) -> JpegPicture:
    if frame is None:
        raise ImageDecodeError("the JPEG has no frame header")
    is_single = not frame.progressive and content[scan.body : scan.body + 1] == bytes([frame.components])
    return JpegPicture(content, frame.width, frame.height, orientation, None if is_single else scan.start)


def _is_harmless(complaint: str) -> bool:
    extraneous = _EXTRANEOUS.search(complaint)
    if extraneous is None:
        return _HARMLESS.search(complaint) is not None
    count, marker = int(extraneous[1]), int(extraneous[2], 16)
    return count <= _MAX_PADDING_BYTES if marker == _EOI else marker not in _SCAN_MARKERS


def _strip_comments(content: bytes) -> bytes:
    kept = [content[s.start : s.end] for s in _walk(content) if s.marker not in _COMMENTS and s.marker != _SOS]
    scan = next(s for s in _walk(content) if s.marker == _SOS)
    return b"".join([b"\xff\xd8", *kept, content[scan.start :]])
