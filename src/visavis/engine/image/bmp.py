"""BMP: header, palettes and bit fields; plain arrays, so numpy is all it takes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.engine.image.base import Pixels
from visavis.engine.image.bmp_runs import expand_runs
from visavis.engine.image.orientation import UPRIGHT
from visavis.errors import ImageDecodeError, ImageFormatError

_FILE_HEADER_BYTES = 14
_CORE_HEADER_BYTES = 12
_RGB, _RLE8, _RLE4, _BITFIELDS, _ALPHA_BITFIELDS = 0, 1, 2, 3, 6
_BITS_OF_COMPRESSION = {
    _RGB: (1, 4, 8, 16, 24, 32),
    _RLE8: (8,),
    _RLE4: (4,),
    _BITFIELDS: (16, 32),
    _ALPHA_BITFIELDS: (16, 32),
}
_BAND_ROWS = 64
_Masks = tuple[int, int, int, int]  # red, green, blue, alpha
_DEFAULT_MASKS: dict[int, _Masks] = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0xFF0000, 0x00FF00, 0x0000FF, 0)}


@dataclass(frozen=True, slots=True)
class BmpPicture:
    """A BMP whose header has been read."""

    content: bytes = field(repr=False)
    width: int
    height: int
    bits: int  # a pixel
    compression: int
    is_top_down: bool
    masks: _Masks | None  # of 16 and 32 bits a pixel
    palette: Pixels | None  # (256, 3) RGB, of 8 bits a pixel and fewer
    pixels_start: int
    orientation: int = UPRIGHT
    reductions: tuple[int, ...] = (1,)

    def decode(self, reduction: int) -> Pixels:
        """See `CodedPicture`. An alpha channel that is zero everywhere counts as absent; else transparency is white."""
        if self.palette is not None:
            pixels = self.palette[self._read_indices()]
        elif self.masks is not None:
            pixels = _split_fields(self._read_rows(self.bits // 8), self.masks)
        else:
            pixels = self._read_rows(3)[:, :, ::-1]
        return np.ascontiguousarray(pixels if self.is_top_down else pixels[::-1])

    def _read_rows(self, pixel_bytes: int) -> Pixels:
        """(H, W, pixel_bytes), in stored order."""
        return self._read_raw_rows()[:, : self.width * pixel_bytes].reshape(self.height, self.width, pixel_bytes)

    def _read_raw_rows(self) -> Pixels:
        used = (self.width * self.bits + 7) // 8
        stride = (used + 3) // 4 * 4
        needed = stride * (self.height - 1) + used  # some writers leave out the last row's padding
        stored = np.frombuffer(self.content, np.uint8, offset=self.pixels_start)
        if len(stored) < needed:
            raise ImageDecodeError(f"the BMP is truncated: {len(stored):,} of {needed:,} bytes of pixels")
        return np.lib.stride_tricks.as_strided(stored, (self.height, used), (stride, 1), writeable=False)

    def _read_indices(self) -> Pixels:
        """(H, W) palette indices."""
        if self.compression in (_RLE8, _RLE4):
            return expand_runs(self.content, self.pixels_start, self.width, self.height, nibbles=self.bits == 4)
        rows = self._read_raw_rows()
        if self.bits == 1:
            return np.unpackbits(rows, axis=1, count=self.width)
        if self.bits == 4:
            return np.stack([rows >> 4, rows & 15], axis=2).reshape(self.height, -1)[:, : self.width]
        return rows


def read_bmp(content: bytes) -> BmpPicture:
    """Read the header.

    Raises:
        ImageFormatError: a kind of BMP that is not in use (JPEG or PNG inside, Huffman).
        ImageDecodeError: the header is truncated or corrupt.
    """
    try:
        return _read_picture(content)
    except struct.error as error:
        raise ImageDecodeError("the BMP is truncated in its header") from error


def _read_picture(content: bytes) -> BmpPicture:
    pixels_start, header_bytes = struct.unpack_from("<II", content, 10)
    if header_bytes == _CORE_HEADER_BYTES:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
        compression, colours = _RGB, 0
    else:
        width, height, _, bits, compression, _, _, _, colours = struct.unpack_from("<iiHHIIiiI", content, 18)
    if bits not in _BITS_OF_COMPRESSION.get(compression, ()):
        raise ImageFormatError(f"the file is a BMP of {bits} bits a pixel with compression {compression}")
    if width <= 0 or height == 0 or (height < 0 and compression in (_RLE8, _RLE4)):
        raise ImageDecodeError(f"the BMP's header claims {width}x{height} pixels")
    if not _FILE_HEADER_BYTES + header_bytes <= pixels_start < len(content):
        raise ImageDecodeError("the BMP has no pixels where its header says")
    masks = _read_masks(content, header_bytes, compression, bits)
    palette = _read_palette(content, header_bytes, pixels_start, min(colours or 256, 1 << bits)) if bits <= 8 else None
    return BmpPicture(content, width, abs(height), bits, compression, height < 0, masks, palette, pixels_start)


def _read_masks(content: bytes, header_bytes: int, compression: int, bits: int) -> _Masks | None:
    if compression not in (_BITFIELDS, _ALPHA_BITFIELDS):
        return _DEFAULT_MASKS.get(bits)
    start = _FILE_HEADER_BYTES + 40  # in the longer headers the masks are fields at the same place
    red, green, blue = struct.unpack_from("<III", content, start)
    has_alpha = compression == _ALPHA_BITFIELDS or header_bytes >= 56
    (alpha,) = struct.unpack_from("<I", content, start + 12) if has_alpha else (0,)
    if not red or not green or not blue or max(red, green, blue, alpha) >> bits:
        raise ImageDecodeError("the BMP's colour masks are not within its pixels")
    return red, green, blue, alpha


def _read_palette(content: bytes, header_bytes: int, pixels_start: int, colours: int) -> Pixels:
    entry_bytes = 3 if header_bytes == _CORE_HEADER_BYTES else 4
    start = _FILE_HEADER_BYTES + header_bytes
    colours = min(colours, (pixels_start - start) // entry_bytes)
    entries = np.frombuffer(content, np.uint8, colours * entry_bytes, start).reshape(colours, entry_bytes)
    palette = np.zeros((256, 3), np.uint8)
    palette[:colours] = entries[:, 2::-1]
    return palette


def _split_fields(stored: Pixels, masks: _Masks) -> Pixels:
    """(H, W, 2 or 4) stored bytes → RGB, with what is transparent laid on white."""
    height, width, pixel_bytes = stored.shape
    pixels = np.empty((height, width, 3), np.uint8)
    alpha_mask = masks[3] if _is_any_set(stored, masks[3]) else 0
    for top in range(0, height, _BAND_ROWS):  # in bands: 32-bit intermediates of a whole picture are large
        band = np.ascontiguousarray(stored[top : top + _BAND_ROWS])
        values = band.view(f"<u{pixel_bytes}")[:, :, 0].astype(np.uint32)
        colours = np.stack([_extract_field(values, mask) for mask in masks[:3]], axis=2)
        if alpha_mask:
            alpha = _extract_field(values, alpha_mask)[:, :, None]
            colours = (colours * alpha + 255 * (255 - alpha) + 127) // 255
        pixels[top : top + _BAND_ROWS] = colours
    return pixels


def _is_any_set(stored: Pixels, mask: int) -> bool:
    fields = np.array(list(mask.to_bytes(4, "little")[: stored.shape[2]]), np.uint8)
    return any(bool(np.any(stored[:, :, i] & field)) for i, field in enumerate(fields) if field)


def _extract_field(values: NDArray[np.uint32], mask: int) -> NDArray[np.uint32]:
    """The masked bits, scaled to 0..255."""
    shift = (mask & -mask).bit_length() - 1
    top = mask >> shift
    field = (values & np.uint32(mask)) >> np.uint32(shift)
    if top > 255:  # more than 8 bits: the highest 8
        extra = top.bit_length() - 8
        return field >> np.uint32(extra)
    return (field * np.uint32(255) + np.uint32(top // 2)) // np.uint32(top)
