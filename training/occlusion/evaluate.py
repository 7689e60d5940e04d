"""Figures of the occlusion network as the product runs it: composites of held-out things, and photos of worn masks.

    VISAVIS_DATA=DIR python training/occlusion/evaluate.py

Composites: frontal photos of the CFP people 101 to 250, who took part in nothing, under things of families of which the
network has seen none. Detector, mesh and pose see the composite, not the photo beneath. A face that is not found counts
as one of which nothing is flagged.
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from compose import Maker, compose, degrade, families, seat
from examples import other_skins
from numpy.typing import NDArray

from faces import CANVAS_PX, SPREAD, FaceFinder, Faces
from visavis.engine.landmarks.mesh import face_window
from visavis.engine.landmarks.pose import estimate_pose
from visavis.engine.landmarks.region import region_masks
from visavis.engine.occlusion.segmenter import CROP_PX, FaceOcclusion, OcclusionSegmenter
from visavis.engine.runtime import open_runtime
from visavis.errors import NoFaceError
from visavis.measures import Region
from visavis.types import FaceChoice, FaceImage

FLAG = 0.2
_SEED = 5
_PER_PERSON = 2
_WORN_FROM = 0.5

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One composite.

    Attributes:
        family: of what was laid over.
        true: (9,) covered share of each region.
        found: (9,) as the product measures it; None where no face was found.
        mask: probability that a mask is worn.
    """

    family: str
    true: Row
    found: Row | None
    mask: float


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Evaluate the occlusion network.")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--trained", action="store_true", help="the trained families, on people of lfw-calibrate.txt")
    arguments = parser.parse_args()
    data = Path(os.environ["VISAVIS_DATA"])
    photos = _lfw_photos(data) if arguments.trained else _cfp_photos(data)
    parts = [photos[start :: arguments.processes] for start in range(arguments.processes)]
    with ProcessPoolExecutor(arguments.processes) as pool:
        jobs = [pool.submit(measure_composites, data, part, arguments.precision, arguments.trained) for part in parts]
        measured = [one for job in jobs for one in job.result()]
    print_families(measured)
    print_regions(measured)
    if not arguments.trained:
        print_masks(data, arguments.precision)
        print_cost(photos[0])


def _cfp_photos(data: Path) -> list[Path]:
    people = (data / "splits/cfp-test.txt").read_text("utf-8").split()
    return [data / "cfp" / person / "frontal" / f"{number:02d}.jpg" for person in people for number in (1, 2)]


def _lfw_photos(data: Path) -> list[Path]:
    people = (data / "splits/lfw-calibrate.txt").read_text("utf-8").split()
    return [sorted((data / "lfw/images" / person).glob("*.jpg"))[0] for person in people[:300]]


class Product:
    """Detector, mesh, pose and this network."""

    def __init__(self, precision: str) -> None:
        self.finder = FaceFinder()
        self.segmenter = OcclusionSegmenter(open_runtime("openvino", precision))

    def measure(self, content: bytes | FaceImage, choice: FaceChoice) -> FaceOcclusion | None:
        """Of the subject; None where no face is found."""
        try:
            picture, face, mesh = self.finder.find(content, choice)
        except NoFaceError:
            return None
        return self.segmenter.measure(picture, mesh, estimate_pose(mesh, face.landmarks))


def measure_composites(data: Path, photos: Sequence[Path], precision: str, trained: bool) -> list[Measured]:
    """Each photo clean and under one thing of each family."""
    cv2.setNumThreads(1)
    product = Product(precision)
    chosen = families(data / "masks/templates")
    makers: dict[str, Maker | None] = {"clean": None, **(chosen.trained if trained else chosen.held_out)}
    faces = _gather(product.finder, photos)
    others = other_skins(faces)
    return [
        _measure(product, faces, index, others, name, maker)
        for index in range(len(faces))
        for name, maker in makers.items()
    ]


def _gather(finder: FaceFinder, photos: Sequence[Path]) -> Faces:
    views = []
    for photo in photos:
        picture, _, mesh = finder.find(photo.read_bytes(), FaceChoice.CENTRAL)
        transform = face_window(mesh, SPREAD, CANVAS_PX)
        canvas = picture.warp(transform, CANVAS_PX, CANVAS_PX, 1.0)
        corner = cv2.resize(picture.decode(1.0).pixels[:32, :32], (64, 64))
        views.append((canvas, mesh.seen_through(transform).astype(np.float32), corner))
    canvases, points, patches = (np.stack([view[i] for view in views]) for i in range(3))
    return Faces(canvases, np.dstack([points, np.zeros_like(points[..., :1])]), patches)


def _measure(
    product: Product, faces: Faces, index: int, others: NDArray[np.float32], name: str, maker: Maker | None
) -> Measured:
    rng = np.random.default_rng([_SEED, index, *name.encode()])
    sitter = seat(faces, index, others)
    composite = compose(rng, sitter, [maker] if maker else [])
    pixels = degrade(rng, composite.picture)
    covered = composite.cover.sum(0)
    masks = region_masks(sitter.points.astype(np.float64), CANVAS_PX, CANVAS_PX)
    true = np.array([covered[masks[region]].mean() if masks[region].any() else 0.0 for region in Region])
    occlusion = product.measure(FaceImage(pixels, CANVAS_PX, CANVAS_PX), FaceChoice.CENTRAL)
    found = None if occlusion is None else np.array([occlusion.regions[region].covered for region in Region])
    return Measured(name, true, found, 0.0 if occlusion is None else occlusion.mask)


