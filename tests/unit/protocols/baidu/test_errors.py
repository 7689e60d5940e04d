"""Every error of this package has a row, and every row its bytes."""

from __future__ import annotations

import json

import pytest

from tests.measured import changed
from visavis import errors
from visavis.errors import ImageTooLargeError, VisavisError
from visavis.measures import HeadPose, Region
from visavis.protocols.baidu.errors import (
    REFUSALS,
    ROWS,
    Row,
    error_response,
    format_error,
    missing_error,
    row_of,
)
from visavis.protocols.baidu.translate import QUALITY_LEVELS
from visavis.protocols.base import Refusal
from visavis.service.accounts import AccountState


def _leaves(kind: type[VisavisError]) -> list[type[VisavisError]]:
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [leaf for child in children for leaf in _leaves(child)] if children else [kind]


EXPECTED = {
    "ImageEmptyError": 222203,
    "ImageFormatError": 222203,
    "ImageDecodeError": 222203,
    "ImageAnimatedError": 222203,
    "ImageTooLargeError": 222304,
    "ImageTooSmallError": 222203,
    "ImageEncodingError": 222203,
    "UrlError": 222204,
    "UrlForbiddenError": 222204,
    "ControlUnavailableError": 2,
    "ParameterError": 1,
    "SettingsError": 1,
    "DatasetError": 1,
    "TemplateMismatchError": 222301,
    "NoFaceError": 222202,
    "FaceTooSmallError": 222202,
    "QualityRefusedError": 223113,
    "LivenessRefusedError": 223120,
    "SynthesisRefusedError": 223131,
    "ModelNotFoundError": 1,
    "CalibrationNotFoundError": 1,
    "FileMissingError": 1,
    "FaceTokenNotFoundError": 222209,
    "MeasuresMissingError": 222301,
    "LicenceNotAcceptedError": 1,
    "NotGrantedError": 6,
    "AccountStateError": 6,
    "RateLimitedError": 18,
    "DailyLimitError": 17,
    "QuotaExhaustedError": 19,
    "QueueFullError": 4,
    "DeadlineExceededError": 2,
    "ModelIntegrityError": 1,
    "ModelPullError": 1,
    "ModelFormatError": 1,
    "ModelStoreError": 1,
    "CalibrationFormatError": 1,
    "RuntimeUnavailableError": 1,
    "SecretKeyError": 222915,
    "BenchError": 1,
}


@pytest.mark.parametrize("leaf", _leaves(VisavisError), ids=lambda leaf: leaf.__name__)
def test_every_leaf_has_a_row(leaf: type[VisavisError]) -> None:
    nearest = next((kind for kind in leaf.__mro__ if kind in ROWS), None)
    assert nearest is not None
    assert ROWS[nearest].code == EXPECTED[leaf.__name__]


