"""Photos and pairs: the two sample portraits, in several views, at the sizes that people send.

Nothing here is a benchmark of accuracy. The portraits give photos with a real face in them, and enough different views
that no cache can answer for the networks.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import matplotlib.cbook
import numpy as np
from PIL import Image

from visavis.errors import BenchError
from visavis.types import BoundingBox

SIZES = ("250px", "1mp", "12mp")
_RESAMPLE = Image.Resampling.LANCZOS


@dataclass(frozen=True, slots=True)
class PhotoPair:
    """Two photo files to compare.

    Attributes:
        reference: JPEG file.
        probe: JPEG file.
        mated: True when both show the same person.
    """

    reference: Path
    probe: Path
    mated: bool


@dataclass(frozen=True, slots=True)
class Workload:
    """Pairs per size, mated and non-mated in turn.

    Attributes:
        folder: where the photos lie.
        pairs: size (a member of `SIZES`) → pairs.
    """

    folder: Path
    pairs: dict[str, tuple[PhotoPair, ...]]

    def write_manifest(self) -> Path:
        """Write the list of pairs as JSON, for processes of any interpreter, and say where."""
        path = self.folder / "pairs.json"
        rows = {s: [[str(p.reference), str(p.probe), p.mated] for p in pairs] for s, pairs in self.pairs.items()}
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path


@dataclass(frozen=True, slots=True)
class _Portrait:
    """A sample picture and the box of its face, in its own pixels."""

    name: str
    picture: Image.Image
    face: BoundingBox


@dataclass(frozen=True, slots=True)
class _View:
    """How one photo differs from the sample it is made of."""

    zoom: float
    turn_degrees: float
    gamma: float
    landscape: bool


@dataclass(frozen=True, slots=True)
class _Format:
    """What the photos of one size look like; a width of None means 3:4 or 4:3, after the view."""

    long_side: int
    square: bool
    face_height: float | None
    noise: float
    quality: int


_VIEWS = (
    _View(zoom=1.0, turn_degrees=0.0, gamma=1.0, landscape=False),
    _View(zoom=0.93, turn_degrees=4.0, gamma=0.8, landscape=True),
    _View(zoom=0.97, turn_degrees=-3.0, gamma=1.25, landscape=False),
)
# Noise is a standard deviation in grey levels; at 12 MP it brings the file to what telephones write, 3 to 5 MB.
_FORMATS = {
    "250px": _Format(long_side=250, square=True, face_height=100.0, noise=1.0, quality=90),
    "1mp": _Format(long_side=1155, square=False, face_height=None, noise=2.0, quality=90),
    "12mp": _Format(long_side=4000, square=False, face_height=None, noise=5.5, quality=90),
}


def make_workload(folder: Path, sizes: tuple[str, ...] = SIZES, seed: int = 0) -> Workload:
    """Write the photos of every size below `folder`: baseline JPEG, 4:2:0, the same bytes for the same seed.

    Args:
        folder: an existing folder.
        sizes: members of `SIZES`.
        seed: of the noise.

    Raises:
        BenchError: the sample portraits are not installed.
    """
    portraits = _load_portraits()
    return Workload(folder, {size: _make_pairs(folder, size, portraits, seed) for size in sizes})


def _make_pairs(folder: Path, size: str, portraits: tuple[_Portrait, ...], seed: int) -> tuple[PhotoPair, ...]:
    noise = np.random.default_rng(seed)
    first, second = ([_write_photo(folder, size, p, number, noise) for number in range(len(_VIEWS))] for p in portraits)
    mated = [(photos[i], photos[j]) for i, j in ((0, 1), (1, 2)) for photos in (first, second)]
    non_mated = [(first[0], second[0]), (second[1], first[1]), (first[2], second[2]), (second[0], first[2])]
    turns = itertools.chain.from_iterable(zip(mated, non_mated, strict=True))
    return tuple(PhotoPair(a, b, mated=i % 2 == 0) for i, (a, b) in enumerate(turns))


def _write_photo(folder: Path, size: str, portrait: _Portrait, number: int, noise: np.random.Generator) -> Path:
    path = folder / f"{size}-{portrait.name}-{number + 1}.jpg"
    form = _FORMATS[size]
    photo = _add_noise(_render(portrait, _VIEWS[number], form), form.noise, noise)
    photo.save(path, "JPEG", quality=form.quality, subsampling="4:2:0", progressive=False)
    return path


def _render(portrait: _Portrait, view: _View, form: _Format) -> Image.Image:
    """Turn about the face, cut, lighten or darken, and scale to the size."""
    box = _crop_box(portrait, view, form)
    turned = portrait.picture.rotate(view.turn_degrees, Image.Resampling.BICUBIC, center=portrait.face.centre)
    table = [round(255 * (level / 255) ** view.gamma) for level in range(256)] * 3
    return turned.resize(_photo_size(view, form), _RESAMPLE, box=box).point(table)


def _photo_size(view: _View, form: _Format) -> tuple[int, int]:
    """(width, height) in pixels."""
    if form.square:
        return form.long_side, form.long_side
    short = round(form.long_side * 3 / 4)
    return (form.long_side, short) if view.landscape else (short, form.long_side)


def _crop_box(portrait: _Portrait, view: _View, form: _Format) -> tuple[float, float, float, float]:
    """The part of the sample that becomes the photo, (left, top, right, bottom): as centred on the face as fits."""
    width, height = _photo_size(view, form)
    largest = min(portrait.picture.width / width, portrait.picture.height / height)
    wanted = largest if form.face_height is None else portrait.face.height / form.face_height
    step = min(largest, wanted) * view.zoom
    x, y = portrait.face.centre
    left = min(max(x - step * width / 2, 0.0), portrait.picture.width - step * width)
    top = min(max(y - step * height / 2, 0.0), portrait.picture.height - step * height)
    return left, top, left + step * width, top + step * height


def _add_noise(photo: Image.Image, deviation: float, noise: np.random.Generator) -> Image.Image:
    """The grain of a sensor, mostly in brightness: without it an enlarged picture is unnaturally easy to decode."""
    grain = noise.normal(0.0, deviation, (photo.height, photo.width, 1)).astype(np.float32)
    return Image.fromarray(np.clip(np.asarray(photo) + grain + 0.5, 0, 255).astype(np.uint8))


def _load_portraits() -> tuple[_Portrait, _Portrait]:
    """The public-domain portraits that scikit-image and matplotlib carry."""
    try:
        import skimage.data
    except ImportError as error:
        raise BenchError("the sample portraits need scikit-image: pip install 'visavis[demo]'") from error
    second = Path(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    first = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    return (
        _Portrait("astronaut", Image.fromarray(first), BoundingBox(178, 63, 90, 114)),
        _Portrait("admiral", Image.open(second).convert("RGB"), BoundingBox(183, 120, 170, 212)),
    )
