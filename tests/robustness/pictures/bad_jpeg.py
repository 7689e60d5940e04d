"""JPEGs that must be refused."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import astronaut, encode, grey_of, patch
from tests.robustness.pictures.case import BadPicture
from visavis.errors import ImageDecodeError, ImageFormatError, ImageTooLargeError, ImageTooSmallError


def _jpeg(**options: object) -> bytes:
    return encode(astronaut(), "JPEG", **{"quality": 92, **options})


def _cut(share: float, end: bytes = b"", **options: object) -> bytes:
    content = _jpeg(**options)
    return content[: int(len(content) * share)] + end


def _beginning(count: int) -> bytes:
    return _jpeg()[:count]


def _without_tail(count: int) -> bytes:
    return _jpeg()[:-count]


def _cut_with_thumbnail() -> bytes:
    """Cut in its scan, but with a whole JPEG, end marker and all, in its header."""
    content = build.insert_segment(_jpeg(), 0xE1, b"Exif\0\0" + encode(astronaut()[:128, :128], "JPEG"))
    return content[: len(content) - 9000]


def _cut_odd_sampling() -> bytes:
    content = encode(grey_of(astronaut()), "JPEG")
    return patch(content, build.frame_at(content) + 11, b"\x33")[: len(content) // 2]


def _patched_frame(offset: int, replacement: bytes) -> bytes:
    content = _jpeg()
    return patch(content, build.frame_at(content) + offset, replacement)


def _claiming(width: int, height: int) -> bytes:
    return _patched_frame(5, height.to_bytes(2, "big") + width.to_bytes(2, "big"))


def _noisy_scan() -> bytes:
    content = _jpeg()
    start = content.index(b"\xff\xda") + 14
    noise = np.random.default_rng(5).integers(0, 255, 4000, np.uint8).tobytes()  # no 0xFF: no marker by accident
    return patch(content, start + 500, noise)


def _without_segment(marker: int) -> bytes:
    return build.drop_segments(_jpeg(), marker)


def _two_frames() -> bytes:
    content = _jpeg()
    frame = build.frame_at(content)
    return content[:frame] + content[frame : frame + 19] + content[frame:]


def _scan_bomb(width: int, height: int, copies: int) -> bytes:
    """A progressive picture whose last scan comes again and again."""
    content = _jpeg(progressive=True)
    frame = build.frame_at(content)
    content = patch(content, frame + 5, height.to_bytes(2, "big") + width.to_bytes(2, "big"))
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last_scan[:20] * copies + b"\xff\xd9"


def _segment_bomb() -> bytes:
    content = _jpeg()
    return content[:2] + b"\xff\xfe\0\x02" * 1_000_000 + content[2:]


def _fill_bomb() -> bytes:
    return b"\xff\xd8" + b"\xff" * 19_000_000


def _escaped_bomb() -> bytes:
    return b"\xff\xd8\xff" + b"\0\xff" * 9_000_000


BAD_JPEGS = (
    BadPicture("jpeg-start-only", lambda: b"\xff\xd8\xff", ImageDecodeError, "truncated"),
    BadPicture("jpeg-start-and-end", lambda: b"\xff\xd8\xff\xd9", ImageDecodeError, "ends in its header"),
    *(BadPicture(f"jpeg-cut-at-{n}", partial(_beginning, n), ImageDecodeError, "truncated") for n in (4, 20, 100, 300)),
    *(
        BadPicture(f"jpeg-cut-{s:.0%}", partial(_cut, s), ImageDecodeError, "damaged")
        for s in (0.1, 0.3, 0.5, 0.7, 0.9)
    ),
    *(
        BadPicture(f"jpeg-last-{n}-missing", partial(_without_tail, n), ImageDecodeError, "damaged")
        for n in (2, 3, 10, 100)
    ),
    BadPicture("jpeg-cut-and-ended", partial(_cut, 0.5, b"\xff\xd9"), ImageDecodeError, "damaged"),
    BadPicture("jpeg-cut-and-garbage", partial(_cut, 0.5, bytes(3000)), ImageDecodeError, "damaged"),
    BadPicture("jpeg-cut-thumbnail-whole", _cut_with_thumbnail, ImageDecodeError, "damaged"),
    BadPicture("jpeg-cut-odd-sampling", _cut_odd_sampling, ImageDecodeError, "damaged"),
    *(
        BadPicture(f"jpeg-progressive-cut-{s:.0%}", partial(_cut, s, progressive=True), ImageDecodeError, "damaged")
        for s in (0.2, 0.5, 0.95)
    ),
    BadPicture(
        "jpeg-progressive-cut-and-ended", partial(_cut, 0.7, b"\xff\xd9", progressive=True), ImageDecodeError, "damaged"
    ),
    BadPicture("jpeg-noise-in-scan", _noisy_scan, ImageDecodeError, "damaged"),
    BadPicture("jpeg-no-frame", partial(_without_segment, 0xC0), ImageDecodeError, "no frame header"),
    BadPicture("jpeg-no-quantisation", partial(_without_segment, 0xDB), ImageDecodeError, "damaged"),
    BadPicture("jpeg-two-frames", _two_frames, ImageDecodeError, "two frame headers"),
    BadPicture("jpeg-frame-too-short", lambda: b"\xff\xd8\xff\xc0\0\x04\x08\0", ImageDecodeError, "too short"),
    BadPicture("jpeg-segment-length-0", lambda: b"\xff\xd8\xff\xe0\0\0" + bytes(99), ImageDecodeError, "truncated"),
    BadPicture("jpeg-zero-width", partial(_claiming, 0, 256), ImageDecodeError, "claims 0x256"),
    BadPicture("jpeg-zero-height", partial(_claiming, 256, 0), ImageDecodeError, "claims 256x0"),
    BadPicture("jpeg-taller-than-data", partial(_claiming, 256, 300), ImageDecodeError, "damaged"),
    BadPicture("jpeg-12-bit", partial(_patched_frame, 4, b"\x0c"), ImageFormatError, "12 bits"),
    BadPicture("jpeg-2-components", partial(_patched_frame, 9, b"\x02"), ImageDecodeError, "2 components"),
    BadPicture("jpeg-lossless", partial(_patched_frame, 1, b"\xc3"), ImageFormatError, "lossless"),
    BadPicture("jpeg-arithmetic", partial(_patched_frame, 1, b"\xc9"), ImageFormatError, "arithmetic"),
    BadPicture(
        "jpeg-65000-px", partial(_claiming, 65_000, 65_000), ImageTooLargeError, "width is 65,000; at most 16,000"
    ),
    BadPicture("jpeg-16001-high", partial(_claiming, 64, 16_001), ImageTooLargeError, "height is 16,001"),
    BadPicture("jpeg-64-megapixels", partial(_claiming, 8000, 8000), ImageTooLargeError, "pixel count is 64,000,000"),
    BadPicture("jpeg-31-px", partial(_claiming, 31, 256), ImageTooSmallError, "width is 31; at least 32"),
    BadPicture(
        "jpeg-5000-scans", partial(_scan_bomb, 256, 256, 5000), ImageTooLargeError, "scan count is 5,010; at most 100"
    ),
    BadPicture(
        "jpeg-60-scans-of-59-megapixels", partial(_scan_bomb, 15_000, 3_900, 50), ImageTooLargeError, "scan count"
    ),
    BadPicture("jpeg-million-segments", _segment_bomb, ImageDecodeError, "more than 4,096 segments"),
    BadPicture("jpeg-19-mb-fill-bytes", _fill_bomb, ImageDecodeError, "truncated"),
    BadPicture("jpeg-18-mb-escapes", _escaped_bomb, ImageDecodeError, "more than 4,096 segments"),
)
