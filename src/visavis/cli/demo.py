"""`visavis demo`: the main job on the public-domain portraits that scikit-image and matplotlib carry."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from visavis.api import open_engine
from visavis.cli.compare import save_drawing, verdict_table
from visavis.cli.demo_server import show_server
from visavis.errors import NotFoundError
from visavis.portraits import load_portraits

_LIGHT = 0.55
_TURN_DEGREES = 12
_QUALITY = 35


def demo(
    output: Annotated[Path, typer.Option(help="Folder for the pictures and drawings.")] = Path("demo-output"),
) -> None:
    """Compare two sample portraits, the same person in another light and two persons; then ask a server the same."""
    console = Console()
    astronaut, admiral = load_portraits()
    photos = {
        "astronaut.jpg": _encode(astronaut),
        "astronaut-darker-turned.jpg": alter(astronaut),
        "admiral.jpg": _encode(admiral),
    }
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, content in photos.items():
            (output / name).write_bytes(content)
    except OSError as error:
        raise NotFoundError(f"cannot write to {output}: {error.strerror}") from error
    with open_engine() as engine:
        engine.warm_up()
        for other in ("astronaut-darker-turned.jpg", "admiral.jpg"):
            comparison = engine.compare(photos["astronaut.jpg"], photos[other], keep_pictures=True)
            drawing = output / f"verdict-{other.removesuffix('.jpg')}.png"
            save_drawing(comparison, drawing)
            console.print(f"\n[bold]$ visavis compare {output / 'astronaut.jpg'} {output / other}[/]", soft_wrap=True)
            console.print(verdict_table(comparison))
            console.print(f"drawing: {drawing}", soft_wrap=True)
    reference, mated, stranger = photos.values()
    show_server(reference, mated, stranger, console)


def alter(pixels: NDArray[np.uint8]) -> bytes:
    """The same photo as another camera might have sent it: darker, warmer, turned, compressed hard."""
    light = 255 * (pixels / 255.0) ** (1 / _LIGHT) * np.array([1.0, 0.92, 0.8])
    darker = Image.fromarray(light.astype(np.uint8))
    return _encode(np.asarray(darker.rotate(_TURN_DEGREES, Image.Resampling.BICUBIC, expand=True)), _QUALITY)


def _encode(pixels: NDArray[np.uint8], quality: int = 92) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
