"""What the use cases are asked for and what they answer, in nobody's wire format."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from visavis.service.accounts import Account, Interface
from visavis.service.quality import QualityLevel
from visavis.types import DetectedFace, FaceChoice, FmrEstimate, FoundFace, ImageFormat, Timings

MAX_URL_LENGTH = 4096
"""Characters of a picture's URL, whoever names it."""


@dataclass(frozen=True, slots=True)
class InlinePicture:
    """An encoded picture that came with the request."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PictureUrl:
    """A picture to be downloaded, within `timeout_s` seconds."""

    url: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class FaceTokenReference:
    """A face that an earlier answer named."""

    token: str


PictureSource = InlinePicture | PictureUrl | FaceTokenReference


class Control(enum.StrEnum):
    """Checks of a picture that a caller can ask for, in the order in which they are made."""

    SYNTHESIS = "synthesis control"
    LIVENESS = "liveness control"


class ControlLevel(enum.StrEnum):
    """How strict; which end is the stricter one is the caller's API's affair."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class PictureRules:
    """What an API accepts, beyond the server's own limits.

    Attributes:
        max_bytes: of the encoded picture.
        max_side_px: of its longer side, by format; formats that are not named have none.
        min_side_px: of its shorter side.
        formats: accepted encodings.
    """

    max_bytes: int
    max_side_px: Mapping[ImageFormat, int] = field(default_factory=dict)
    min_side_px: int = 1
    formats: frozenset[ImageFormat] = frozenset({ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.BMP})


@dataclass(frozen=True, slots=True)
class Subject:
    """One side of a comparison, or the picture of a detection.

    Attributes:
        source: where the picture is.
        choice: which of several faces is meant.
        condition: kind of picture, lower case (`live`, `idcard`, …): which calibration applies.
        controls: asked for, with their level; those that were not asked for are left out.
        quality: what is demanded of the face; None: nothing.
    """

    source: PictureSource
    choice: FaceChoice = FaceChoice.LARGEST
    condition: str = "live"
    controls: Mapping[Control, ControlLevel] = field(default_factory=dict)
    quality: QualityLevel | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for what, and until when it is worth answering.

    Attributes:
        account: whose key signed the request.
        interface: what is called.
        deadline: `time.monotonic()` seconds after which the client has given up.
    """

    account: Account
    interface: Interface
    deadline: float


@dataclass(frozen=True, slots=True, eq=False)
class NamedFace:
    """A face of a detection.

    Attributes:
        found: the face.
        token: names it for an hour.
    """

    found: FoundFace
    token: str


@dataclass(frozen=True, slots=True, eq=False)
class ServedFace:
    """One side as it was found.

    Attributes:
        face: the chosen face; None where it came from a face token.
        faces: every face found, the chosen one first.
        image_width: full-resolution pixels; 0 where it came from a face token.
        image_height: the same.
        token: names the face for an hour; None where no token was asked for.
        subject: the chosen face with all that is known of it; None where it came from a face token.
        others: the next faces that can be compared, as many as were asked for.
    """

    face: DetectedFace | None
    faces: tuple[DetectedFace, ...]
    image_width: int
    image_height: int
    token: str | None
    subject: FoundFace | None = None
    others: tuple[NamedFace, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """A comparison that came to a score.

    Attributes:
        score: native similarity (cosine), -1..1, higher = more alike.
        fmr: how often two strangers score at least as high.
        reference: the first side.
        probe: the second side.
        timings: seconds by stage.
    """

    score: float
    fmr: FmrEstimate
    reference: ServedFace
    probe: ServedFace
    timings: Timings
