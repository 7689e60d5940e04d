"""BMPs and WebPs that must be refused, and files that are something else whatever they are called."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import zipfile
from functools import partial

import numpy as np
from PIL import Image

from tests.robustness.pictures.builders import astronaut, encode, make_bmp, make_webp, patch, webp_picture_chunk
from tests.robustness.pictures.case import BadPicture
from visavis.errors import (
    ImageAnimatedError,
    ImageDecodeError,
    ImageEmptyError,
    ImageFormatError,
    ImageTooLargeError,
    ImageTooSmallError,
)

_ROWS_24 = bytes(64 * 64 * 3)
_GREYS = b"".join(bytes([i, i, i, 0]) for i in range(256))


def _bmp(width: int = 64, height: int = 64, bits: int = 24, compression: int = 0) -> bytes:
    return make_bmp((width, height), bits, _ROWS_24, compression=compression, palette=_GREYS if bits <= 8 else b"")


def _run_bmp(codes: bytes, size: tuple[int, int] = (64, 64)) -> bytes:
    return make_bmp(size, 8, codes, compression=1, palette=_GREYS)


def _masked_bmp(*masks: int) -> bytes:
    return make_bmp((64, 64), 32, bytes(64 * 64 * 4), compression=3, masks=masks)


BAD_BMPS = (
    BadPicture("bmp-header-only", lambda: _bmp()[:30], ImageDecodeError, "truncated in its header"),
    BadPicture("bmp-truncated", lambda: _bmp()[:-1], ImageDecodeError, "12,287 of 12,288 bytes"),
    BadPicture("bmp-no-pixels", lambda: _bmp()[:54], ImageDecodeError, "no pixels"),
    BadPicture("bmp-pixels-beyond-end", lambda: patch(_bmp(), 10, b"\xff\xff\xff\x7f"), ImageDecodeError, "no pixels"),
    BadPicture("bmp-pixels-in-header", lambda: patch(_bmp(), 10, b"\x10\0\0\0"), ImageDecodeError, "no pixels"),
    BadPicture("bmp-zero-width", partial(_bmp, 0), ImageDecodeError, "0x64"),
    BadPicture("bmp-negative-width", partial(_bmp, -64), ImageDecodeError, "-64x64"),
    BadPicture("bmp-2-billion-wide", partial(_bmp, 2**31 - 1), ImageTooLargeError, "width is 2,147,483,647"),
    BadPicture("bmp-2-billion-down", partial(_bmp, 64, -(2**31)), ImageTooLargeError, "height is 2,147,483,648"),
    BadPicture("bmp-60-megapixels-claimed", partial(_bmp, 10_000, 6000), ImageDecodeError, "of 180,000,000 bytes"),
    BadPicture("bmp-8-px", partial(_bmp, 8, 8), ImageTooSmallError, "width is 8"),
    BadPicture("bmp-13-bits", partial(_bmp, bits=13), ImageFormatError, "13 bits"),
    BadPicture("bmp-jpeg-inside", partial(_bmp, bits=24, compression=4), ImageFormatError, "compression 4"),
    BadPicture("bmp-runs-of-24-bits", partial(_bmp, bits=24, compression=1), ImageFormatError, "compression 1"),
    BadPicture("bmp-no-masks", partial(_masked_bmp, 0, 0, 0), ImageDecodeError, "masks"),
    BadPicture("bmp-runs-cut", partial(_run_bmp, b"\x40\x05" * 30), ImageDecodeError, "longer than"),
    BadPicture("bmp-runs-unfinished", partial(_run_bmp, b"\x40\x05\0\0" * 30), ImageDecodeError, "truncated"),
    BadPicture("bmp-runs-literal-cut", partial(_run_bmp, b"\0\x40abc"), ImageDecodeError, "truncated"),
    BadPicture("bmp-runs-too-wide", partial(_run_bmp, b"\x41\x05\0\0" * 64), ImageDecodeError, "longer than"),
    BadPicture("bmp-runs-jump-out", partial(_run_bmp, b"\0\x02\xff\0\x01\x05\0\x01"), ImageDecodeError, "longer than"),
    BadPicture("bmp-runs-top-down", lambda: _run_bmp(b"\0\x01", (64, -64)), ImageDecodeError, "64x-64"),
    BadPicture(
        "bmp-runs-10-mb", partial(_run_bmp, b"\0\0" * 5_000_000, (64, 15_000)), ImageTooLargeError, "run-length"
    ),
)


def _webp() -> bytes:
    return encode(astronaut(), "WEBP")


def _animated_webp() -> bytes:
    frames = [Image.fromarray(astronaut()), Image.fromarray(astronaut()[::-1])]
    return encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=40)


def _oversized_canvas() -> bytes:
    canvas = struct.pack("<I", 0) + (16_383).to_bytes(3, "little") * 2
    return make_webp((b"VP8X", canvas), webp_picture_chunk(_webp()))


def _wrong_canvas() -> bytes:
    canvas = struct.pack("<I", 0) + (511).to_bytes(3, "little") * 2
    return make_webp((b"VP8X", canvas), webp_picture_chunk(_webp()))


def _broken_webp() -> bytes:
    return patch(_webp(), 20, bytes(3))


BAD_WEBPS = (
    BadPicture("webp-container-only", lambda: make_webp(), ImageDecodeError, "no picture"),
    BadPicture("webp-metadata-only", lambda: make_webp((b"EXIF", b"II*\0")), ImageDecodeError, "no picture"),
    BadPicture("webp-truncated", lambda: _webp()[:-2], ImageDecodeError, "truncated"),
    BadPicture("webp-half", lambda: _webp()[:2000], ImageDecodeError, "truncated"),
    BadPicture("webp-chunk-too-long", lambda: patch(_webp(), 16, b"\xff\xff\xff\x7f"), ImageDecodeError, "truncated"),
    BadPicture("webp-broken", _broken_webp, ImageDecodeError, "damaged"),
    BadPicture("webp-lying-canvas", _wrong_canvas, ImageDecodeError, "damaged"),
    BadPicture("webp-16384x16384", _oversized_canvas, ImageTooLargeError, "width is 16,384"),
    BadPicture("webp-animated", _animated_webp, ImageAnimatedError, "animated"),
    BadPicture("webp-5000-chunks", lambda: make_webp(*[(b"XXXX", b"")] * 5000), ImageDecodeError, "4,096 chunks"),
)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("face.jpg", encode(astronaut(), "JPEG"))
    return buffer.getvalue()


def _animated_gif() -> bytes:
    return encode(Image.fromarray(astronaut()), "GIF", save_all=True, append_images=[Image.new("RGB", (256, 256))])


def _media(brand: bytes) -> bytes:
    return struct.pack(">I4s4sI", 24, b"ftyp", brand, 0) + b"mif1miaf" + bytes(500)


def _jpeg() -> bytes:
    return encode(astronaut(), "JPEG")


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>'

FOREIGN_FILES = (
    BadPicture("empty", lambda: b"", ImageEmptyError, "no bytes"),
    BadPicture("one-byte", lambda: b"\xff", ImageFormatError, "not a picture"),
    BadPicture("zeros", lambda: bytes(10_000), ImageFormatError, "not a picture"),
    BadPicture("noise", lambda: np.random.default_rng(1).bytes(10_000), ImageFormatError, "not a picture"),
    BadPicture("text", lambda: b"This is not a picture.", ImageFormatError, "not a picture"),
    BadPicture("text-beginning-bm", lambda: b"BMW is a maker of cars in Munich.", ImageFormatError, "not a picture"),
    BadPicture("html", lambda: b"\n<!DOCTYPE html><html><img src=x></html>", ImageFormatError, "is HTML"),
    BadPicture("html-around-jpeg", lambda: b"<html>" + _jpeg(), ImageFormatError, "is HTML"),
    BadPicture("svg", lambda: _SVG, ImageFormatError, "is SVG"),
    BadPicture(
        "svg-with-declaration", lambda: b'\xef\xbb\xbf<?xml version="1.0"?>\n' + _SVG, ImageFormatError, "is SVG"
    ),
    BadPicture("xml", lambda: b"<Error><Code>AccessDenied</Code></Error>", ImageFormatError, "is markup"),
    BadPicture("json", lambda: b'{"error": "not found"}', ImageFormatError, "is JSON"),
    BadPicture("pdf", lambda: b"%PDF-1.7\n" + _jpeg(), ImageFormatError, "is PDF"),
    BadPicture("zip", _zip, ImageFormatError, "is ZIP"),
    BadPicture("gzip", lambda: gzip.compress(_jpeg()), ImageFormatError, "is gzip"),
    BadPicture("gif", lambda: encode(Image.fromarray(astronaut()), "GIF"), ImageFormatError, "is GIF"),
    BadPicture("gif-animated", _animated_gif, ImageFormatError, "is GIF"),
    BadPicture("tiff", lambda: encode(astronaut(), "TIFF"), ImageFormatError, "is TIFF"),
    BadPicture("icon", lambda: encode(Image.fromarray(astronaut()), "ICO"), ImageFormatError, "is icon"),
    BadPicture("heic", lambda: _media(b"heic"), ImageFormatError, "is HEIC"),
    BadPicture("avif", lambda: _media(b"avif"), ImageFormatError, "is AVIF"),
    BadPicture("mp4", lambda: _media(b"isom"), ImageFormatError, "is a video"),
    BadPicture("jpeg-xl", lambda: b"\xff\x0a" + bytes(500), ImageFormatError, "is JPEG XL"),
    BadPicture("jpeg-xl-container", lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(500), ImageFormatError, "is JPEG XL"),
    BadPicture("jpeg-2000", lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(500), ImageFormatError, "is JPEG 2000"),
    BadPicture("photoshop", lambda: b"8BPS\0\1" + bytes(500), ImageFormatError, "is Photoshop"),
    BadPicture("base64", lambda: base64.b64encode(_jpeg()), ImageFormatError, "not a picture"),
    BadPicture(
        "data-url", lambda: b"data:image/jpeg;base64," + base64.b64encode(_jpeg()), ImageFormatError, "data URL"
    ),
    BadPicture("jpeg-after-a-newline", lambda: b"\n" + _jpeg(), ImageFormatError, "not a picture"),
    BadPicture("riff-of-sound", lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(99), ImageFormatError, "not a picture"),
    BadPicture("21-mb", lambda: _jpeg() + bytes(21 << 20), ImageTooLargeError, "byte count"),
)
