"""Encoders for what Pillow cannot write: files byte by byte, and the portraits to put into them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@cache
def astronaut() -> Pixels:
    """(256, 256, 3): head and shoulders of Eileen Collins, NASA, public domain."""
    import skimage.data

    whole: Pixels = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    pixels = np.ascontiguousarray(whole[0:256, 96:352])
    pixels.setflags(write=False)
    return pixels


@cache
def grace_hopper() -> Pixels:
    """(300, 256, 3): Grace Hopper, US Navy, public domain."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as picture:
        pixels: Pixels = np.array(picture.convert("RGB").resize((256, 300), Image.Resampling.LANCZOS), np.uint8)
    pixels.setflags(write=False)
    return pixels


def grey_of(pixels: Pixels) -> Pixels:
    """(H, W) luma."""
    return np.array(Image.fromarray(pixels).convert("L"), np.uint8)


def encode(picture: Pixels | Image.Image, format_name: str, **options: Any) -> bytes:
    """What Pillow writes."""
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def make_exif(orientation: int, *, order: str = "<", kind: int = 3) -> bytes:
    """A TIFF structure with one entry, the orientation."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    field = {1: "B3x", 3: "H2x", 4: "I"}[kind]
    return mark + struct.pack(order + "IHHHI" + field + "I", 8, 1, 0x0112, kind, 1, orientation, 0)


def insert_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment right after its start."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def drop_segments(jpeg: bytes, marker: int) -> bytes:
    """A JPEG without the header segments of one kind."""
    kept, position = [jpeg[:2]], 2
    while jpeg[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
        if jpeg[position + 1] != marker:
            kept.append(jpeg[position:end])
        position = end
    return b"".join([*kept, jpeg[position:]])


def patch(content: bytes, position: int, replacement: bytes) -> bytes:
    """`content` with some bytes overwritten."""
    return content[:position] + replacement + content[position + len(replacement) :]


def frame_at(jpeg: bytes) -> int:
    """Where the frame header's marker is."""
    return next(i for i in range(len(jpeg)) if jpeg[i] == 0xFF and jpeg[i + 1] in (0xC0, 0xC2))


def make_chunk(kind: bytes, body: bytes = b"") -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def make_png_header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """Signature and IHDR."""
    return PNG_SIGNATURE + make_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def pack_samples(samples: NDArray[Any], depth: int) -> list[bytes]:
    """PNG rows (filter 0) of (H, W) or (H, W, C) samples."""
    flat = samples.reshape(len(samples), -1)
    if depth == 16:
        return [b"\0" + row.astype(">u2").tobytes() for row in flat]
    if depth == 8:
        return [b"\0" + row.astype(np.uint8).tobytes() for row in flat]
    bits = (flat[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
    return [b"\0" + row.tobytes() for row in np.packbits(bits.reshape(len(flat), -1).astype(np.uint8), axis=1)]


def make_png(
    samples: NDArray[Any],
    depth: int,
    colour: int,
    *,
    before: Sequence[bytes] = (),
    after: Sequence[bytes] = (),
    interlaced: bool = False,
    piece_bytes: int = 1 << 16,
) -> bytes:
    """A PNG with extra chunks before and after its IDAT chunks."""
    height, width = samples.shape[:2]
    grids = [samples[y0::dy, x0::dx] for x0, y0, dx, dy in ADAM7] if interlaced else [samples]
    stored = zlib.compress(b"".join(row for grid in grids if grid.size for row in pack_samples(grid, depth)))
    pieces = [make_chunk(b"IDAT", stored[i : i + piece_bytes]) for i in range(0, len(stored), piece_bytes)]
    header = make_png_header(width, height, depth, colour, int(interlaced))
    return b"".join([header, *before, *pieces, *after, make_chunk(b"IEND")])


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def make_bmp(
    size: tuple[int, int],
    bits: int,
    rows: bytes,
    *,
    compression: int = 0,
    palette: bytes = b"",
    masks: Sequence[int] = (),
    header_bytes: int = 40,
) -> bytes:
    """A BMP; `size` is (width, height), a negative height meaning top-down; 4 `masks` make a V4 header."""
    width, height = size
    if header_bytes == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header_bytes = 108 if len(masks) == 4 else header_bytes
        colours = len(palette) // 4
        header = struct.pack(
            "<IiiHHIIiiII", header_bytes, width, height, 1, bits, compression, len(rows), 0, 0, colours, 0
        )
        header += b"".join(struct.pack("<I", mask) for mask in masks)
        header = header.ljust(header_bytes, b"\0")
    start = 14 + len(header) + len(palette)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + header + palette + rows


def pad_rows(rows: Iterable[bytes]) -> bytes:
    """BMP rows, each padded to a multiple of 4 bytes."""
    return b"".join(row + bytes(-len(row) % 4) for row in rows)


def make_runs(indices: Pixels, *, nibbles: bool = False) -> bytes:
    """RLE8 or RLE4 codes of (H, W) palette indices, bottom row first, with literals, runs and an early end of lines."""
    codes = bytearray()
    for row in indices[::-1]:
        for start in range(0, len(row), 100):
            codes += _encode_piece(row[start : start + 100], nibbles)
        codes += b"\0\0"
    return bytes(codes + b"\0\1")


def _encode_piece(piece: Pixels, nibbles: bool) -> bytes:
    if len(piece) < 3 or (piece == piece[0]).all():  # literals of fewer than 3 pixels are other codes
        lengths = [1] * len(piece) if len(piece) < 3 else [len(piece)]
        values = [int(value) * 17 if nibbles else int(value) for value in piece]
        return b"".join(bytes([length, value]) for length, value in zip(lengths, values, strict=False))
    even = np.append(piece, np.zeros(len(piece) % 2, np.uint8))
    stored = (even[0::2] << 4 | even[1::2]).astype(np.uint8).tobytes() if nibbles else piece.tobytes()
    return bytes([0, len(piece)]) + stored + bytes(len(stored) % 2)


def make_webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """A RIFF container of chunks (kind, body)."""
    body = b"".join(
        struct.pack("<4sI", kind, len(content)) + content + bytes(len(content) % 2) for kind, content in chunks
    )
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


def webp_picture_chunk(webp: bytes) -> tuple[bytes, bytes]:
    """Kind and body of a simple WebP's only chunk."""
    kind, length = struct.unpack_from("<4sI", webp, 12)
    return kind, webp[20 : 20 + length]
