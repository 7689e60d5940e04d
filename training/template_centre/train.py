"""Measure the centre of a recogniser's templates: the mean of the unit templates of many people.

    python training/template_centre/train.py ../shared/data/lfw ../shared/data/splits/lfw-train.txt

writes src/visavis/engine/recognition/centres/<model>.json. Every person weighs the same, however many pictures there are
of each; the subject is the central face. Nothing is random.

The mean of one data set holds what all faces have in common, and what only the pictures of that data set have in common.
Taken off whole, it makes strangers of that data set, and of no other, look less alike than they are: a false match rate
calibrated there is then about five times too low elsewhere. So only a share of it is taken off, chosen on people of
another data set.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from visavis.api import open_engine
from visavis.engine.pipeline import FaceEngine
from visavis.errors import VisavisError
from visavis.types import FaceChoice

_CENTRES = Path(__file__).parents[2] / "src/visavis/engine/recognition/centres"
_DECIMALS = 5
_SHARE = 0.5
"""Chosen on the frontal pictures of the CFP people 001 to 100, from 0, 0.5, 0.6, 0.7 and 1: the claimed FMR fits best."""


def main() -> None:
    """Parse the arguments, measure, write."""
    parser = argparse.ArgumentParser(description="Measure the centre of a recogniser's templates.")
    parser.add_argument("dataset", type=Path, help="folder with images/PERSON/*.jpg")
    parser.add_argument("people", type=Path, help="text file, one person a line")
    parser.add_argument("--model", default="sface-2021dec")
    arguments = parser.parse_args()
    people = arguments.people.read_text("utf-8").split()
    with open_engine(model=arguments.model, precision="fp32", profile="default") as engine:
        engine.use_centre(None)
        means, pictures = _means(engine, arguments.dataset / "images", people)
        identity = engine.identity
    centre = _SHARE * np.mean(means, 0)
    document = {
        "model_id": identity.model_id,
        "model_sha256": identity.model_sha256,
        "detector_id": identity.detector_id,
        "data_set": f"{arguments.dataset.name}, {arguments.people.stem}",
        "share": _SHARE,
        "people": len(means),
        "pictures": pictures,
        "length": round(float(np.linalg.norm(centre)), _DECIMALS),
        "centre": [round(float(value), _DECIMALS) for value in centre],
    }
    path = _CENTRES / f"{identity.model_id}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def _means(engine: FaceEngine, folder: Path, people: list[str]) -> tuple[list[NDArray[np.float64]], int]:
    means, pictures = [], 0
    for person in track(people, description=engine.identity.model_id):
        vectors = list(_vectors(engine, folder / person))
        pictures += len(vectors)
        if vectors:
            means.append(np.mean(vectors, 0, dtype=np.float64))
    return means, pictures


def _vectors(engine: FaceEngine, folder: Path) -> Iterator[NDArray[np.float32]]:
    for path in sorted(folder.glob("*.jpg")):
        try:
            yield engine.acquire(path.read_bytes(), FaceChoice.CENTRAL).template.vector
        except VisavisError as error:
            print(f"{path.name}: {error}")  # noqa: T201


if __name__ == "__main__":
    main()
