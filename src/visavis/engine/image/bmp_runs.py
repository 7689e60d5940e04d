"""The run-length codes of 4- and 8-bit BMP files."""

from __future__ import annotations

import numpy as np

from visavis.engine.image.base import Pixels
from visavis.errors import ImageDecodeError, ImageTooLargeError

# Codes are walked one by one in Python. At 2 bytes a code this is half a million of them, a few tenths of a second.
_MAX_CODED_BYTES = 1 << 20
_END_OF_LINE, _END_OF_BITMAP, _DELTA = 0, 1, 2


def expand_runs(content: bytes, start: int, width: int, height: int, *, nibbles: bool) -> Pixels:
    """(height, width) palette indices, first stored row first; skipped pixels are 0.

    Args:
        content: the file.
        start: where its codes begin.
        width: pixels a row.
        height: rows.
        nibbles: two pixels a byte (4 bits) instead of one.

    Raises:
        ImageDecodeError: the codes end too soon or leave the picture.
        ImageTooLargeError: more codes than are accepted.
    """
    if len(content) - start > _MAX_CODED_BYTES:
        raise ImageTooLargeError("run-length coded byte count", len(content) - start, _MAX_CODED_BYTES)
    walker = _RunWalker(content, start, width, height, nibbles)
    try:
        walker.walk()
    except IndexError as error:
        raise ImageDecodeError("the BMP is truncated") from error
    return np.frombuffer(walker.indices, np.uint8).reshape(height, width)


class _RunWalker:
    def __init__(self, content: bytes, start: int, width: int, height: int, nibbles: bool) -> None:
        self._content = content
        self._position = start
        self._width, self._height = width, height
        self._nibbles = nibbles
        self._column = self._row = 0
        self.indices = bytearray(width * height)

    def walk(self) -> None:
        content = self._content
        while self._row < self._height:
            count, value = content[self._position], content[self._position + 1]
            self._position += 2
            if count:
                self._write(self._repeat(count, value))
            elif value == _END_OF_BITMAP:
                return
            elif value == _END_OF_LINE:
                self._column, self._row = 0, self._row + 1
            elif value == _DELTA:
                self._column += content[self._position]
                self._row += content[self._position + 1]
                self._position += 2
            else:
                self._write(self._read_literal(value))

    def _repeat(self, count: int, value: int) -> bytes:
        if not self._nibbles:
            return bytes([value]) * count
        return (bytes([value >> 4, value & 15]) * (count // 2 + 1))[:count]

    def _read_literal(self, count: int) -> bytes:
        length = (count + 1) // 2 if self._nibbles else count
        stored = self._content[self._position : self._position + length]
        if len(stored) < length:
            raise ImageDecodeError("the BMP is truncated")
        self._position += length + (length & 1)
        if not self._nibbles:
            return stored
        return bytes(nibble for byte in stored for nibble in (byte >> 4, byte & 15))[:count]

    def _write(self, pixels: bytes) -> None:
        end = self._column + len(pixels)
        if end > self._width:
            raise ImageDecodeError("a row of the BMP is longer than the picture is wide")
        start = self._row * self._width + self._column
        self.indices[start : start + len(pixels)] = pixels
        self._column = end
