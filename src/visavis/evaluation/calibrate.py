"""Non-mated scores of a data set become a calibration file: counted knots, a fitted tail, intervals over people."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import DatasetError, FileMissingError
from visavis.evaluation.intervals import WeightedPairs, draw_people
from visavis.evaluation.metrics import count_below
from visavis.evaluation.run import Acquisition
from visavis.evaluation.scores import ProtocolScores, score_trials
from visavis.evaluation.tail import ParetoTail, fit_tail
from visavis.evaluation.trials import Dataset, stranger_trials
from visavis.types import EngineIdentity, FaceChoice

Doubles = NDArray[np.float64]
FORMAT, FORMAT_VERSION = "visavis-calibration", 1
EXCLUSIONS_FORMAT = "visavis-exclusions"
MIN_NON_MATED, MIN_PEOPLE = 2_000, 10
FEWEST_COUNTED = 50
CLAIMED_TO_LOG10 = -8.0
_STEP = 0.1
_NEAR_ONE = (0.999, 0.99, 0.95, 0.9)
_TAIL_SHARE, _TAIL_LEAST, _TAIL_MOST_SHARE = 1e-4, 500, 0.05
_SMALLEST_LOG10 = -12.0
_SCORE_DECIMALS, _LOG_DECIMALS = 6, 6


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A picture that must not take part: its label is proven wrong.

    Attributes:
        sha256: of the picture file, hexadecimal.
        reason: short name of the kind of error.
        evidence: what proves it.
    """

    sha256: str
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """What goes into the file besides the scores.

    Attributes:
        identity: the engine that made the templates.
        face: which face of a picture was taken.
        date: ISO 8601.
        tool_version: of this product.
        resamples: bootstrap over people, at least 1.
        seed: of the bootstrap.
        condition: what was compared with what.
    """

    identity: EngineIdentity
    face: FaceChoice
    date: str
    tool_version: str
    resamples: int = 500
    seed: int = 1
    condition: str = "photo-photo"


@dataclass(frozen=True, slots=True)
class Knot:
    """A point of the curve. `count` is how many comparisons score at least `score`; None where it is extrapolated."""

    score: float
    log10_fmr: float
    low: float
    high: float
    count: int | None


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationResult:
    """Attributes: knots: by rising score; tail: the fit; scores: what was counted; text: the file's content."""

    knots: tuple[Knot, ...]
    tail: ParetoTail
    scores: ProtocolScores
    text: str


