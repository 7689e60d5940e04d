"""An evaluation of a check as JSON, and as one HTML file with everything inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visavis.evaluation.intervals import LEVEL, Interval
from visavis.evaluation.pad_dataset import PresentationSet
from visavis.evaluation.pad_protocol import GroupResult, PadOptions, PadPoint, PadResults, Rate
from visavis.evaluation.pad_run import Outcome
from visavis.evaluation.plots import plot_pad_det, plot_suspicions
from visavis.evaluation.report import Json, Language, inline, interval_ends, report_environment
from visavis.evaluation.workers import Failure
from visavis.presentation import BpcerEstimate, Check, CheckNetwork
from visavis.types import EngineIdentity, FaceChoice

_TEMPLATE = "pad_report.html.j2"


@dataclass(frozen=True, slots=True, eq=False)
class PadEvaluation:
    """Everything that a report says.

    Attributes:
        photos: what was checked.
        outcomes: of each.
        results: the figures.
        check: what was looked for.
        networks: whose native scores these are.
        identity: the engine; the detector finds the faces.
        calibration_id: which calibration public scores come from; None without one.
        claims: public threshold → what the calibration says that it refuses.
        face: which face of a photo was its subject.
        options: of the evaluation.
        worst: how many photos of each kind to list.
        date: ISO 8601.
        version: of this product.
    """

    photos: PresentationSet
    outcomes: Sequence[Outcome]
    results: PadResults
    check: Check
    networks: tuple[CheckNetwork, ...]
    identity: EngineIdentity
    calibration_id: str | None
    claims: Mapping[float, BpcerEstimate]
    face: FaceChoice
    options: PadOptions
    worst: int
    date: str
    version: str


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """A photo that a report lists."""

    path: str
    species: str | None
    native: float
    score: float | None


def to_pad_json(evaluation: PadEvaluation) -> Json:
    """What `--json` writes. Rates are 0..1; null: the set does not give the figure."""
    results, photos = evaluation.results, evaluation.photos.presentations
    return {
        "check": evaluation.check.value,
        "bona_fide": _group_json(results.bona_fide),
        "attacks": {str(group.species): _group_json(group) for group in results.species},
        "control_points": [_point_json(point, evaluation.claims) for point in results.control_points],
        "operating_points": [_point_json(point, {}) for point in results.nominal_points],
        "auc": results.bona_fide.area.value,
        **interval_ends("auc", results.bona_fide.area.interval),
        "dataset": evaluation.photos.name,
        "face": evaluation.face.value,
        "networks": [{"model_id": one.model_id, "sha256": one.sha256} for one in evaluation.networks],
        "precision": evaluation.identity.precision,
        "runtime": evaluation.identity.runtime,
        "detector": evaluation.identity.detector_id,
        "calibration": evaluation.calibration_id,
        "failures": [
            {"path": photos[index].path, "species": photos[index].species, "code": one.code, "message": one.message}
            for index, one in failures_of(evaluation)
        ],
        "non_responses": [
            {"path": photos[index].path, "species": photos[index].species, "reason": reason}
            for index, reason in non_responses_of(evaluation)
        ],
        "bootstrap": {
            "over": "people",
            "resamples": evaluation.options.resamples,
            "seed": evaluation.options.seed,
            "level": LEVEL,
        },
        "date": evaluation.date,
        "version": evaluation.version,
    }


def failures_of(evaluation: PadEvaluation) -> list[tuple[int, Failure]]:
    """Photos without a usable face, by index."""
    return [(index, one) for index, one in enumerate(evaluation.outcomes) if isinstance(one, Failure)]


def non_responses_of(evaluation: PadEvaluation) -> list[tuple[int, str]]:
    """Photos that the check could not tell of, by index, with the reason."""
    return [
        (index, "unknown" if one.non_response is None else one.non_response.value)
        for index, one in enumerate(evaluation.outcomes)
        if not isinstance(one, Failure) and one.native is None
    ]


def worst_photos(evaluation: PadEvaluation, *, attacks: bool) -> list[ListedPhoto]:
    """The most suspicious bona fide photos, or the least suspicious attacks."""
    listed = [
        ListedPhoto(photo.path, photo.species, one.native, one.score)
        for photo, one in zip(evaluation.photos.presentations, evaluation.outcomes, strict=True)
        if not isinstance(one, Failure) and one.native is not None and (photo.species is not None) == attacks
    ]
    highest_first = evaluation.check.refuses_below == attacks
    return sorted(listed, key=lambda photo: photo.native, reverse=highest_first)[: evaluation.worst]


def render_pad_html(evaluation: PadEvaluation, *, language: Language = "en", thumbnails: bool = False) -> str:
    """One file without any reference to another.

    Args:
        evaluation: what to show.
        language: shown first; the page holds both.
        thumbnails: put the listed photos into the file.
    """
    environment = report_environment(evaluation.photos.root if thumbnails else None)
    return environment.get_template(_TEMPLATE).render(
        evaluation=evaluation,
        results=evaluation.results,
        groups=[evaluation.results.bona_fide, *evaluation.results.species],
        language=language,
        levels=control_levels(evaluation.results.control_points),
        is_pad=evaluation.check is Check.PAD,
        det=inline(plot_pad_det(evaluation.results), "image/png"),
        suspicions=inline(plot_suspicions(evaluation.results, evaluation.check), "image/png"),
        failures=failures_of(evaluation),
        non_responses=non_responses_of(evaluation),
        refused=worst_photos(evaluation, attacks=False),
        accepted=worst_photos(evaluation, attacks=True),
    )


def _group_json(group: GroupResult) -> Json:
    return {
        "photos": group.photos,
        "people": group.people,
        "failures": dict(group.failures),
        "non_responses": dict(group.non_responses),
        "non_response": _rate_json(group.non_response),
        "auc": group.area.value,
        **interval_ends("auc", group.area.interval),
        "det": {"bpcer": group.det.bpcer.tolist(), "apcer": group.det.apcer.tolist()},
    }


def _point_json(point: PadPoint, claims: Mapping[float, BpcerEstimate]) -> Json:
    claim = None if point.threshold is None else claims.get(point.threshold)
    return {
        "nominal_bpcer": point.nominal,
        "threshold": point.threshold,
        "bpcer": None if point.bpcer is None else _rate_json(point.bpcer),
        "refused": None if point.refused is None else _rate_json(point.refused),
        "apcer": {name: _rate_json(rate) for name, rate in (point.apcer or {}).items()},
        "accepted": {name: _rate_json(rate) for name, rate in (point.accepted or {}).items()},
        "highest_apcer": highest_value(point),
        **interval_ends("highest_apcer", point.highest_interval),
        "highest_species": point.highest,
        "calibration_bpcer_high": None if claim is None else claim.high,
        "extrapolated": None if claim is None else claim.extrapolated,
        "reason": point.reason,
    }


def highest_value(point: PadPoint) -> float | None:
    """The highest APCER of all species."""
    return None if point.apcer is None or point.highest is None else point.apcer[point.highest].value


def control_levels(points: Sequence[PadPoint]) -> list[str]:
    """The control's level of each point: for both checks LOW has the lowest threshold."""
    rising = sorted(point.threshold for point in points if point.threshold is not None)
    return [("LOW", "NORMAL", "HIGH")[rising.index(point.threshold)] for point in points if point.threshold is not None]


def _rate_json(rate: Rate) -> Json:
    return {
        "value": rate.value,
        "events": rate.events,
        "trials": rate.trials,
        **_low_high("", rate.interval),
        **_low_high("exact_", rate.exact),
        **_low_high("people_", rate.over_people),
    }


def _low_high(prefix: str, interval: Interval | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}
