"""An evaluation as JSON, and as one HTML file with everything inside."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from visavis.evaluation.discard import SHARES
from visavis.evaluation.discard_chart import draw_chart
from visavis.evaluation.discard_curve import DiscardCurve
from visavis.evaluation.intervals import LEVEL, Interval
from visavis.evaluation.plots import plot_det, plot_scores
from visavis.evaluation.protocol import FEWEST_RELIABLE, EvaluationOptions, OperatingPoint, ProtocolResult
from visavis.evaluation.run import Acquisition
from visavis.evaluation.trials import Dataset
from visavis.types import EngineIdentity, FaceChoice

Language = Literal["en", "zh"]
Json = dict[str, object]
_TEMPLATE = "report.html.j2"
_LARGEST_THUMBNAIL = 2_000_000
_MEDIA_TYPES = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"BM": "image/bmp", b"RI": "image/webp"}


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything that a report says.

    Attributes:
        dataset: what was evaluated.
        acquisition: its templates and failures.
        results: one for each protocol.
        identity: the engine.
        calibration_id: which calibration `claimed_fmr` comes from; None without one.
        face: which face of a picture was its subject.
        options: of the evaluation.
        date: ISO 8601.
        version: of this product.
    """

    dataset: Dataset
    acquisition: Acquisition
    results: Sequence[ProtocolResult]
    identity: EngineIdentity
    calibration_id: str | None
    face: FaceChoice
    options: EvaluationOptions
    date: str
    version: str