def read_exclusions(path: Path) -> tuple[Exclusion, ...]:
    """A list of excluded pictures.

    Raises:
        FileMissingError: it cannot be read.
        DatasetError: it is not such a list.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileMissingError(f"cannot read the exclusions {path}: {error.strerror}") from error
    return parse_exclusions(content, str(path))


def parse_exclusions(content: bytes, origin: str) -> tuple[Exclusion, ...]:
    """The same from bytes; `origin` names the file in errors. Raises: DatasetError."""
    try:
        document = json.loads(content)
        if document["format"] != EXCLUSIONS_FORMAT:
            raise DatasetError(f"{origin} is not {EXCLUSIONS_FORMAT}")
        found = tuple(
            Exclusion(str(row["sha256"]), str(row["reason"]), str(row["evidence"])) for row in document["pictures"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{origin} is not a list of exclusions: {error!r}") from error
    for row in found:
        if not re.fullmatch("[0-9a-f]{64}", row.sha256):
            raise DatasetError(f"{origin}: {row.sha256!r} is not a SHA-256 in lower-case hexadecimal")
    return found


def calibrate(
    dataset: Dataset, acquisition: Acquisition, exclusions: Sequence[Exclusion], plan: CalibrationPlan
) -> CalibrationResult:
    """Count, fit and describe.

    Raises:
        DatasetError: fewer than `MIN_NON_MATED` comparisons between different people, or than `MIN_PEOPLE` of them.
    """
    excluded = excluded_pictures(acquisition, exclusions)
    scores = score_trials(acquisition.templates, stranger_trials(dataset, excluded), seed=plan.seed)
    total = len(scores.non_mated)
    if total < MIN_NON_MATED:
        raise DatasetError(f"{total:,} comparisons between different people; a calibration needs {MIN_NON_MATED:,}")
    if acquisition.templates.people < MIN_PEOPLE:
        raise DatasetError(f"{acquisition.templates.people} people; a calibration needs {MIN_PEOPLE}")
    counted = _counted_knots(scores.non_mated)
    tail, exceedances = _fit(scores.non_mated)
    extrapolated = _tail_knots(tail, counted[-1])
    low, high = _intervals(scores, acquisition, plan, counted, extrapolated, tail.threshold)
    bare = [*counted, *((score, log10, None) for score, log10 in extrapolated)]
    knots = tuple(
        Knot(score, log10, min(low[i], log10), max(high[i], log10), count)
        for i, (score, log10, count) in enumerate(bare)
    )
    document = _document(dataset, acquisition, plan)
    document["excluded"] = [asdict(row) for row in exclusions if bytes.fromhex(row.sha256) in set(acquisition.keys)]
    document["counts"] = _counts(dataset, acquisition, excluded, total)
    document["tail"] = asdict(tail) | {
        "family": "generalised Pareto",
        "exceedances": exceedances,
        "extrapolated_below_fmr": _rounded(10 ** counted[-1][1], 12),
        "claimed_to_fmr": _rounded(10 ** bare[-1][1], 12),
    }
    document["knots"] = [asdict(knot) for knot in knots]
    return CalibrationResult(knots, tail, scores, calibration_text(document))


def excluded_pictures(acquisition: Acquisition, exclusions: Sequence[Exclusion]) -> tuple[int, ...]:
    """Indices of the pictures that a list excludes."""
    hashes = {bytes.fromhex(row.sha256) for row in exclusions}
    return tuple(index for index, key in enumerate(acquisition.keys) if key in hashes)


CountedKnot = tuple[float, float, int]


def _counted_knots(non_mated: NDArray[np.float32]) -> list[CountedKnot]:
    """(score, log10 FMR, count) at falling rates, the count exact for the score as it is written."""
    total = len(non_mated)
    steps = int(-np.log10(FEWEST_COUNTED / total) / _STEP)
    rates = sorted([*_NEAR_ONE, *(10 ** (-_STEP * i) for i in range(1, steps + 1))], reverse=True)
    knots: list[CountedKnot] = [(-1.0, 0.0, total)]
    for rate in rates:
        # Rounded down: the score that is written lets through at least as many as were wanted.
        score = math.floor(float(non_mated[total - round(rate * total)]) * 10**_SCORE_DECIMALS) / 10**_SCORE_DECIMALS
        count = total - count_below(non_mated, score)
        if score > knots[-1][0] and FEWEST_COUNTED <= count < knots[-1][2]:
            knots.append((score, _rounded(float(np.log10(count / total)), _LOG_DECIMALS), count))
    return knots


def _fit(non_mated: NDArray[np.float32]) -> tuple[ParetoTail, int]:
    total = len(non_mated)
    wanted = max(round(_TAIL_SHARE * total), min(_TAIL_LEAST, int(_TAIL_MOST_SHARE * total)))
    threshold = _rounded(float(non_mated[total - wanted - 1]), _SCORE_DECIMALS)
    above = non_mated[total - wanted :].astype(np.float64)
    above = above[above > threshold]
    tail = fit_tail(above, np.ones(len(above)), threshold)
    return ParetoTail(threshold, _rounded(tail.shape, 6), _rounded(tail.scale, 8)), len(above)


def _tail_knots(tail: ParetoTail, last: CountedKnot) -> list[tuple[float, float]]:
    """The fitted curve, scaled to meet the last counted knot, down to what is claimed or to score 1."""
    joint, log10, _ = last
    at_joint = float(tail.survival(np.array([joint]))[0])
    knots = []
    targets = np.arange(np.floor(log10 / _STEP) * _STEP, CLAIMED_TO_LOG10 - _STEP / 2, -_STEP)
    for target in targets[targets < log10 - _STEP / 10]:
        score = _rounded(tail.score_at(at_joint * 10 ** (target - log10)), _SCORE_DECIMALS)
        if joint < score < 1:
            knots.append((score, _rounded(float(target), _LOG_DECIMALS)))
            joint = score
    return knots


def _intervals(
    scores: ProtocolScores,
    acquisition: Acquisition,
    plan: CalibrationPlan,
    counted: Sequence[CountedKnot],
    extrapolated: Sequence[tuple[float, float]],
    threshold: float,
) -> tuple[list[float], list[float]]:
    """(low, high) log10 FMR at every knot; both never rise."""
    persons = acquisition.templates.persons
    strangers = WeightedPairs(scores.sample, persons)
    falling = -scores.sample.score.astype(np.float64)
    places = np.searchsorted(falling, [-score for score, _, _ in counted], side="right")
    above = int(np.searchsorted(falling, -threshold))
    rising = -falling[:above][::-1]
    at = np.array([counted[-1][0], *(score for score, _ in extrapolated)])
    rows = []
    for drawn in draw_people(acquisition.templates.people, plan.resamples, plan.seed):
        cumulative = strangers.cumulative(drawn)
        rates = cumulative[places] / max(1.0, cumulative[-1])
        if not rates[-1]:
            continue  # Hardly anybody was drawn whose pairs score high; only tiny sets know this.
        survival = fit_tail(rising, np.diff(cumulative[: above + 1])[::-1], threshold).survival(at)
        rows.append([*rates, *(rates[-1] * survival[1:] / survival[0])])
    low, high = np.percentile(np.array(rows), (2.5, 97.5), axis=0)
    return _as_log10(low), _as_log10(high)


def _as_log10(rates: Doubles) -> list[float]:
    logs = np.log10(np.maximum(rates, 10**_SMALLEST_LOG10))
    return [_rounded(float(value), 4) for value in np.minimum.accumulate(np.minimum(logs, 0.0))]


def _document(dataset: Dataset, acquisition: Acquisition, plan: CalibrationPlan) -> dict[str, object]:
    identity = plan.identity
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "calibration_id": f"{identity.model_id}-{identity.precision}-{identity.profile}",
        **asdict(identity),
        "condition": plan.condition,
        "dataset": {"name": dataset.name, "layout": dataset.layout.value, "face": plan.face.value},
        "date": plan.date,
        "tool_version": plan.tool_version,
        "bootstrap": {"over": "people", "resamples": plan.resamples, "seed": plan.seed, "level": 0.95},
    }


def _counts(dataset: Dataset, acquisition: Acquisition, excluded: Sequence[int], non_mated: int) -> dict[str, int]:
    kept = np.setdiff1d(np.arange(len(dataset.pictures)), excluded)
    return {
        "pictures": len(kept),
        "people": len(np.unique(acquisition.templates.persons[kept])),
        "failures_to_acquire": int((~acquisition.templates.acquired[kept]).sum()),
        "excluded_pictures": len(excluded),
        "non_mated_comparisons": non_mated,
    }


def calibration_text(document: dict[str, object]) -> str:
    """The content of a calibration file: JSON with one knot a line."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return re.sub(r"\{\s+([^{}\[\]]*?)\s+\}", lambda match: "{" + re.sub(r"\n\s+", " ", match[1]) + "}", text) + "\n"


def _rounded(value: float, decimals: int) -> float:
    return round(value, decimals) + 0.0
