from __future__ import annotations

import base64
import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation.conftest import IDENTITY, make_acquisition, make_dataset
from tests.unit.evaluation.test_calibrate import PLAN, strangers
from tests.unit.evaluation.test_protocol import CALIBRATION, EVERY, FOUR, folds
from visavis.evaluation.calibrate import calibrate
from visavis.evaluation.plots import plot_calibration, plot_det, plot_scores
from visavis.evaluation.protocol import EvaluationOptions, evaluate_dataset
from visavis.evaluation.report import (
    Evaluation,
    format_change,
    format_interval,
    format_percent,
    format_rate,
    render_html,
    to_json,
)
from visavis.evaluation.trials import CrossTrials
from visavis.types import FaceChoice

PERSONS = [0, 0, 1, 1]
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def make_evaluation(failed: list[int], root: Path = Path("set"), qualities: list[float] | None = None) -> Evaluation:
    dataset = make_dataset(PERSONS, {"lfw-view2": folds(0, 0, 1, 1), "lfw-all-pairs": EVERY}, root)
    acquisition = make_acquisition(FOUR, PERSONS, failed, qualities)
    options = EvaluationOptions(nominal=(0.5, 0.25, 1e-2, 1e-5), resamples=20, discard_fmr=0.5)
    results = evaluate_dataset(dataset, acquisition, CALIBRATION, options)
    return Evaluation(
        dataset, acquisition, results, IDENTITY, "exponential", FaceChoice.CENTRAL, options, "2026-01-02", "9.9"
    )


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return make_evaluation(failed=[])


def test_the_json_has_the_promised_keys(evaluation: Evaluation) -> None:
    content = json.loads(json.dumps(to_json(evaluation), allow_nan=False))

    assert set(content) >= {"protocols", "model", "precision", "profile", "dataset"}
    assert (content["model"], content["precision"], content["profile"]) == ("fake-model", "fp32", "default")
    assert content["dataset"] == "set"
    assert list(content["protocols"]) == ["lfw-view2", "lfw-all-pairs"]
    every = content["protocols"]["lfw-all-pairs"]
    assert set(every) >= {"mated", "non_mated", "fta", "eer", "accuracy", "operating_points"}
    assert (every["mated"], every["non_mated"], every["fta"], every["accuracy"]) == (2, 4, 0.0, None)
    for point in every["operating_points"]:
        assert set(point) >= {"fmr", "threshold", "fnmr", "frr", "frr_low", "frr_high", "claimed_fmr"}
    assert [point["fmr"] for point in every["operating_points"]] == [0.5, 0.25, 1e-2, 1e-5]
    assert every["operating_points"][1]["frr"] == 0.0
    assert every["operating_points"][3]["threshold"] is None
    assert every["operating_points"][3]["reason"].endswith("needs 100,000")
    assert content["protocols"]["lfw-view2"]["accuracy"] == 0.75
    assert content["protocols"]["lfw-view2"]["fold_accuracy"] == [1.0, 0.5]


def test_failures_are_listed_in_json_and_report() -> None:
    evaluation = make_evaluation(failed=[3])
    content = to_json(evaluation)
    assert content["failures"] == [{"path": "person-1/3.jpg", "code": "no_face", "message": "no face was found"}]
    page = render_html(evaluation)
    assert page.count("<code>person-1/3.jpg</code>") == 1
    assert "<code>no_face</code>" in page


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_well_formed_file(evaluation: Evaluation) -> None:
    page = _Page()
    page.feed(render_html(evaluation))
    assert page.open == []
    assert {"link", "script", "iframe"}.isdisjoint(page.tags)
    assert len(page.sources) == 3  # One trade-off and a histogram for each protocol.
    for source in page.sources:
        head, content = source.split(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(content).startswith(PNG_SIGNATURE)


def test_the_report_holds_both_languages_and_opens_in_either(evaluation: Evaluation) -> None:
    english, chinese = (render_html(evaluation, language=language) for language in ("en", "zh"))
    assert '<html lang="en" data-language="en">' in english
    assert '<html lang="zh" data-language="zh">' in chinese
    assert english.count(' lang="zh">') == english.count(' lang="en">') > 50
    assert "人脸比对评测" in english


def test_the_report_shows_figures_with_intervals_and_says_what_it_cannot_know(evaluation: Evaluation) -> None:
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", render_html(evaluation)))
    assert "75.00 %" in text  # accuracy
    assert "not enough comparisons: 4 completed non-mated comparisons; a rate of 1e-05 needs 100,000" in text
    assert "few: a matter of chance" in text
    assert "person-0/1.jpg" in text
    assert "None." in text  # no failures
    assert "fake-model " + "ab" * 32 in text


def test_the_discard_curve_is_drawn_in_both_languages() -> None:
    page = render_html(make_evaluation(failed=[3], qualities=[10, 20, 30, 40]))
    parsed = _Page()
    parsed.feed(page)
    assert parsed.open == []
    assert page.count("<svg") == 2
    assert page.count('<text lang="en"') == page.count('<text lang="zh"') == 2 * 5
    assert "舍弃的同人比对比例" in page
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    # One of two mated comparisons is a failure; it goes first.
    assert "5 % – 47.37 %" in text
    assert "-5.3 %" in text


def test_without_qualities_nothing_is_drawn(evaluation: Evaluation) -> None:
    assert "<svg" not in render_html(evaluation)
    assert "discard" not in json.dumps(to_json(evaluation))


def test_a_set_without_a_threshold_says_so() -> None:
    evaluation = make_evaluation(failed=[2, 3], qualities=[10, 20, 30, 40])
    assert "Nothing to show: too few non-mated comparisons for 0.5." in render_html(evaluation)
    curve = to_json(evaluation)["protocols"]["lfw-view2"]["discard"]  # type: ignore[index]
    assert (curve["threshold"], curve["points"], curve["curve"]["share"]) == (None, [], [])


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (-0.1234, "-12.3 %"), (0.05, "+5.0 %"), (0.0, "+0.0 %")])
def test_changes(value: float | None, text: str) -> None:
    assert format_change(value) == text


