"""How well the measures of a face do what they say, on photos.

    python training/analysis/evaluate.py blur light completeness pose colour eyes speed --data $VISAVIS_DATA

prints one table for each. The faces are those of `splits/lfw-calibrate.txt`, one of each person, and of the CFP people
001 to 100; none was trained on. Damaged pictures go the whole way again: the face is found in them anew.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from look import CANVAS_PX, SPREAD, Analysis, Look, Subject, follow, is_same_place
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "blur"))

from damage import DAMAGES, add_noise, compress, strength_between

from visavis.engine.analysis.colour import measure_colourfulness
from visavis.engine.analysis.completeness import WIDENING, eye_distance_of, face_width_of, share_outside
from visavis.engine.analysis.light import Light, luminance_of, measure_light
from visavis.engine.analysis.openness import mouth_openness
from visavis.engine.analysis.skin import find_skin
from visavis.errors import AcquisitionError
from visavis.measures import COMPLETE_WITHIN, GREY_WITHIN
from visavis.types import FaceChoice

_STEPS = 6
_JPEG_40 = 60 / 99
_SIDES = ("left", "right", "top", "bottom")
_CUTS = (-0.15, -0.05, 0.05, 0.1, 0.2, 0.3, 0.4)
_TURNS = (-180.0, -90.0, -40.0, -20.0, -10.0, 10.0, 20.0, 40.0, 90.0)
_YAW_WITHIN = 5.0
_FACES = 200
_LIMITS = (0.2, 0.6, 0.8)
"""What Baidu calls high, normal and low demands on blur."""
_BLUR_TOLERANCE, _LIGHT_TOLERANCE = 0.01, 0.5

Pixels = NDArray[np.uint8]


def say(text: str) -> None:
    """A line of a table."""
    print(text)  # noqa: T201


def rises(values: Sequence[float], tolerance: float) -> bool:
    """Whether no value falls short of the one before by more than the tolerance."""
    return all(after >= before - tolerance for before, after in itertools.pairwise(values))


def evaluate_blur(analysis: Analysis, which: str) -> None:
    """Monotone under rising damage of each kind; what the undamaged photos have; what blur means to the recogniser."""
    undamaged: list[float] = []
    monotone: dict[str, list[bool]] = {kind: [] for kind in DAMAGES}
    lost: dict[str, int] = dict.fromkeys(DAMAGES, 0)
    pairs: list[tuple[float, float]] = []
    courses: dict[str, list[list[float]]] = {kind: [] for kind in DAMAGES}
    for number, subject in enumerate(analysis.faces(which, _FACES)):
        look = subject.look
        undamaged.append(analysis.blur.measure(look.canvas, SPREAD))
        distance = eye_distance_of(look.points)
        for kind in DAMAGES:
            steps = [_damaging(kind, step / (_STEPS - 1), distance, number) for step in range(_STEPS)]
            looks = follow(analysis, steps, subject)
            course = [undamaged[-1], *(analysis.blur.measure(one.canvas, SPREAD) for one in looks)]
            pairs += [(blur, float(one.template @ look.template)) for blur, one in zip(course[1:], looks, strict=True)]
            monotone[kind].append(rises(course, _BLUR_TOLERANCE))
            lost[kind] += _STEPS - len(looks)
            courses[kind].append(course + [np.nan] * (1 + _STEPS - len(course)))
    low, middle, high = np.percentile(undamaged, [5, 50, 95])
    say(f"\nblur, {which}: {len(undamaged)} faces; undamaged 5 / 50 / 95 %: {low:.2f} / {middle:.2f} / {high:.2f}")
    say(f"{'damage':<12}{'monotone':>9}{'no face':>9}   median blur, undamaged and at {_STEPS} strengths")
    for kind, held in monotone.items():
        medians = " ".join(f"{value:.2f}" for value in np.nanmedian(np.array(courses[kind]), 0))
        say(f"{kind:<12}{np.mean(held):>9.1%}{lost[kind] / (_STEPS * len(held)):>9.1%}   {medians}")
    every = [all(of_one) for of_one in zip(*monotone.values(), strict=True)]
    say(f"{'all of them':<12}{np.mean(every):>9.1%}")
    _report_limits({kind: np.nanmedian(np.array(of_kind), 0) for kind, of_kind in courses.items()})
    _report_similarity(np.array(pairs))


def _report_limits(medians: dict[str, NDArray[np.float64]]) -> None:
    say(f"{'damage':<12} strength at which the median face reaches " + ", ".join(map(str, _LIMITS)))
    for kind, course in medians.items():
        shares = np.interp(_LIMITS, np.maximum.accumulate(course[1:]), np.linspace(0, 1, _STEPS), 0, np.nan)
        say(f"{kind:<12} " + ", ".join(f"{strength_between(kind, share):.3f}" for share in shares.tolist()))


def _damaging(kind: str, share: float, distance: float, seed: int) -> Callable[[Pixels], Pixels]:
    strength = strength_between(kind, share)
    return lambda pixels: DAMAGES[kind](pixels, distance, strength, np.random.default_rng(seed))


def _report_similarity(pairs: NDArray[np.float64]) -> None:
    say("blur measured     n   template's similarity to the undamaged one: mean, 5 % to 95 %")
    for low, high in ((0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        some = pairs[(pairs[:, 0] >= low) & (pairs[:, 0] < high), 1]
        if some.size:
            least, most = np.percentile(some, [5, 95])
            say(f"{low:.1f} to {min(high, 1):.1f}  {some.size:>8}   {some.mean():.2f}, {least:.2f} to {most:.2f}")


def evaluate_light(analysis: Analysis, which: str) -> None:
    """Monotone when a photo is made darker and brighter, by gain and by gamma."""
    gains = [0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0]
    gammas = [3.0, 2.2, 1.6, 1.25, 1.0, 0.8, 0.6, 0.4]
    kinds = {"gain": [_lit(gain, 1.0) for gain in gains], "gamma": [_lit(1.0, gamma) for gamma in gammas]}
    measured: dict[str, list[list[Light]]] = {kind: [] for kind in kinds}
    for subject in analysis.faces(which, _FACES):
        for kind, steps in kinds.items():
            measured[kind].append([_light(look) for look in follow(analysis, steps, subject)])
    say(f"\nlight, {which}: {_FACES} faces, {len(gains)} steps from dark to bright")
    say(
        f"{'change':<8}{'illumination':>13}{'over-exposed':>13}{'under-exposed':>14}   median illumination at each step"
    )
    for kind, courses in measured.items():
        say(
            f"{kind:<8}{_held(courses, lambda one: one.illumination, _LIGHT_TOLERANCE):>13.1%}"
            f"{_held(courses, lambda one: one.over_exposed, 0.005):>13.1%}"
            f"{_held(courses, lambda one: -one.under_exposed, 0.005):>14.1%}   "
            + " ".join(f"{np.median(step):.0f}" for step in _steps_of(courses))
        )


def _lit(gain: float, gamma: float) -> Callable[[Pixels], Pixels]:
    return lambda pixels: np.rint(255 * np.clip(gain * (pixels / 255) ** gamma, 0, 1)).astype(np.uint8)


def _light(look: Look) -> Light:
    light = measure_light(luminance_of(look.canvas), find_skin(look.placed, (CANVAS_PX, CANVAS_PX), look.inside))
    assert light is not None
    return light


def _held(courses: list[list[Light]], value_of: Callable[[Light], float], tolerance: float) -> float:
    return float(np.mean([rises([value_of(one) for one in course], tolerance) for course in courses]))


def _steps_of(courses: list[list[Light]]) -> list[list[float]]:
    longest = max(len(course) for course in courses)
    return [[course[step].illumination for course in courses if len(course) > step] for step in range(longest)]


def evaluate_completeness(analysis: Analysis, which: str) -> None:
    """Cut through faces at known lines; the mesh of the whole photo says how much of the face that takes away."""
    found: dict[tuple[str, float], list[tuple[float, float]]] = {(side, cut): [] for side in _SIDES for cut in _CUTS}
    lost = dict.fromkeys(found, 0)
    for subject in analysis.faces(which, _FACES):
        if share_outside(subject.look.points, subject.look.width, subject.look.height) > 0:
            continue
        for case, pairs in found.items():
            pixels, shift = _cut(subject.pixels, subject.look.points, *case)
            moved = subject.look.points[:, :2] - shift
            try:
                look = analysis.look(pixels, subject.choice)
            except AcquisitionError:
                lost[case] += 1
                continue
            if not is_same_place(look.points, moved):
                lost[case] += 1
                continue
            truth = share_outside(moved, look.width, look.height)
            pairs.append((truth, share_outside(look.points, look.width, look.height, WIDENING)))
    say(f"\ncompleteness, {which}: share of the face outside, against that of the whole photo's mesh")
    say(f"{'side':<8}{'cut':>5}{'n':>5}{'no face':>9}{'truth':>7}{'measured':>10}{'error':>7}{'flag right':>12}")
    for (side, cut), pairs in found.items():
        truths, measured = np.array(pairs).T
        right = np.mean((truths <= COMPLETE_WITHIN) == (measured <= COMPLETE_WITHIN))
        say(
            f"{side:<8}{cut:>5.0%}{len(pairs):>5}{lost[side, cut]:>9}{truths.mean():>7.3f}"
            f"{measured.mean():>10.3f}{np.abs(truths - measured).mean():>7.3f}{right:>12.1%}"
        )


def _cut(pixels: Pixels, points: NDArray[np.float64], side: str, depth: float) -> tuple[Pixels, NDArray[np.float64]]:
    """The picture without what lies beyond a line that far into the face; and by how much its corner moved."""
    (left, top), (right, bottom) = points[:, :2].min(0), points[:, :2].max(0)
    x, y = depth * (right - left), depth * (bottom - top)
    height, width = pixels.shape[:2]
    first = [max(0, round(left + x)) if side == "left" else 0, max(0, round(top + y)) if side == "top" else 0]
    last = [
        min(width, round(right - x)) if side == "right" else width,
        min(height, round(bottom - y)) if side == "bottom" else height,
    ]
    return pixels[first[1] : last[1], first[0] : last[0]], np.array(first, np.float64)


def evaluate_pose(analysis: Analysis, which: str) -> None:
    """Roll of photos turned by known angles, against that of the photo; yaw of mirrored ones, against its opposite."""
    errors: dict[float, list[float]] = {angle: [] for angle in _TURNS}
    lost = dict.fromkeys(_TURNS, 0)
    yaws: list[float] = []
    for subject in analysis.faces(which, _FACES):
        before = subject.look.pose
        for angle, found in errors.items():
            try:
                roll = analysis.look(_turned(subject, angle), FaceChoice.CENTRAL).pose.roll
            except AcquisitionError:
                lost[angle] += 1
                continue
            found.append(abs((roll - before.roll - angle + 180) % 360 - 180))
        for mirrored in follow(analysis, [lambda pixels: pixels[:, ::-1]], subject, moves=True):
            yaws.append(abs(mirrored.pose.yaw + before.yaw))
    say(f"\npose, {which}: roll of photos turned clockwise about the face, degrees")
    say(f"{'turned':>8}{'n':>5}{'no face':>9}{'mean error':>12}{'median':>8}{'over 90':>9}")
    for angle, found in errors.items():
        upset = sum(error > 90 for error in found)
        say(f"{angle:>8.0f}{len(found):>5}{lost[angle]:>9}{np.mean(found):>12.2f}{np.median(found):>8.2f}{upset:>9}")
    every = [error for found in errors.values() for error in found]
    say(f"mean of all {np.mean(every):.2f}")
    within = np.mean(np.array(yaws) <= _YAW_WITHIN)
    say(f"yaw of mirrored photos: mean difference {np.mean(yaws):.2f}, within {_YAW_WITHIN:.0f} degrees {within:.1%}")


def _turned(subject: Subject, angle: float) -> Pixels:
    """The picture about the middle of the face, which becomes its own; black beyond its edges."""
    height, width = subject.pixels.shape[:2]
    x, y = (float(value) for value in subject.look.points[:, :2].mean(0))
    side = 2 * max(height, width)
    turn = cv2.getRotationMatrix2D((x, y), -angle, 1.0)
    turn[:, 2] += side / 2 - np.array([x, y])
    return np.asarray(cv2.warpAffine(subject.pixels, turn, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def evaluate_colour(analysis: Analysis, which: str) -> None:
    """Photos as they are, and as grey pictures through JPEG with colour noise."""
    kinds: dict[str, Callable[[Pixels], Pixels]] = {
        "as they are": lambda pixels: pixels,
        "grey": _without_colour,
        "grey, JPEG 40": lambda pixels: compress(_without_colour(pixels), 1, _JPEG_40, np.random.default_rng(0)),
        "grey, noise, JPEG 40": _grey_noise,
    }
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for subject in analysis.faces(which, _FACES):
        for kind, change in kinds.items():
            found[kind] += [_colourfulness(look) for look in follow(analysis, [change], subject)]
    say(f"\ncolourfulness, {which}: {_FACES} faces")
    say(f"{'picture':<22}  least     5 %  median     most   above {GREY_WITHIN}")
    for kind, values in found.items():
        least, low, middle, most = np.percentile(values, [0, 5, 50, 100])
        coloured = np.mean(np.array(values) > GREY_WITHIN)
        say(f"{kind:<22}{least:>7.2f}{low:>8.2f}{middle:>8.2f}{most:>9.2f}{coloured:>9.1%}")


def _without_colour(pixels: Pixels) -> Pixels:
    return np.repeat(luminance_of(pixels)[..., None], 3, 2)


def _grey_noise(pixels: Pixels) -> Pixels:
    chance = np.random.default_rng(0)
    return compress(add_noise(_without_colour(pixels), 1, 8 / 255, chance), 1, _JPEG_40, chance)


def _colourfulness(look: Look) -> float:
    skin = find_skin(look.placed, (CANVAS_PX, CANVAS_PX), look.inside)
    return measure_colourfulness(look.canvas, skin.both) or 0.0


def evaluate_eyes(analysis: Analysis, which: str) -> None:
    """How openness is distributed, and whether mirroring the photo only swaps the eyes."""
    values, apart, mouths, mouths_apart = [], [], [], []
    for subject in analysis.faces(which, _FACES):
        look = subject.look
        left, right = analysis.eyes.measure(look.canvas, SPREAD, look.placed)
        values += [left, right]
        mouths.append(mouth_openness(look.points))
        for mirrored in follow(analysis, [lambda image: image[:, ::-1]], subject, moves=True):
            again = analysis.eyes.measure(mirrored.canvas, SPREAD, mirrored.placed)
            apart += [abs(left - again[1]), abs(right - again[0])]
            mouths_apart.append(abs(mouths[-1] - mouth_openness(mirrored.points)))
    shares = (1, 5, 25, 50, 75, 95, 99)
    say(f"\nopenness, {which}: {_FACES} faces, percentiles {shares}; mean difference to the mirrored photo")
    for name, openness, differences in (("eyes", values, apart), ("mouth", mouths, mouths_apart)):
        spread = " ".join(f"{value:.2f}" for value in np.percentile(openness, shares))
        say(f"{name:<6}{spread}   {np.mean(differences):.3f}")


def evaluate_speed(analysis: Analysis, which: str) -> None:
    """Milliseconds a face, median, one thread."""
    look = next(analysis.faces(which, 1)).look
    size = (CANVAS_PX, CANVAS_PX)
    skin = find_skin(look.placed, size, look.inside)
    tasks: dict[str, Callable[[], object]] = {
        "blur": lambda: analysis.blur.measure(look.canvas, SPREAD),
        "eyes": lambda: analysis.eyes.measure(look.canvas, SPREAD, look.placed),
        "mouth": lambda: mouth_openness(look.points),
        "skin": lambda: find_skin(look.placed, size, look.inside),
        "light": lambda: measure_light(luminance_of(look.canvas), skin),
        "colour": lambda: measure_colourfulness(look.canvas, skin.both),
        "completeness": lambda: share_outside(look.points, look.width, look.height),
        "sizes": lambda: (face_width_of(look.points), eye_distance_of(look.points)),
    }
    say("\nmilliseconds a face")
    for name, task in tasks.items():
        say(f"{name:<14}{_median_ms(task):.3f}")


def _median_ms(task: Callable[[], object]) -> float:
    took = []
    for _ in range(200):
        started = time.perf_counter()
        task()
        took.append(time.perf_counter() - started)
    return 1000 * float(np.median(took))


EVALUATIONS: dict[str, Callable[[Analysis, str], None]] = {
    "blur": evaluate_blur,
    "light": evaluate_light,
    "completeness": evaluate_completeness,
    "pose": evaluate_pose,
    "colour": evaluate_colour,
    "eyes": evaluate_eyes,
    "speed": evaluate_speed,
}


def main() -> None:
    """Parse the arguments, evaluate, print."""
    parser = argparse.ArgumentParser(description="How well the measures of a face do what they say.")
    parser.add_argument("measures", nargs="+", choices=list(EVALUATIONS))
    parser.add_argument("--data", type=Path, required=True, help="folder with lfw, cfp and splits")
    parser.add_argument("--faces", dest="which", default="lfw-calibrate", choices=["lfw-calibrate", "cfp-tune"])
    parser.add_argument("--precision", default="auto", choices=["auto", "bf16", "fp32"])
    parser.add_argument("--skip", type=int, default=0, help="leave out that many photos at the start of the list")
    arguments = parser.parse_args()
    analysis = Analysis(arguments.data, arguments.precision, arguments.skip)
    for name in arguments.measures:
        EVALUATIONS[name](analysis, arguments.which)


if __name__ == "__main__":
    main()
