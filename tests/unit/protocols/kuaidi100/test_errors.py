"""The table of errors covers the whole tree, and says what the contract says."""

from __future__ import annotations

import re

import pytest

from visavis import errors
from visavis.errors import (
    AccountStateError,
    ControlUnavailableError,
    EngineError,
    ImageTooLargeError,
    LivenessRefusedError,
    MeasuresMissingError,
    NoFaceError,
    QualityRefusedError,
    RateLimitedError,
    StoreError,
    SynthesisRefusedError,
    VisavisError,
)
from visavis.presentation import NonResponse
from visavis.protocols.base import Refusal
from visavis.protocols.kuaidi100.errors import REFUSALS, TABLE, translate_error
from visavis.service.accounts import AccountState


def leaves(kind: type[VisavisError]) -> list[type[VisavisError]]:
    below = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [leaf for child in below for leaf in leaves(child)] or [kind]


BY_A_BASE_CLASS = (EngineError, StoreError)


@pytest.mark.parametrize("leaf", leaves(VisavisError), ids=lambda leaf: leaf.__name__)
def test_every_leaf_has_a_row(leaf: type[VisavisError]) -> None:
    assert leaf in TABLE or issubclass(leaf, BY_A_BASE_CLASS)


EXPECTED: dict[str, int] = {
    "ImageEmptyError": 400,
    "ImageFormatError": 400,
    "ImageDecodeError": 400,
    "ImageAnimatedError": 400,
    "ImageTooLargeError": 400,
    "ImageTooSmallError": 400,
    "ImageEncodingError": 400,
    "ImageDownloadError": 400,
    "UrlError": 400,
    "UrlForbiddenError": 400,
    "ControlUnavailableError": 500,
    "ParameterError": 400,
    "SettingsError": 500,
    "DatasetError": 500,
    "TemplateMismatchError": 400,
    "NoFaceError": 400,
    "FaceTooSmallError": 400,
    "QualityRefusedError": 400,
    "LivenessRefusedError": 400,
    "SynthesisRefusedError": 400,
    "ModelNotFoundError": 500,
    "CalibrationNotFoundError": 500,
    "FileMissingError": 500,
    "FaceTokenNotFoundError": 400,
    "MeasuresMissingError": 400,
    "LicenceNotAcceptedError": 500,
    "NotGrantedError": 404,
    "AccountStateError": 401,
    "RateLimitedError": 429,
    "DailyLimitError": 429,
    "QuotaExhaustedError": 402,
    "QueueFullError": 429,
    "DeadlineExceededError": 429,
    "EngineError": 500,
    "StoreError": 500,
    "BenchError": 500,
}


def test_codes() -> None:
    assert {kind.__name__: int(row.code) for kind, row in TABLE.items()} == EXPECTED


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.ACTIVE])
def test_account_states(state: AccountState) -> None:
    error = translate_error(AccountStateError(state))
    assert error.code == (402 if state is AccountState.IN_ARREARS else 401)
    assert error.message == f"the account is {state.replace('_', ' ')}"


def about(side: errors.Side, error: VisavisError) -> VisavisError:
    error.side = side
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (about("reference", NoFaceError("none was found")), "sourceImage: no face"),
        (about("probe", NoFaceError("none was found")), "compareImage: no face"),
        (NoFaceError("none was found"), "no face"),
        (
            about("probe", ImageTooLargeError("width", 17_000, 16_000)),
            "compareImage: the picture's width is 17,000; at most 16,000",
        ),
        (
            about("reference", ControlUnavailableError("liveness control")),
            "sourceLiveControl: liveness control is not available on this server",
        ),
        (
            about("probe", QualityRefusedError(("left_cheek", "blurred", "turned"))),
            "compareImage: do not cover your left cheek; hold still and wipe the lens: the face is blurred; "
            "look straight into the camera",
        ),
        (
            about("reference", QualityRefusedError(("incomplete",))),
            "sourceImage: bring your whole face into the picture",
        ),
        (
            about("reference", MeasuresMissingError("nothing was measured")),
            "sourceImage: the face token bears no measures; send the picture again",
        ),
        (
            about("reference", LivenessRefusedError(0.2, 0.3)),
            "sourceImage: does not pass the live control: stand before the camera yourself, in even light; "
            "a photo of a screen or of a print is not accepted",
        ),
        (
            about("probe", LivenessRefusedError(None, 0.9, "too_tight")),
            "compareImage: does not pass the live control: hold the camera farther away: the picture shows too little "
            "around the face to tell",
        ),
        (
            about("probe", SynthesisRefusedError(0.8, 0.7)),
            "compareImage: the face may be generated or manipulated",
        ),
        (RateLimitedError(4, 3), "too many calls in a second"),
        (about("probe", errors.ModelIntegrityError("/secret/path/model.onnx")), "internal error"),
        (StoreError("/secret/path"), "internal error"),
    ],
)
def test_messages(error: VisavisError, message: str) -> None:
    assert translate_error(error).message == message


@pytest.mark.parametrize("reason", list(NonResponse))
def test_every_reason_why_nobody_can_tell_has_words(reason: NonResponse) -> None:
    message = translate_error(LivenessRefusedError(None, 0.3, reason.value)).message
    assert re.fullmatch("does not pass the live control: [a-z]+[a-z :]+", message)


def test_error_that_the_table_has_not_heard_of_is_internal() -> None:
    assert translate_error(VisavisError("what")).code == 500


def test_every_refusal_has_a_row() -> None:
    assert {refusal: int(row.code) for refusal, row in REFUSALS.items()} == {
        Refusal.BODY_TOO_LARGE: 400,
        Refusal.BAD_REQUEST: 400,
        Refusal.NOT_FOUND: 404,
        Refusal.STOPPING: 500,
        Refusal.INTERNAL: 500,
    }
