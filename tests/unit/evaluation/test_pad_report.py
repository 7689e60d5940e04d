from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.evaluation.conftest import IDENTITY
from tests.unit.evaluation.pad_fakes import NETWORKS, NO_FACE, TIGHT, answered, make_set
from visavis.evaluation.bpcer import BpcerPlan, fit_bpcer_scale
from visavis.evaluation.pad_protocol import PadOptions, evaluate_presentations
from visavis.evaluation.pad_report import PadEvaluation, render_pad_html, to_pad_json, worst_photos
from visavis.evaluation.pad_run import Outcome
from visavis.evaluation.plots import plot_bpcer, plot_pad_det, plot_suspicions
from visavis.presentation import BpcerEstimate, Check
from visavis.types import FaceChoice

PNG = b"\x89PNG\r\n\x1a\n"
CLAIMS = {
    0.9: BpcerEstimate(1e-2, 8e-3, 1.2e-2, extrapolated=False),
    0.3: BpcerEstimate(1e-3, 4e-4, 2.5e-3, extrapolated=True),
    0.05: BpcerEstimate(1e-4, 1e-5, 8e-4, extrapolated=True),
}


def evaluate(bona_fide: int = 120, root: Path = Path("set")) -> PadEvaluation:
    """Bona fide 0.6..0.9 with public scores above 0.9; prints below 0.5; a screen that is let through."""
    rows: list[tuple[str | None, str | None]] = [(None, f"p{index // 2}") for index in range(bona_fide)]
    rows += [(None, "p0"), ("print", "p0"), ("print", "p1"), ("screen", None), ("screen", None)]
    natives = np.linspace(0.9, 0.6, bona_fide).tolist()
    outcomes: list[Outcome] = [answered(native, 0.9 + native / 10) for native in natives]
    outcomes += [NO_FACE, answered(0.4, 0.2), answered(0.3, 0.01), answered(0.95, 0.99), TIGHT]
    photos, options = make_set(rows, root), PadOptions(resamples=20)
    return PadEvaluation(
        photos=photos,
        outcomes=outcomes,
        results=evaluate_presentations(photos, outcomes, Check.PAD, options),
        check=Check.PAD,
        networks=NETWORKS,
        identity=IDENTITY,
        calibration_id="a-calibration",
        claims=CLAIMS,
        face=FaceChoice.LARGEST,
        options=options,
        worst=3,
        date="2026-01-02",
        version="9.9",
    )


@pytest.fixture(scope="module")
def evaluation() -> PadEvaluation:
    return evaluate()


@pytest.fixture(scope="module")
def content(evaluation: PadEvaluation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(to_pad_json(evaluation), allow_nan=False))
    return found


def test_counts_and_failures_are_all_there(content: dict[str, Any]) -> None:
    assert (content["bona_fide"]["photos"], content["bona_fide"]["people"]) == (121, 60)
    assert content["bona_fide"]["failures"] == {"no_face": 1}
    assert list(content["attacks"]) == ["print", "screen"]
    assert content["attacks"]["screen"]["non_responses"] == {"too_tight": 1}
    assert content["failures"] == [
        {"path": "120.jpg", "species": None, "code": "no_face", "message": "no face was found"}
    ]
    assert content["non_responses"] == [{"path": "124.jpg", "species": "screen", "reason": "too_tight"}]


def test_rates_with_counts_and_intervals(content: dict[str, Any]) -> None:
    high, normal, low = content["control_points"]
    assert (high["threshold"], high["nominal_bpcer"]) == (0.9, 1e-2)
    assert (high["bpcer"]["events"], high["bpcer"]["trials"], high["bpcer"]["low"]) == (0, 120, 0)
    assert high["bpcer"]["high"] == pytest.approx(1 - 0.025 ** (1 / 120))
    assert (high["refused"]["events"], high["refused"]["trials"]) == (1, 121)
    assert high["apcer"]["print"]["value"] == 0
    assert (high["highest_species"], high["highest_apcer"], high["highest_apcer_high"]) == ("screen", 1, 1)
    assert high["accepted"]["screen"]["value"] == 0.5
    assert low["apcer"]["print"]["value"] == 0.5
    assert [point["extrapolated"] for point in content["control_points"]] == [False, True, True]
    assert normal["calibration_bpcer_high"] == 2.5e-3
    counted, missing = content["operating_points"]
    assert (counted["bpcer"]["events"], counted["apcer"]["screen"]["value"]) == (1, 1)
    assert (missing["threshold"], missing["bpcer"]) == (None, None)
    assert "needs 1,000" in missing["reason"]