@pytest.mark.parametrize(
    ("error", "row"),
    [
        (errors.NoFaceError("x"), (222202, "pic not has face")),
        (errors.ImageDownloadError("x"), (222204, "image download fail")),
        (errors.StoreError("x"), (222915, "system busy")),
        (errors.ControlUnavailableError("liveness control"), (2, "Service temporarily unavailable")),
        (errors.RateLimitedError(11, 10), (18, "Open api qps request limit reached")),
        (VisavisError("x"), (1, "Unknown error")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rows_of_errors(error: VisavisError, row: tuple[int, str]) -> None:
    assert row_of(error) == row


REGIONS = {
    "left_eye": (223121, "left eye is occlusion"),
    "right_eye": (223122, "right eye is occlusion"),
    "left_cheek": (223123, "left cheek is occlusion"),
    "right_cheek": (223124, "right cheek is occlusion"),
    "chin_contour": (223125, "chin contour is occlusion"),
    "nose": (223126, "nose is occlusion"),
    "mouth": (223127, "mouth is occlusion"),
}
COVERED = (223113, "face is covered")
FUZZY, LIGHT = (223114, "face is fuzzy"), (223115, "face light is not good")
INCOMPLETE, TURNED = (223116, "incomplete face"), (223129, "face not forward")


@pytest.mark.parametrize(
    ("flaws", "row"),
    [
        *((name, row) for name, row in REGIONS.items()),
        ("nose mouth", COVERED),
        (" ".join(REGIONS), COVERED),
        ("blurred", FUZZY),
        ("too_dark", LIGHT),
        ("too_bright", LIGHT),
        ("incomplete", INCOMPLETE),
        ("turned", TURNED),
        ("chin_contour blurred too_dark incomplete turned", REGIONS["chin_contour"]),
        ("left_eye right_eye turned", COVERED),
        ("blurred too_dark incomplete turned", FUZZY),
        ("too_dark incomplete turned", LIGHT),
        ("incomplete turned", INCOMPLETE),
    ],
)
def test_a_part_has_its_error_several_have_one_and_the_first_of_the_rest_counts(
    flaws: str, row: tuple[int, str]
) -> None:
    assert row_of(errors.QualityRefusedError(tuple(flaws.split()))) == row


@pytest.mark.parametrize("level", ["LOW", "NORMAL", "HIGH"])
def test_every_flaw_that_a_level_can_find_has_a_row(level: str) -> None:
    everything = changed(
        pose=HeadPose(90, 90, 180), occlusion=dict.fromkeys(Region, 1.0), blur=1.0, illumination=0.0, outside=1.0
    )
    flaws = QUALITY_LEVELS[level].flaws(everything)
    assert len(flaws) == (11 if level == "HIGH" else 10)
    assert all(row_of(errors.QualityRefusedError((flaw,))).code > 223112 for flaw in flaws)


@pytest.mark.parametrize(
    ("side", "ordinal"), [("reference", "the first image "), ("probe", "the second image "), (None, "")]
)
def test_picture_that_a_control_refuses_is_named(side: errors.Side | None, ordinal: str) -> None:
    liveness, synthesis = errors.LivenessRefusedError(0.1, 0.3), errors.SynthesisRefusedError(None, 0.5, "too_tight")
    liveness.side = synthesis.side = side
    assert row_of(liveness) == (223120, f"{ordinal}liveness check fail")
    assert row_of(synthesis) == (223131, f"{ordinal}spoofing check fail")


def test_a_token_without_measures_is_a_face_that_cannot_be_got() -> None:
    assert row_of(errors.MeasuresMissingError("nothing was measured")) == (222301, "get face fail")


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.ACTIVE])
def test_account_that_is_not_active_has_no_permission(state: AccountState) -> None:
    assert row_of(errors.AccountStateError(state)) == (6, "no permission to access data")


@pytest.mark.parametrize(
    ("measure", "code"),
    [("width", 222304), ("height", 222304), ("pixel count", 222304), ("byte count", 222203), ("scan count", 222203)],
)
def test_only_too_many_pixels_are_a_size_that_is_too_large(measure: str, code: int) -> None:
    assert row_of(ImageTooLargeError(measure, 6001, 6000)).code == code


@pytest.mark.parametrize("row", sorted({*ROWS.values(), *REFUSALS.values()}), ids=lambda row: str(row.code))
def test_bodies(row: Row) -> None:
    response = error_response(row, 1_345_050_711_592, 1_551_159_226)
    assert (response.status, response.content_type, response.error_code) == (200, "application/json", str(row.code))
    named = {"error_code": row.code, "error_msg": row.message, "log_id": 1_345_050_711_592}
    envelope = {} if row.code < 1000 else {"timestamp": 1_551_159_226, "cached": 0, "result": None}
    assert json.loads(response.body) == named | envelope


def test_fields_are_named() -> None:
    assert format_error("face_sort_type").row == (222039, "param[face_sort_type] format error")
    assert missing_error("image").row == (222001, "param[image] is null")


def test_every_refusal_has_a_row() -> None:
    assert set(REFUSALS) == set(Refusal)
