"""The Python front door."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest

import visavis
from tests.checks import find_always
from tests.faces import admiral, astronaut, write_calibration
from tests.protocol_fakes import LIVING, UNTOUCHED
from tests.robustness.pictures.builders import encode
from visavis import api
from visavis.api import control_policy, open_engine, read_picture
from visavis.config import Settings
from visavis.engine.image import from_array
from visavis.errors import (
    FileMissingError,
    ImageTooLargeError,
    ModelNotFoundError,
    NoFaceError,
    ParameterError,
    SettingsError,
)
from visavis.presentation import NonResponse, PadResult
from visavis.service.controls import ControlPolicy
from visavis.service.orders import ControlLevel
from visavis.types import ComparisonDecision, FaceImage, ImageFormat


@pytest.fixture
def by_hand(model_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings for fp32 and the calibration of these tests; the engine that `compare` keeps is a new one."""
    monkeypatch.setenv("VISAVIS_HOME", str(model_home))
    monkeypatch.setenv("VISAVIS_PRECISION", "fp32")
    monkeypatch.setenv("VISAVIS_CALIBRATION", str(write_calibration(tmp_path / "by-hand.json")))
    monkeypatch.setattr(api, "_shared", None)


def test_bytes_and_pixels_are_taken_as_they_are() -> None:
    image = from_array(astronaut())
    assert read_picture(b"anything") == b"anything"
    assert read_picture(image) is image
    decoded = read_picture(astronaut())
    assert isinstance(decoded, FaceImage)
    assert np.array_equal(decoded.pixels, astronaut())


def test_path_is_read_whatever_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"content")
    assert read_picture(path) == read_picture(str(path)) == b"content"


@pytest.mark.parametrize("name", ["missing.jpg", ".", "missing/folder/a.jpg"])
def test_path_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="cannot read") as caught:
        read_picture(tmp_path / name)
    assert os.fspath(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize(
    "array", [np.zeros((50, 50), np.uint8), np.zeros((50, 50, 4), np.uint8), np.zeros((50, 50, 3))]
)
def test_array_of_another_kind_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="uint8"):
        read_picture(array)


def test_huge_file_is_cut_off_and_refused_by_its_size(by_hand: None, tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.write(encode(astronaut(), "JPEG"))
        file.truncate(200 * 1024 * 1024)
    content = read_picture(path)
    assert isinstance(content, bytes)
    assert len(content) == 64 * 1024 * 1024
    with open_engine() as engine, pytest.raises(ImageTooLargeError, match="byte count"):
        engine.acquire(content)


def test_compare_takes_paths_bytes_arrays_and_pixels(by_hand: None, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(astronaut(), "PNG"))
    first = visavis.compare(path, admiral())
    assert (first.reference.format, first.probe.format) == (ImageFormat.PNG, None)
    assert first.decision is ComparisonDecision.NON_MATCH
    assert first.threshold == pytest.approx(0.5)
    again = visavis.compare(from_array(astronaut()), encode(admiral(), "PNG"), fmr=0.1)
    assert again.score == pytest.approx(first.score, abs=1e-6)
    assert again.decision is ComparisonDecision.MATCH
    buffer = io.BytesIO()
    first.plot().savefig(buffer)
    assert buffer.getvalue().startswith(b"\x89PNG")


def test_compare_keeps_its_engine_and_names_the_side(by_hand: None) -> None:
    grey = np.full((200, 200, 3), 127, np.uint8)
    with pytest.raises(NoFaceError) as caught:
        visavis.compare(astronaut(), grey)
    assert caught.value.side == "probe"
    kept = api._shared
    visavis.compare(astronaut(), admiral())
    assert kept is not None
    assert api._shared is kept


def test_overrides_go_before_settings_and_none_overrides_nothing(model_home: Path) -> None:
    settings = Settings(home=model_home, precision="fp32", profile="accurate")
    with open_engine(settings, profile="default", runtime=None) as engine:
        assert (engine.identity.precision, engine.identity.profile) == ("fp32", "default")


def test_empty_home_without_pulling_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VISAVIS_AUTO_PULL", "false")
    with pytest.raises(ModelNotFoundError, match=r"`visavis models pull yunet-2023mar sface-2021dec`"):
        open_engine()
    assert not (tmp_path / "home").exists()
    assert capsys.readouterr() == ("", "")


def test_setting_that_is_not_valid_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_THREADS", "many")
    with pytest.raises(SettingsError, match="VISAVIS_THREADS"):
        open_engine()


def test_analyze_takes_what_compare_takes_and_keeps_the_engine(by_hand: None, tmp_path: Path) -> None:
    path = tmp_path / "admiral.jpg"
    path.write_bytes(encode(admiral(), "JPEG", quality=95))
    seen = visavis.analyze(path)
    engine = api._shared
    again = visavis.analyze(admiral())
    assert api._shared is engine is not None
    assert isinstance(seen, visavis.AnalyzedFace) and isinstance(seen.measures, visavis.FaceMeasures)
    assert isinstance(seen.measures.pose, visavis.HeadPose)
    assert set(seen.measures.occlusion) == set(visavis.Region)
    assert seen.points.shape == (468, 3)
    assert (seen.acquired.image_width, seen.acquired.image_height) == (512, 600)
    assert again.measures.pose.roll == pytest.approx(seen.measures.pose.roll, abs=2)


def test_analyze_refuses_what_has_no_face(by_hand: None) -> None:
    with pytest.raises(NoFaceError):
        visavis.analyze(np.full((300, 300, 3), 127, np.uint8))


def test_liveness_takes_what_compare_takes_and_keeps_the_engine(
    by_hand: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_always(monkeypatch, [LIVING, PadResult(None, None, NonResponse.TOO_TIGHT)], [UNTOUCHED])
    path = tmp_path / "admiral.jpg"
    path.write_bytes(encode(admiral(), "JPEG", quality=95))
    seen = visavis.liveness(path)
    engine = api._shared
    assert isinstance(seen, visavis.CheckedFace)
    assert (seen.pad, seen.synthesis) == (LIVING, UNTOUCHED)
    assert (seen.acquired.image_width, seen.acquired.image_height) == (512, 600)
    assert (seen.acquired.measures, repr(seen)) == (None, "<CheckedFace pad 0.970, synthesis 0.050>")
    again = visavis.liveness(admiral())
    assert api._shared is engine is not None
    assert again.pad.non_response is visavis.NonResponse.TOO_TIGHT
    assert repr(again) == "<CheckedFace pad cannot tell: too_tight, synthesis 0.050>"


def test_liveness_refuses_what_has_no_face(by_hand: None) -> None:
    with pytest.raises(NoFaceError):
        visavis.liveness(np.full((300, 300, 3), 127, np.uint8))


def test_policy_is_what_the_settings_say() -> None:
    settings = Settings(
        synthesis_thresholds=(0.1, 0.2, 0.8),
        liveness_must_tell=("HIGH",),
        synthesis_must_tell=(),
        liveness_of_documents=True,
    )
    policy = control_policy(settings)
    assert list(policy.synthesis.values()) == [0.1, 0.2, 0.8]
    assert (policy.liveness_must_tell, policy.synthesis_must_tell) == (frozenset({ControlLevel.HIGH}), frozenset())
    assert policy.tests_documents
    assert control_policy(Settings()) == ControlPolicy()