def test_what_it_was_measured_with(content: dict[str, Any]) -> None:
    assert content["networks"] == [{"model_id": "fake", "sha256": "cd" * 32}]
    assert (content["check"], content["precision"], content["calibration"]) == ("pad", "fp32", "a-calibration")
    assert content["bootstrap"] == {"over": "people", "resamples": 20, "seed": 1, "level": 0.95}
    assert (content["date"], content["version"], content["face"]) == ("2026-01-02", "9.9", "largest")


def test_the_worst_photos_of_each_kind(evaluation: PadEvaluation) -> None:
    assert [photo.native for photo in worst_photos(evaluation, attacks=False)] == pytest.approx(
        [0.6, 0.6 + 0.3 / 119, 0.6 + 0.6 / 119]
    )
    assert [(photo.native, photo.species) for photo in worst_photos(evaluation, attacks=True)] == [
        (0.95, "screen"),
        (0.4, "print"),
        (0.3, "print"),
    ]
    turned = dataclasses.replace(evaluation, check=Check.SYNTHESIS)
    assert worst_photos(turned, attacks=False)[0].native == 0.9
    assert worst_photos(turned, attacks=True)[0].native == 0.3


def test_the_report_holds_everything_in_both_languages(evaluation: PadEvaluation) -> None:
    page = render_pad_html(evaluation, language="zh")
    assert '<html lang="zh" data-language="zh">' in page
    assert page.count("data:image/png;base64,") == 2
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    for text in ("APCER: print", "highest APCER", "最高 APCER", "NORMAL: 0.3", "too_tight", "no_face", "120.jpg"):
        assert text in page
    assert "a fitted tail: too few photos to count it" in page
    assert "Presentation attack detection" in page
    assert "cd" * 32 in page
    english, chinese = (len(re.findall(f'<(?:span|div) lang="{language}"', page)) for language in ("en", "zh"))
    assert english == chinese > 30


def test_the_report_says_when_nothing_is_calibrated(evaluation: PadEvaluation) -> None:
    outcomes: list[Outcome] = [one if one in (NO_FACE, TIGHT) else answered(0.5) for one in evaluation.outcomes]
    results = evaluate_presentations(evaluation.photos, outcomes, Check.PAD, PadOptions(0))
    bare = dataclasses.replace(evaluation, outcomes=outcomes, results=results, claims={}, calibration_id=None)
    assert "there is no calibration for these networks" in render_pad_html(bare)
    assert to_pad_json(bare)["control_points"] == []


def test_names_cannot_break_the_page(tmp_path: Path, evaluation: PadEvaluation) -> None:
    photos = dataclasses.replace(evaluation.photos, name="<script>alert(1)</script>")
    page = render_pad_html(dataclasses.replace(evaluation, photos=photos))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_thumbnails_are_put_in_when_asked_for(tmp_path: Path) -> None:
    for index in range(125):
        (tmp_path / f"{index}.jpg").write_bytes(b"\xff\xd8 not quite a picture")
    found = evaluate(root=tmp_path)
    assert "data:image/jpeg" not in render_pad_html(found)
    assert render_pad_html(found, thumbnails=True).count("data:image/jpeg") == 6


def test_the_other_check_reads_the_other_way(evaluation: PadEvaluation) -> None:
    page = render_pad_html(dataclasses.replace(evaluation, check=Check.SYNTHESIS))
    assert "Generated and manipulated faces" in page
    assert "refused when its public score is above the threshold" in page


def test_pictures_are_png_and_the_same_every_time(evaluation: PadEvaluation) -> None:
    native = np.linspace(0.5, 0.99, 400)
    plan = BpcerPlan(Check.PAD, NETWORKS, "fp32", ("a set",), "2026-01-02", "9.9", resamples=20)
    fit = fit_bpcer_scale(native, [f"p{index}" for index in range(400)], plan)
    assert plot_pad_det(evaluation.results) == plot_pad_det(evaluation.results)
    for picture in (
        plot_pad_det(evaluation.results),
        plot_suspicions(evaluation.results, Check.PAD),
        plot_bpcer(fit, native, Check.PAD, "a title"),
    ):
        assert picture.startswith(PNG)


def test_pictures_of_hardly_anything(evaluation: PadEvaluation) -> None:
    silent: list[Outcome] = [TIGHT] * len(evaluation.outcomes)
    nothing = evaluate_presentations(evaluation.photos, silent, Check.PAD, PadOptions(0))
    assert plot_pad_det(nothing).startswith(PNG)
    assert plot_suspicions(nothing, Check.PAD).startswith(PNG)
