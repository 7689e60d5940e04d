"""Calibrate the product's networks and measure them: writes the package's calibrations and parts of figures.json.

    python training/pad/report.py $VISAVIS_DATA CACHE

The scores come from the product itself, as do the refusals to answer. Bona fide photos of people outside the training
list are split by person: some calibrate, the others show what the thresholds refuse.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ablation import load_network
from attacks import SPECIES
from export import TARGET
from figures import Scored, compare, keep
from judge import VARIATIONS, Answer, judge_photos, judge_variations
from photos import BONA_FIDE, Photo, gather_photos
from protocols import Judge, load_material, test_species
from split import HELD, part_of
from views import SPECS

import visavis
from visavis.engine.bpcer import BpcerScale
from visavis.engine.image import ImageLimits
from visavis.engine.pad.detector import PadDetector, load_fusion, load_models
from visavis.engine.picture import Picture
from visavis.engine.runtime import open_runtime
from visavis.evaluation.bpcer import BpcerPlan, fit_bpcer_scale
from visavis.evaluation.intervals import clopper_pearson
from visavis.presentation import BPCER_ANCHORS, Check, suspicion_of

_DATE = "2026-11-22"
_VARIED, _TIMED = 150, 200


def calibrates(photo: Photo) -> bool:
    """Whether a bona fide photo of nobody trained on goes into the calibration; otherwise it checks it."""
    drawn = zlib.crc32(photo.person.encode())
    if photo.source == "lfw-calibrate":
        return drawn % 6 > 0
    return photo.source in ("nuaa", "replay") and drawn % 2 == 0


def calibrate(answers: list[Answer], precision: str) -> BpcerScale:
    """The calibration of one precision, written into the package."""
    used = [one for one in answers if is_free(one.photo) and calibrates(one.photo)]
    answered = [one for one in used if one.native is not None]
    plan = BpcerPlan(
        check=Check.PAD,
        networks=PadDetector(open_runtime("openvino", precision)).identity,
        precision=precision,
        data_sets=tuple(sorted({one.photo.source for one in used})),
        date=_DATE,
        tool_version=visavis.__version__,
        non_responses=Counter(str(one.reason) for one in used if one.native is None),
    )
    fit = fit_bpcer_scale(np.array([one.native for one in answered]), [one.person for one in answered], plan)
    path = TARGET / f"calibration-{precision}.json"
    path.write_text(fit.text, "utf-8")
    return BpcerScale.read(path)


def is_free(photo: Photo) -> bool:
    """A bona fide photo of somebody whom nothing was trained or fitted on."""
    return photo.presentation == BONA_FIDE and part_of(photo) == HELD


def kept_promises(scale: BpcerScale, answers: list[Answer]) -> dict[str, Any]:
    """Of photos that nothing was fitted on: what each threshold refuses, by source and in all."""
    free = [one for one in answers if is_free(one.photo) and not calibrates(one.photo)]
    groups = {source: [one for one in free if one.photo.source == source] for source in _sources(free)} | {"all": free}
    return {name: _refusals(scale, group) for name, group in groups.items()}


def _sources(answers: list[Answer]) -> list[str]:
    return sorted({one.photo.source for one in answers})


def _refusals(scale: BpcerScale, answers: list[Answer]) -> dict[str, Any]:
    scores = np.array([scale.public_score(one.native) for one in answers if one.native is not None])
    found: dict[str, Any] = {
        "photos": len(answers),
        "people": len({one.person for one in answers}),
        "answered": len(scores),
    }
    for bpcer, threshold in BPCER_ANCHORS[Check.PAD]:
        refused = int((scores < threshold).sum())
        low, high = clopper_pearson(refused, len(scores)) or (0.0, 1.0)
        found[f"{threshold:g}"] = {
            "promise": bpcer,
            "refused": refused,
            "share": round(refused / max(1, len(scores)), 5),
            "low": round(low, 5),
            "high": round(high, 5),
        }
    return found


def in_distribution(answers: list[Answer]) -> dict[str, Any]:
    """Held people of each source: real attacks against their own living people, and against all."""
    held = [one for one in answers if part_of(one.photo) == HELD and one.native is not None]
    everybody = _scored([one for one in held if is_free(one.photo) and not one.photo.source.startswith("cfp")])
    found = {}
    for source in ("nuaa", "replay"):
        own = [one for one in held if one.photo.source == source]
        live = _scored([one for one in own if one.photo.presentation == BONA_FIDE])
        attacks = _scored([one for one in own if one.photo.presentation != BONA_FIDE])
        found[source] = {"own_bona_fide": compare(live, attacks), "all_bona_fide": compare(everybody, attacks)}
    both = _scored([one for one in held if one.photo.presentation != BONA_FIDE])
    return found | {"all": {"all_bona_fide": compare(everybody, both)}}


def _scored(answers: list[Answer]) -> Scored:
    native = np.array([one.native for one in answers], np.float64)
    return Scored(suspicion_of(native, Check.PAD), np.array([one.person for one in answers]))


def people_in_error(scale: BpcerScale, answers: list[Answer]) -> dict[str, list[dict[str, int]]]:
    """Of held people with wrong answers at the public score of BPCER 1e-2: how many of whose photos, worst first."""
    threshold = dict(BPCER_ANCHORS[Check.PAD])[1e-2]
    found: dict[str, dict[str, list[bool]]] = {}
    for one in answers:
        if one.photo.source in ("nuaa", "replay") and part_of(one.photo) == HELD and one.native is not None:
            passed = scale.public_score(one.native) >= threshold
            group = found.setdefault(f"{one.photo.source} {one.photo.presentation}", {})
            group.setdefault(one.person, []).append(passed != (one.photo.presentation == BONA_FIDE))
    return {
        name: sorted(
            ({"wrong": sum(wrong), "photos": len(wrong)} for wrong in people.values() if any(wrong)),
            key=lambda row: -row["wrong"],
        )
        for name, people in sorted(found.items())
    }


def refused_answers(answers: list[Answer]) -> dict[str, Any]:
    """Why there is no answer, by source and presentation."""
    groups: dict[str, Counter[str]] = {}
    for one in answers:
        groups.setdefault(f"{one.photo.source} {one.photo.presentation}", Counter())[one.reason or "answered"] += 1
    return {name: dict(sorted(counts.items())) for name, counts in sorted(groups.items())}


def simulated(data: Path, cache: Path, photos: list[Photo]) -> dict[str, Any]:
    """Each simulated species, of people outside the training list, against others of them in the same captures."""
    material = load_material(data, cache, 0)
    judge = Judge({view: load_network(cache / f"{view}.pt") for view in SPECS}, load_fusion(), photos)
    return {species: test_species(judge, material, species) for species in SPECIES}


def time_of(data: Path, photos: list[Photo]) -> dict[str, Any]:
    """Processor time a face, milliseconds, on one thread, decoded already, limits included: median, 95th percentile."""
    found = {}
    for precision in ("bf16", "fp32"):
        detector = PadDetector(open_runtime("openvino", precision))
        detector.warm_up()
        took = [_time_one(detector, data, photo) for photo in photos[:_TIMED]]
        found[precision] = {"median": round(float(np.median(took)), 2), "p95": round(float(np.quantile(took, 0.95)), 2)}
    return found


def _time_one(detector: PadDetector, data: Path, photo: Photo) -> float:
    picture = Picture((data / photo.path).read_bytes(), ImageLimits())
    picture.decode(1.0)
    started = time.process_time()
    detector.native(picture, photo.face)
    return 1000 * (time.process_time() - started)


def movements(data: Path, photos: list[Photo], scale: BpcerScale) -> dict[str, Any]:
    """By how much scores of bona fide photos move on average when a photo is varied."""
    free = [photo for photo in photos if is_free(photo) and photo.source != "cfp-test"]
    drawn = np.random.default_rng(5).choice(len(free), _VARIED, replace=False)
    rows = judge_variations(data, [free[i] for i in drawn.tolist()])
    found = {}
    for name in VARIATIONS:
        pairs = np.array([(row["plain"], row[name]) for row in rows if "plain" in row and name in row])
        public = np.vectorize(scale.public_score)(pairs)
        found[name] = {
            "photos": len(pairs),
            "native": round(float(np.abs(pairs[:, 0] - pairs[:, 1]).mean()), 4),
            "public": round(float(np.abs(public[:, 0] - public[:, 1]).mean()), 4),
            "no_answer": sum("plain" in row and name not in row for row in rows),
        }
    return found


def main() -> None:
    """Parse the arguments, measure, write."""
    parser = argparse.ArgumentParser(description="Calibrate and measure the networks for presentation attacks.")
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    photos = gather_photos(arguments.data, arguments.cache / "photos.json")
    tested = [photo for photo in photos if part_of(photo) == HELD]
    keep(models={model.spec.model_id: model.spec.sha256 for model in load_models()})
    for precision in ("bf16", "fp32"):
        answers = judge_photos(arguments.data, tested, precision)
        scale = calibrate(answers, precision)
        keep(**{f"thresholds_{precision}": kept_promises(scale, answers)})
    keep(in_distribution=in_distribution(answers), answers=refused_answers(answers))
    keep(people_in_error=people_in_error(scale, answers))
    keep(simulated=simulated(arguments.data, arguments.cache, photos))
    keep(movements=movements(arguments.data, photos, scale))
    keep(milliseconds=time_of(arguments.data, tested))


if __name__ == "__main__":
    main()