def to_json(evaluation: Evaluation) -> Json:
    """What `--json` writes. Rates are 0..1, thresholds native scores; null: the set does not give the figure."""
    identity = evaluation.identity
    return {
        "protocols": {result.name: _protocol_json(result) for result in evaluation.results},
        "model": identity.model_id,
        "precision": identity.precision,
        "profile": identity.profile,
        "dataset": evaluation.dataset.name,
        "layout": evaluation.dataset.layout.value,
        "face": evaluation.face.value,
        "model_sha256": identity.model_sha256,
        "detector": identity.detector_id,
        "runtime": identity.runtime,
        "calibration": evaluation.calibration_id,
        "pictures": len(evaluation.dataset.pictures),
        "people": len(evaluation.dataset.people),
        "failures": [
            {"path": evaluation.dataset.pictures[index].path, "code": failure.code, "message": failure.message}
            for index, failure in sorted(evaluation.acquisition.failures.items())
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


def _protocol_json(result: ProtocolResult) -> Json:
    accuracy = result.accuracy
    return {
        "mated": result.mated,
        "non_mated": result.non_mated,
        "fta": result.fta,
        "eer": result.eer,
        "accuracy": None if accuracy is None else accuracy.mean,
        "operating_points": [_point_json(point) for point in result.operating_points],
        "claimed_points": [
            {
                "claimed_fmr": point.claimed_fmr,
                "threshold": point.threshold,
                "fmr": point.fmr,
                "false_matches": point.false_matches,
                **interval_ends("fmr", point.fmr_interval),
                "frr": point.frr,
                **interval_ends("frr", point.frr_interval),
            }
            for point in result.claimed_points
        ],
        "pictures": result.pictures,
        "people": result.people,
        "failed_pictures": result.failed_pictures,
        "mated_failed": result.mated_failed,
        "non_mated_failed": result.non_mated_failed,
        **interval_ends("fta", result.fta_interval),
        **interval_ends("eer", result.eer_interval),
        **interval_ends("accuracy", result.accuracy_interval),
        "accuracy_deviation": None if accuracy is None else accuracy.deviation,
        "fold_accuracy": None if accuracy is None else accuracy.folds.tolist(),
    } | ({} if result.discard is None else {"discard": _discard_json(result.discard)})


def _discard_json(curve: DiscardCurve) -> Json:
    return {
        "fmr": curve.fmr,
        "threshold": curve.threshold,
        "points": [
            {
                "share": point.share,
                "quality": point.quality,
                "frr": point.frr,
                **interval_ends("frr", point.frr_interval),
                "change": point.change,
                **interval_ends("change", point.change_interval),
                "ideal_frr": point.ideal_frr,
                "ideal_change": point.ideal_change,
            }
            for point in curve.points
        ],
        "curve": {
            "share": SHARES.tolist() if len(curve.frr) else [],
            "frr": curve.frr.tolist(),
            "frr_low": curve.low.tolist(),
            "frr_high": curve.high.tolist(),
            "ideal_frr": curve.ideal.tolist(),
        },
        "reason": curve.reason,
    }


def _point_json(point: OperatingPoint) -> Json:
    return {
        "fmr": point.fmr,
        "threshold": point.threshold,
        "fnmr": point.fnmr,
        "frr": point.frr,
        **interval_ends("frr", point.frr_interval),
        "claimed_fmr": point.claimed_fmr,
        "counted_fmr": point.counted_fmr,
        "false_matches": point.false_matches,
        **interval_ends("threshold", point.threshold_interval),
        "reason": point.reason,
    }


def interval_ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    """Both ends under names of their own."""
    low, high = interval or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def render_html(evaluation: Evaluation, *, language: Language = "en", thumbnails: bool = False) -> str:
    """One file without any reference to another.

    Args:
        evaluation: what to show.
        language: shown first; the page holds both.
        thumbnails: put the pictures of the listed pairs into the file.
    """
    environment = report_environment(evaluation.dataset.root if thumbnails else None)
    return environment.get_template(_TEMPLATE).render(
        evaluation=evaluation,
        language=language,
        det=inline(plot_det(evaluation.results), "image/png"),
        histograms={result.name: inline(plot_scores(result), "image/png") for result in evaluation.results},
        discard_charts={r.name: draw_chart(r.discard) for r in evaluation.results if r.discard is not None},
        fewest_reliable=FEWEST_RELIABLE,
    )


def report_environment(thumbnails: Path | None) -> Environment:
    """What templates of reports need. `thumbnails`: folder of the pictures to put into the file; None: none."""
    environment = Environment(
        loader=PackageLoader("visavis.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (format_percent, format_rate, format_interval, format_change)
    environment.filters |= {filter_.__name__.removeprefix("format_"): filter_ for filter_ in filters}
    environment.globals["thumbnail"] = _no_thumbnail if thumbnails is None else _Thumbnails(thumbnails)
    return environment


def format_percent(value: float | None) -> str:
    """0.0187 → `1.88 %`, with three significant digits below 1 %; – for None."""
    if value is None:
        return "–"
    percent = 100 * value
    decimals = 2 if percent >= 1 or not percent else min(6, 2 - math.floor(math.log10(percent)))
    return f"{percent:.{decimals}f} %"


def format_rate(value: float | None) -> str:
    """1e-4 → `1e-4`, 0.000123 → `1.2e-4`, 0.3 → `0.3`; – for None."""
    if value is None:
        return "–"
    if value == 0 or value >= 0.1:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def format_change(value: float | None) -> str:
    """-0.1234 → `-12.3 %`, 0.05 → `+5.0 %`; – for None."""
    return "–" if value is None else f"{100 * value:+.1f} %"


def format_interval(interval: Interval | None, kind: Literal["percent", "rate", "change"] = "percent") -> str:
    """`1.2 – 3.4 %`; `-30.0 … -12.0 %` for changes; empty for None."""
    if interval is None:
        return ""
    if kind == "rate":
        return " – ".join(format_rate(end) for end in interval)
    if kind == "change":
        return " … ".join(format_change(end).removesuffix(" %") for end in interval) + " %"
    return " – ".join(format_percent(end).removesuffix(" %") for end in interval) + " %"


def inline(content: bytes, media_type: str) -> str:
    """A data URI."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _no_thumbnail(path: str) -> None:
    return None


class _Thumbnails:
    """The picture file itself as a data URI; None where a browser could not show it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, path: str) -> str | None:
        content = (self._root / path).read_bytes()
        media_type = _MEDIA_TYPES.get(content[:2])
        if media_type is None or len(content) > _LARGEST_THUMBNAIL:
            return None
        return inline(content, media_type)