def print_families(measured: Sequence[Measured]) -> None:
    """A row for each family: faces, not found, error, precision and recall of flags, masks told worn."""
    print("| family | faces | not found | mean abs. error | precision | recall | mask said worn |")
    print("|---|---|---|---|---|---|---|")
    names = list(dict.fromkeys(one.family for one in measured))
    groups = {name: [one for one in measured if one.family == name] for name in names}
    covered = [one for one in measured if one.family != "clean"]
    found = [one for one in measured if one.found is not None]
    sums = [("all but clean", covered), ("all", list(measured)), ("all, faces that are found", found)]
    for name, group in [*groups.items(), *sums]:
        missed = sum(one.found is None for one in group)
        worn = np.mean([one.mask >= _WORN_FROM for one in group])
        print(f"| {name} | {len(group)} | {missed} | {_figures(group, slice(None))} | {worn:.1%} |")


def print_regions(measured: Sequence[Measured]) -> None:
    """A table for each figure: a row for each region, a column for each family."""
    names = [name for name in dict.fromkeys(one.family for one in measured) if name != "clean"]
    print("\nmean absolute error / precision / recall of a flag at 0.2, and how many regions are covered by more")
    print("| region | " + " | ".join(names) + " | all |")
    print("|---|" + "---|" * (len(names) + 1))
    for column, region in enumerate(Region):
        cells = []
        for name in [*names, None]:
            group = [one for one in measured if name in (one.family, None)]
            wanted = sum(one.true[column] > FLAG for one in group)
            cells.append(_figures(group, slice(column, column + 1)).replace(" | ", " / ") + f" ({wanted})")
        print(f"| {region} | " + " | ".join(cells) + " |")


def _figures(group: Sequence[Measured], columns: slice) -> str:
    true = np.array([one.true[columns] for one in group])
    found = np.array([(np.zeros(len(Region)) if one.found is None else one.found)[columns] for one in group])
    wanted, flagged = true > FLAG, found > FLAG
    both = (wanted & flagged).sum()
    precision = f"{both / flagged.sum():.3f}" if flagged.any() else "–"
    recall = f"{both / wanted.sum():.3f}" if wanted.any() else "–"
    return f"{np.abs(true - found).mean():.3f} | {precision} | {recall}"


def print_masks(data: Path, precision: str) -> None:
    """Real photos, with and without a worn mask."""
    product = Product(precision)
    for folder in ("masked", "bare"):
        rows = list(_real(product, data / "masks" / folder))
        found = [occlusion for _, occlusion in rows if occlusion]
        worn = sum(occlusion.mask >= _WORN_FROM for occlusion in found)
        flagged = {region: sum(occlusion.regions[region].covered > FLAG for occlusion in found) for region in Region}
        any_covered = sum(_most(occlusion, "covered") > FLAG for occlusion in found)
        any_total = sum(_most(occlusion, "total") > FLAG for occlusion in found)
        print(f"\nmasks/{folder}: {len(rows)} photos, {len(rows) - len(found)} without a face found; mask worn {worn}")
        print("flagged: " + ", ".join(f"{region} {count}" for region, count in flagged.items()))
        print(f"any region covered: {any_covered}; any covered, turned away or outside of the picture: {any_total}")
        print("wrong: " + ", ".join(name for name, occlusion in rows if _is_wrong(occlusion, folder)))


def _real(product: Product, folder: Path) -> Iterator[tuple[str, FaceOcclusion | None]]:
    for photo in sorted(folder.iterdir()):
        yield photo.name, product.measure(photo.read_bytes(), FaceChoice.LARGEST)


def _most(occlusion: FaceOcclusion, reason: str) -> float:
    return max(float(getattr(region, reason)) for region in occlusion.regions.values())


def _is_wrong(occlusion: FaceOcclusion | None, folder: str) -> bool:
    if occlusion is None:
        return True
    if folder == "bare":
        return occlusion.mask >= _WORN_FROM or _most(occlusion, "covered") > FLAG
    lower = (occlusion.regions[region].covered for region in (Region.NOSE, Region.MOUTH))
    return occlusion.mask < _WORN_FROM or min(lower) <= FLAG


def print_cost(photo: Path) -> None:
    """Median milliseconds of the network, and of all that `measure` does, on one thread."""
    for precision in ("fp32", "bf16"):
        product = Product(precision)
        picture, face, mesh = product.finder.find(photo.read_bytes(), FaceChoice.CENTRAL)
        pose = estimate_pose(mesh, face.landmarks)
        network = product.segmenter.network().prepare(np.full((2, CROP_PX, CROP_PX, 3), 127, np.uint8))
        whole = partial(product.segmenter.measure, picture, mesh, pose)
        print(f"\n{precision}: network {_median_ms(network):.2f} ms, all {_median_ms(whole):.2f} ms")


def _median_ms(run: Callable[[], object]) -> float:
    spent = []
    for _ in range(200):
        started = time.perf_counter()
        run()
        spent.append(time.perf_counter() - started)
    return 1000 * float(np.median(spent))


if __name__ == "__main__":
    main()
