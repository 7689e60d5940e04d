"""Fields of the manifests of networks, of whichever kind: read, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from visavis.errors import ModelFormatError


def refuse(field: str, complaint: str) -> NoReturn:
    """Say what is wrong with a field.

    Raises:
        ModelFormatError: always.
    """
    raise ModelFormatError(f"manifest: {field} {complaint}")


def number_of(value: object) -> float | None:
    """A number within ±1e9; None where it is none."""
    # A bool is an int in Python, and nobody means one here; NaN and infinity fail the comparison.
    if isinstance(value, int | float) and not isinstance(value, bool) and -1e9 <= value <= 1e9:
        return float(value)
    return None


def read_whole(fields: Mapping[str, Any], name: str, limits: tuple[int, int]) -> int:
    """A whole number within its limits, both included.

    Raises:
        ModelFormatError: it is something else.
    """
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int) or not limits[0] <= value <= limits[1]:
        refuse(name, f"must be a whole number from {limits[0]} to {limits[1]}, not {value!r}")
    return value


def read_mean(value: object) -> float | tuple[float, float, float]:
    """What is taken off the pixels: one number, or one for each plane.

    Raises:
        ModelFormatError: it is something else.
    """
    items = value if isinstance(value, list | tuple) else [value]
    numbers = [number for item in items if (number := number_of(item)) is not None and abs(number) <= 255]
    if len(numbers) != len(items) or len(numbers) not in (1, 3):
        refuse("mean", f"must be one number or three, -255 to 255, not {value!r}")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1], numbers[2])