def test_names_are_escaped() -> None:
    evaluation = make_evaluation(failed=[])
    evaluation = dataclasses.replace(evaluation, dataset=dataclasses.replace(evaluation.dataset, name="<b>&"))
    page = render_html(evaluation)
    assert "<b>&<" not in page
    assert "&lt;b&gt;&amp;" in page


def test_pictures_are_shown_only_when_asked_for(tmp_path: Path) -> None:
    evaluation = make_evaluation(failed=[], root=tmp_path)
    contents = [b"\xff\xd8jpeg", b"\x89PNGpng", b"unknown", b"\xff\xd8" + bytes(2_000_001)]
    for picture, content in zip(evaluation.dataset.pictures, contents, strict=True):
        (tmp_path / picture.path).parent.mkdir(exist_ok=True)
        (tmp_path / picture.path).write_bytes(content)

    assert 'class="thumb"' not in render_html(evaluation)
    page = render_html(evaluation, thumbnails=True)
    assert "data:image/jpeg;base64," + base64.b64encode(contents[0]).decode() in page
    assert "data:image/png;base64," + base64.b64encode(contents[1]).decode() in page
    assert len(page) < 2_000_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0.00 %"),
        (0.01876, "1.88 %"),
        (0.5, "50.00 %"),
        (0.00512, "0.512 %"),
        (0.0000286, "0.00286 %"),
        (1e-9, "0.000000 %"),
    ],
)
def test_percentages(value: float | None, text: str) -> None:
    assert format_percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0, "0"), (1e-4, "1e-4"), (0.000123, "1.2e-4"), (0.3, "0.3"), (1.0, "1")]
)
def test_rates(value: float | None, text: str) -> None:
    assert format_rate(value) == text


def test_intervals() -> None:
    assert format_interval(None) == ""
    assert format_interval((0.012, 0.034)) == "1.20 – 3.40 %"
    assert format_interval((1e-5, 2.5e-4), "rate") == "1e-5 – 2.5e-4"
    assert format_interval((-0.3, -0.12), "change") == "-30.0 … -12.0 %"


def test_pictures_are_png_and_the_same_every_time(evaluation: Evaluation) -> None:
    assert plot_det(evaluation.results) == plot_det(evaluation.results)
    assert plot_scores(evaluation.results[1]) == plot_scores(evaluation.results[1])
    assert plot_scores(evaluation.results[1]).startswith(PNG_SIGNATURE)


def test_pictures_of_next_to_nothing() -> None:
    dataset = make_dataset([0, 1], {"pairs": CrossTrials(np.arange(2, dtype=np.int32))})
    results = evaluate_dataset(
        dataset, make_acquisition([[1, 0], [0, 1]], [0, 1], failed=[1]), None, EvaluationOptions(nominal=(0.3,))
    )
    assert plot_det(results).startswith(PNG_SIGNATURE)
    assert plot_scores(results[0]).startswith(PNG_SIGNATURE)


def test_a_det_curve_with_intervals_at_its_points() -> None:
    random = np.random.default_rng(8)
    persons = np.repeat(np.arange(40), 3)
    vectors = random.normal(size=(40, 12))[persons] + 0.9 * random.normal(size=(120, 12))
    dataset = make_dataset(persons.tolist(), {"pairs": CrossTrials(np.arange(120, dtype=np.int32))})
    results = evaluate_dataset(
        dataset, make_acquisition(vectors.tolist(), persons.tolist()), None, EvaluationOptions(resamples=20)
    )
    assert results[0].operating_points[0].frr_interval is not None
    assert plot_det(results).startswith(PNG_SIGNATURE)


def test_the_picture_of_a_calibration() -> None:
    assert plot_calibration(calibrate(*strangers(), (), PLAN), "set").startswith(PNG_SIGNATURE)
