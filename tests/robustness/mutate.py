"""Damaged pictures, each made from a seed and an index alone."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import simplejpeg
from PIL import Image

from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import Pixels, astronaut, encode, grey_of, make_bmp, make_chunk, make_png

_PNG_SIGNATURE_BYTES = 8
_EXTREMES = (0, 1, 2, 7, 8, 31, 32, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_CHUNK_START = re.compile(rb"(?=.{4}(?:IHDR|PLTE|tRNS|IDAT|IEND|eXIf|zTXt|acTL))", re.DOTALL)
Mutation = Callable[[bytes, np.random.Generator], bytes]


def mutate_picture(seed: int, index: int) -> bytes:
    """The `index`-th damaged picture of `seed`: one to three mutations of one of the originals."""
    random = np.random.default_rng([seed, index])
    originals = make_originals()
    content = originals[index % len(originals)]
    for _ in range(random.integers(1, 4)):
        content = _MUTATIONS[random.integers(len(_MUTATIONS))](content, random)
    # Unmended, hardly any damage to a PNG would get further than its lengths and checksums.
    return _mend_png(content) if random.random() < 0.7 else content


@cache
def make_originals() -> tuple[bytes, ...]:
    """Small pictures of every format and of most of its kinds."""
    return (*_make_jpegs(), *_make_pngs(), *_make_bmps(), *_make_webps())


def _portrait() -> Pixels:
    return np.ascontiguousarray(astronaut()[40:200:2, 60:196:2])


def _make_jpegs() -> list[bytes]:
    picture = Image.fromarray(_portrait())
    oriented = build.insert_segment(encode(picture, "JPEG"), 0xE1, b"Exif\0\0" + build.make_exif(6))
    return [
        oriented,
        encode(picture, "JPEG", progressive=True),
        encode(picture, "JPEG", subsampling=0, restart_marker_blocks=4),
        encode(picture.convert("L"), "JPEG", optimize=True),
        encode(picture.convert("CMYK"), "JPEG"),
        encode(picture, "JPEG", keep_rgb=True),
        bytes(simplejpeg.encode_jpeg(_portrait(), colorsubsampling="440")),
    ]


def _make_pngs() -> list[bytes]:
    pixels = _portrait()
    grey = grey_of(pixels)
    palette = make_chunk(b"PLTE", bytes(range(48)))
    extras = [make_chunk(b"eXIf", build.make_exif(3)), make_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(999)))]
    return [
        make_png(pixels, 8, 2, before=extras, piece_bytes=900),
        make_png(pixels, 8, 2, interlaced=True),
        make_png(np.dstack([pixels, grey]), 8, 6),
        make_png(grey.astype(np.uint16) * 257, 16, 0),
        make_png(grey >> 4, 4, 3, before=[palette, make_chunk(b"tRNS", b"\x80" * 9)]),
        make_png(np.dstack([grey, grey]), 8, 4, before=[make_chunk(b"acTL", struct.pack(">II", 1, 0))]),
    ]


def _make_bmps() -> list[bytes]:
    pixels = _portrait()
    height, width = pixels.shape[:2]
    grey = grey_of(pixels)
    dark = (grey >> 4).astype(np.uint8)
    greys = b"".join(bytes([i, i, i, 0]) for i in range(256))
    rows = [row.tobytes() for row in pixels[:, :, ::-1]]
    fields = np.dstack([pixels, grey]).tobytes()
    return [
        make_bmp((width, -height), 24, build.pad_rows(rows)),
        make_bmp((width, height), 8, build.pad_rows(row.tobytes() for row in grey), palette=greys),
        make_bmp((width, height), 8, build.make_runs(grey), compression=1, palette=greys),
        make_bmp(
            (width, height),
            4,
            build.make_runs(dark, nibbles=True),
            compression=2,
            palette=greys[:64],
        ),
        make_bmp((width, height), 32, fields, compression=3, masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    ]


def _make_webps() -> list[bytes]:
    picture = Image.fromarray(_portrait())
    see_through = Image.fromarray(np.dstack([_portrait(), grey_of(_portrait())]))
    return [
        encode(picture, "WEBP"),
        encode(picture, "WEBP", lossless=True),
        encode(see_through, "WEBP", exif=b"Exif\0\0" + build.make_exif(8)),
    ]


def _flip_bits(content: bytes, random: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for position in random.integers(0, max(1, len(content)), random.integers(1, 20)):
        if damaged:
            damaged[position] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def _overwrite(content: bytes, random: np.random.Generator) -> bytes:
    start, end = _choose_range(content, random, 64)
    value = bytes([int(random.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))])
    return content[:start] + value * (end - start) + content[end:]


def _truncate(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(0, len(content) + 1))]


def _delete(content: bytes, random: np.random.Generator) -> bytes:
    start, end = _choose_range(content, random, 500)
    return content[:start] + content[end:]


def _repeat(content: bytes, random: np.random.Generator) -> bytes:
    start, end = _choose_range(content, random, 500)
    return content[:end] + content[start:end] * int(random.integers(1, 50)) + content[end:]


def _insert_noise(content: bytes, random: np.random.Generator) -> bytes:
    start, end = _choose_range(content, random, 200)
    return content[:start] + random.bytes(end - start) + content[start:]


def _join_with_another(content: bytes, random: np.random.Generator) -> bytes:
    other = make_originals()[random.integers(len(make_originals()))]
    return content[: int(random.integers(0, len(content) + 1))] + other[int(random.integers(0, len(other))) :]


def _edit_field(content: bytes, random: np.random.Generator) -> bytes:
    """An extreme number somewhere in the header."""
    start = int(random.integers(0, max(1, min(len(content), 200))))
    size = int(random.choice([1, 2, 4]))
    value = int(random.choice(_EXTREMES)) & ((1 << 8 * size) - 1)
    return build.patch(content, start, value.to_bytes(size, "big" if random.random() < 0.5 else "little"))


def _edit_sides(content: bytes, random: np.random.Generator) -> bytes:
    """Another width or height where the format keeps them."""
    frame = re.search(rb"\xff[\xc0-\xc2]..\x08", content, re.DOTALL)
    if content.startswith(b"\xff\xd8") and frame:
        return build.patch(content, frame.end() + 2 * int(random.integers(2)), random.bytes(2))
    start, size = {b"\x89P": (16, 4), b"BM": (18, 4), b"RI": (24, 3)}.get(content[:2], (0, 1))
    value = int(random.integers(0, random.choice([200, 20_000, 1 << 24]))) & ((1 << 8 * size) - 1)
    side = value.to_bytes(size, "big" if content.startswith(b"\x89P") else "little")
    return build.patch(content, start + size * int(random.integers(2)), side)


def _shuffle_parts(content: bytes, random: np.random.Generator) -> bytes:
    """Segments or chunks dropped, doubled or exchanged."""
    parts = _split_parts(content)
    if len(parts) < 2:
        return content
    first, second = (int(i) for i in random.integers(1, len(parts), 2))
    action = random.integers(3)
    if action == 0:
        del parts[first]
    elif action == 1:
        parts.insert(second, parts[first])
    else:
        parts[first], parts[second] = parts[second], parts[first]
    return b"".join(parts)


def _damage_rows(content: bytes, random: np.random.Generator) -> bytes:
    """A PNG whose compressed rows are wrong inside, but well compressed."""
    idat = [part for part in _split_parts(content) if part[4:8] == b"IDAT"]
    if not content.startswith(b"\x89PNG") or not idat:
        return _flip_bits(content, random)
    try:
        rows = zlib.decompress(b"".join(part[8:-4] for part in idat))
    except zlib.error:
        return content
    damaged = (_flip_bits, _truncate, _delete, _repeat)[random.integers(4)](rows, random)
    header = content[: content.index(b"IDAT") - 4]
    return header + make_chunk(b"IDAT", zlib.compress(damaged)) + make_chunk(b"IEND")


def _choose_range(content: bytes, random: np.random.Generator, longest: int) -> tuple[int, int]:
    start = int(random.integers(0, len(content) + 1))
    return start, min(len(content), start + int(random.integers(1, longest + 1)))


def _split_parts(content: bytes) -> list[bytes]:
    """A file's signature, then its chunks or segments, as far as they can be followed."""
    if content.startswith(b"\x89PNG"):
        return _split_chunks(content, _PNG_SIGNATURE_BYTES, ">", 12, 0)
    if content.startswith(b"RIFF"):
        return _split_chunks(content, 12, "<", 8, 4)
    return re.split(rb"(?=\xff[\xc0-\xcf\xda-\xef])", content)


def _split_chunks(content: bytes, start: int, order: str, overhead: int, length_offset: int) -> list[bytes]:
    parts = [content[:start]]
    while start + 8 <= len(content) and len(parts) < 1000:
        (length,) = struct.unpack_from(order + "I", content, start + length_offset)
        end = start + overhead + length + (length & 1 if order == "<" else 0)
        parts.append(content[start:end])
        start = end
    return parts


def _mend_png(content: bytes) -> bytes:
    """Lengths, checksums and end as they should be, around whatever the chunks now hold."""
    if not content.startswith(b"\x89PNG"):
        return content
    parts = _CHUNK_START.split(content[_PNG_SIGNATURE_BYTES:])
    chunks = [make_chunk(part[4:8], part[8:-4]) for part in parts if len(part) >= 12]
    return content[:_PNG_SIGNATURE_BYTES] + b"".join([*chunks, make_chunk(b"IEND")])


_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _overwrite,
    _truncate,
    _delete,
    _repeat,
    _insert_noise,
    _join_with_another,
    _edit_field,
    _edit_sides,
    _shuffle_parts,
    _damage_rows,
)
