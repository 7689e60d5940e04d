"""The public-domain portraits that other packages carry, for the demonstration and for benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import NotFoundError


def load_portraits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two persons, each (H, W, 3) uint8 RGB: an astronaut (NASA) and an admiral (US Navy).

    Raises:
        NotFoundError: a package that carries them is not installed.
    """
    import matplotlib
    from PIL import Image

    try:
        from skimage import data
    except ImportError as error:
        raise NotFoundError("the sample portraits need scikit-image: pip install 'visavis[demo]'") from error
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    try:
        with Image.open(path) as picture:
            admiral = np.asarray(picture.convert("RGB"), np.uint8)
    except OSError as error:
        raise NotFoundError(f"matplotlib's sample portrait is missing: {error}") from error
    astronaut = data.astronaut()  # type: ignore[no-untyped-call]
    return np.asarray(astronaut, np.uint8), admiral
