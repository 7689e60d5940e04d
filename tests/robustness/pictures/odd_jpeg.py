"""Valid JPEGs of every kind."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np
import simplejpeg
from PIL import Image

from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import (
    astronaut,
    encode,
    grace_hopper,
    grey_of,
)
from tests.robustness.pictures.case import (
    COARSE,
    LOSSY,
    OddPicture,
    as_rgb,
    stored_for,
)


def _jpeg(**options: object) -> bytes:
    return encode(astronaut(), "JPEG", **{"quality": 92, **options})


def _jpeg_sampled(sampling: str) -> bytes:
    return bytes(simplejpeg.encode_jpeg(astronaut(), quality=92, colorsubsampling=sampling))


def _grey_jpeg() -> bytes:
    return encode(grey_of(astronaut()), "JPEG", quality=92)


def _grey_jpeg_sampled(factors: int) -> bytes:
    content = _grey_jpeg()
    return build.patch(content, build.frame_at(content) + 11, bytes([factors]))


def _cmyk_jpeg(**options: object) -> bytes:
    pixels = astronaut().astype(np.float64)
    white = np.maximum(pixels.max(axis=2, keepdims=True), 1)
    inks = np.concatenate([255 * (1 - pixels / white), 255 - white], axis=2)
    return encode(Image.fromarray(np.rint(inks).astype(np.uint8), "CMYK"), "JPEG", quality=95, **options)


def _ycck_jpeg() -> bytes:
    # Adobe stores inverted inks, and Pillow inverts what it is given: the two cancel but for the conversion to YCC.
    luma = np.asarray(Image.fromarray(255 - astronaut()).convert("YCbCr"))
    inks = np.concatenate([255 - luma, np.zeros((*luma.shape[:2], 1), np.uint8)], axis=2)
    content = encode(Image.fromarray(inks, "CMYK"), "JPEG", quality=95)
    return build.patch(content, content.index(b"Adobe") + 11, b"\x02")


def _mpo() -> bytes:
    return encode(Image.fromarray(astronaut()), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))])


def _with_thumbnail() -> bytes:
    thumbnail = encode(grace_hopper()[:128, :128], "JPEG")
    return build.insert_segment(_jpeg(), 0xE1, b"Exif\0\0" + build.make_exif(1) + thumbnail)


def _oriented_jpeg(orientation: int, order: str = "<", kind: int = 3) -> bytes:
    stored = np.ascontiguousarray(stored_for(orientation))
    exif = build.make_exif(orientation, order=order, kind=kind)
    return build.insert_segment(encode(stored, "JPEG", quality=92), 0xE1, b"Exif\0\0" + exif)


def _jpeg_with_exif(exif: bytes) -> bytes:
    return build.insert_segment(_jpeg(), 0xE1, b"Exif\0\0" + exif)


def _many_segments(marker: int, body: bytes, count: int) -> bytes:
    content = _jpeg()
    segment = struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    return content[:2] + segment * count + content[2:]


def _jpeg_odd_spacing() -> bytes:
    content = build.drop_segments(_jpeg(), 0xE0)
    return content[:2] + b"\xff" * 5000 + content[2:]


def _jpeg_blemished() -> bytes:
    content = _jpeg()
    frame = build.frame_at(content)
    return content[:frame] + b"\x12\x34\x56" + content[frame:]


JPEGS = (
    OddPicture("jpeg-444", lambda: _jpeg_sampled("444"), astronaut, LOSSY),
    OddPicture("jpeg-422", lambda: _jpeg_sampled("422"), astronaut, LOSSY),
    OddPicture("jpeg-420", lambda: _jpeg_sampled("420"), astronaut, LOSSY),
    OddPicture("jpeg-440", lambda: _jpeg_sampled("440"), astronaut, LOSSY),
    OddPicture("jpeg-411", lambda: _jpeg_sampled("411"), astronaut, LOSSY),
    OddPicture("jpeg-grey", _grey_jpeg, lambda: as_rgb(grey_of(astronaut())), LOSSY),
    OddPicture("jpeg-grey-2x2", lambda: _grey_jpeg_sampled(0x22), lambda: as_rgb(grey_of(astronaut())), LOSSY),
    OddPicture("jpeg-grey-3x3", lambda: _grey_jpeg_sampled(0x33), lambda: as_rgb(grey_of(astronaut())), LOSSY),
    OddPicture("jpeg-rgb", lambda: _jpeg(keep_rgb=True), astronaut, LOSSY),
    OddPicture("jpeg-cmyk-adobe", _cmyk_jpeg, astronaut, LOSSY),
    OddPicture("jpeg-cmyk-progressive", lambda: _cmyk_jpeg(progressive=True), astronaut, LOSSY),
    OddPicture("jpeg-cmyk-unmarked", lambda: build.drop_segments(_cmyk_jpeg(), 0xEE), astronaut, LOSSY),
    OddPicture("jpeg-ycck-adobe", _ycck_jpeg, astronaut, LOSSY),
    OddPicture("jpeg-progressive", lambda: _jpeg(progressive=True), astronaut, LOSSY),
    OddPicture("jpeg-restarts", lambda: _jpeg(restart_marker_blocks=3), astronaut, LOSSY),
    OddPicture("jpeg-optimised", lambda: _jpeg(optimize=True), astronaut, LOSSY),
    OddPicture("jpeg-quality-10", lambda: _jpeg(quality=10), astronaut, COARSE),
    OddPicture("jpeg-no-jfif", lambda: build.drop_segments(_jpeg(), 0xE0), astronaut, LOSSY),
    OddPicture("jpeg-implied-tables", lambda: build.drop_segments(_jpeg(), 0xC4), astronaut, LOSSY),
    OddPicture("jpeg-padded-end", lambda: _jpeg()[:-2] + b"\0\0\0\xff\xd9", astronaut, LOSSY),
    OddPicture("jpeg-mpo", _mpo, astronaut, COARSE),
    OddPicture("jpeg-thumbnail", _with_thumbnail, astronaut, LOSSY),
    OddPicture("jpeg-garbage-after-end", lambda: _jpeg() + b"\0\xff\xd8\xff\xda" * 9, astronaut, LOSSY),
    OddPicture("jpeg-garbage-in-header", _jpeg_blemished, astronaut, LOSSY),
    OddPicture("jpeg-fill-bytes", _jpeg_odd_spacing, astronaut, LOSSY),
    OddPicture("jpeg-3000-comments", lambda: _many_segments(0xFE, b"x", 3000), astronaut, LOSSY),
    OddPicture("jpeg-12-mb-exif", lambda: _many_segments(0xE1, b"Exif\0\0" + bytes(65_000), 190), astronaut, LOSSY),
    OddPicture("jpeg-broken-profile", lambda: _many_segments(0xE2, b"ICC_PROFILE\0\x09\x02junk", 2), astronaut, LOSSY),
    OddPicture("jpeg-exif-empty", lambda: _jpeg_with_exif(b""), astronaut, LOSSY),
    OddPicture("jpeg-exif-noise", lambda: _jpeg_with_exif(bytes(range(256)) * 20), astronaut, LOSSY),
    OddPicture("jpeg-exif-cut", lambda: _jpeg_with_exif(build.make_exif(6)[:15]), astronaut, LOSSY),
    OddPicture("jpeg-exif-far", lambda: _jpeg_with_exif(b"II*\0\xff\xff\xff\xff"), astronaut, LOSSY),
    OddPicture("jpeg-exif-99", lambda: _jpeg_with_exif(build.make_exif(99)), astronaut, LOSSY),
    OddPicture("jpeg-exif-many", lambda: _jpeg_with_exif(b"MM\0*\0\0\0\x08\xff\xff" + bytes(60_000)), astronaut, LOSSY),
    *(
        OddPicture(f"jpeg-orientation-{n}", partial(_oriented_jpeg, n), lambda: astronaut()[:, :200], LOSSY)
        for n in range(1, 9)
    ),
    OddPicture("jpeg-orientation-big-endian", lambda: _oriented_jpeg(6, ">"), lambda: astronaut()[:, :200], LOSSY),
    OddPicture("jpeg-orientation-long", lambda: _oriented_jpeg(8, ">", 4), lambda: astronaut()[:, :200], LOSSY),
)
