"""The domain words: one frozen dataclass per thing, named after ISO/IEC 2382-37 and 19795.

Everything here is plain data. Pixel arrays are (height, width, channel) uint8 RGB, coordinates are float pixels of the
picture as a person sees it (EXIF orientation applied, full resolution) with the origin at its top left corner, and
left/right name the *subject's* side for landmarks and the *picture's* side for boxes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis.measures import FaceMeasures
from visavis.presentation import PadResult, SynthesisResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ImageFormat(enum.StrEnum):
    """Encodings a picture may arrive in, decided by its content."""

    JPEG = "JPEG"
    PNG = "PNG"
    BMP = "BMP"
    WEBP = "WEBP"


@dataclass(frozen=True, slots=True, eq=False)
class FaceImage:
    """Decoded pixels.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, EXIF orientation applied, read-only.
        full_width: width of the picture at full resolution, pixels; >= W when it was decoded at a reduced scale.
        full_height: the same for the height.
        format: how it was encoded; None for pixels that a caller handed over as an array.
    """

    pixels: NDArray[np.uint8]
    full_width: int
    full_height: int
    format: ImageFormat | None = None

    @property
    def width(self) -> int:
        """Width of `pixels`."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height of `pixels`."""
        return int(self.pixels.shape[0])

    @property
    def scale(self) -> float:
        """Decoded pixels per full-resolution pixel, 0 < scale <= 1."""
        return self.width / self.full_width

    def __repr__(self) -> str:
        return f"FaceImage({self.full_width}x{self.full_height}, decoded {self.width}x{self.height}, {self.format})"


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """Upright rectangle in pixels; `left` and `top` may be negative, a face may reach past the edge."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return self.left + self.width / 2, self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five named points, (x, y) in pixels. `right_eye` is the subject's right: on the left in an unmirrored picture."""

    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    nose_tip: tuple[float, float]
    right_mouth_corner: tuple[float, float]
    left_mouth_corner: tuple[float, float]

    def to_array(self) -> NDArray[np.float64]:
        """(5, 2) float64, rows in field order, columns x, y."""
        return np.array(
            [self.right_eye, self.left_eye, self.nose_tip, self.right_mouth_corner, self.left_mouth_corner], np.float64
        )

    @classmethod
    def from_array(cls, points: NDArray[np.floating[Any]]) -> Landmarks:
        """The inverse of `to_array`."""
        return cls(*((x, y) for x, y in points.tolist()))


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """One face found in a picture.

    Attributes:
        box: where, in full-resolution pixels.
        landmarks: its five points, in full-resolution pixels.
        probability: the detector's confidence that it is a face, 0..1, higher = surer.
    """

    box: BoundingBox
    landmarks: Landmarks
    probability: float


@dataclass(frozen=True, slots=True)
class NetworkRun:
    """One run of one network.

    Attributes:
        model_id: which network.
        input_shape: (batch, channels, height, width).
    """

    model_id: str
    input_shape: tuple[int, int, int, int]


class FaceChoice(enum.StrEnum):
    """Which of several faces is the subject."""

    LARGEST = "largest"
    CENTRAL = "central"


class FaceCheck(enum.StrEnum):
    """What can be found out about a face besides its template; each takes time that a plain comparison does not."""

    MEASURES = "measures"
    PAD = "pad"
    SYNTHESIS = "synthesis"


EVERY_CHECK = frozenset(FaceCheck)
LIVENESS_CHECKS = frozenset({FaceCheck.PAD, FaceCheck.SYNTHESIS})


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A face as numbers.

    Attributes:
        vector: (D,) float32, unit L2 norm, read-only.
        model_id: which recogniser, runtime-independent, made it; only templates of one `model_id` may be compared.
        length: L2 norm of what the recogniser answered, > 0: longer where it saw more of what makes a face; None where
            it is not known, as of templates that were stored.
    """

    vector: NDArray[np.float32]
    model_id: str
    length: float | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds per stage of one operation, in the order in which the stages ran."""

    stages: dict[str, float] = field(default_factory=dict)

    @property
    def total_s(self) -> float:
        """Sum of the stages, seconds."""
        return sum(self.stages.values())

    def __add__(self, other: Timings) -> Timings:
        merged = dict(self.stages)
        for stage, seconds in other.stages.items():
            merged[stage] = merged.get(stage, 0.0) + seconds
        return Timings(merged)


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """One face of a picture.

    Attributes:
        face: where it is.
        template: of it.
        measures: of it; None where it was not measured.
        points: (468, 3) its landmarks, see `AnalyzedFace`; None where it was not measured.
        pad: whether a living person was before the camera; None where nobody asked.
        synthesis: whether the face was generated or manipulated; None where nobody asked.
    """

    face: DetectedFace
    template: Template
    measures: FaceMeasures | None = None
    points: NDArray[np.float64] | None = None
    pad: PadResult | None = None
    synthesis: SynthesisResult | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AcquiredFace:
    """The subject of one picture: what was found, which face was taken, and its template.

    Attributes:
        image_width: of the picture, full-resolution pixels.
        image_height: the same.
        format: the picture's encoding; None for an array.
        faces: every face found, the chosen one first, the others in the same order of preference.
        template: of the chosen face.
        timings: seconds in decode, detect, align, template.
        others: the next faces that can be compared, as many as were asked for.
        measures: of the chosen face; None where it was not measured.
        points: (468, 3) its landmarks, see `AnalyzedFace`; None where it was not measured.
        pad: whether the chosen face is a living person's, see `FoundFace`.
        synthesis: whether it was generated or manipulated, see `FoundFace`.
    """

    image_width: int
    image_height: int
    format: ImageFormat | None
    faces: tuple[DetectedFace, ...]
    template: Template
    timings: Timings
    others: tuple[FoundFace, ...] = ()
    measures: FaceMeasures | None = None
    points: NDArray[np.float64] | None = None
    pad: PadResult | None = None
    synthesis: SynthesisResult | None = None

    @property
    def face(self) -> DetectedFace:
        """The chosen face."""
        return self.faces[0]

    @property
    def subject(self) -> FoundFace:
        """The chosen face with all that is known of it."""
        return FoundFace(self.face, self.template, self.measures, self.points, self.pad, self.synthesis)


@dataclass(frozen=True, slots=True, eq=False)
class AnalyzedFace:
    """The subject of one picture, measured.

    Attributes:
        acquired: what was found, and the subject's template.
        measures: of the subject.
        points: (468, 3) float64 landmarks of the subject, read-only: x, y in full-resolution pixels, z falling towards
            the camera; which is which never changes.
    """

    acquired: AcquiredFace
    measures: FaceMeasures
    points: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedFace:
    """The subject of one picture, checked for attacks.

    Attributes:
        acquired: what was found, and the subject's template.
        pad: how surely a living person was before the camera; higher is better.
        synthesis: how surely the photo was generated or manipulated; lower is better.
    """

    acquired: AcquiredFace
    pad: PadResult
    synthesis: SynthesisResult

    @classmethod
    def of(cls, acquired: AcquiredFace) -> CheckedFace:
        """Of a face of which both checks were made."""
        assert acquired.pad is not None and acquired.synthesis is not None
        return cls(acquired, acquired.pad, acquired.synthesis)

    def __repr__(self) -> str:
        told = (f"{name} {_told(result)}" for name, result in (("pad", self.pad), ("synthesis", self.synthesis)))
        return f"<CheckedFace {', '.join(told)}>"


def _told(result: PadResult | SynthesisResult) -> str:
    if result.score is not None:
        return f"{result.score:.3f}"
    return f"cannot tell: {result.non_response or 'not calibrated'}"


@dataclass(frozen=True, slots=True)
class FmrEstimate:
    """A false match rate with its 95 % interval: how often two strangers score at least as high.

    Attributes:
        value: best estimate, 0..1.
        low: lower end of the interval.
        high: upper end of the interval.
        extrapolated: True where it comes from the fitted tail, beyond what was counted.
    """

    value: float
    low: float
    high: float
    extrapolated: bool


class ComparisonDecision(enum.StrEnum):
    """The verdict at a stated threshold."""

    MATCH = "match"
    NON_MATCH = "non-match"


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """What produced a number: enough to reproduce it.

    Attributes:
        model_id: recogniser, e.g. `sface-2021dec`.
        model_sha256: of the model file that ran.
        detector_id: detector, e.g. `yunet-2023mar`.
        runtime: `openvino` or `onnxruntime`.
        precision: `bf16` or `fp32`.
        profile: `default` or `accurate`.
    """

    model_id: str
    model_sha256: str
    detector_id: str
    runtime: str
    precision: str
    profile: str


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The outcome of comparing two pictures.

    Attributes:
        score: native similarity (cosine), -1..1, higher = more alike.
        fmr: how often two strangers score at least as high.
        decision: MATCH when score >= threshold.
        threshold: native score at which the false match rate is `decision_fmr`.
        decision_fmr: the requested false match rate.
        reference: the face acquired from the first picture.
        probe: the face acquired from the second picture.
        engine: what produced the score.
        calibration_id: which calibration file says what the score means.
        timings: seconds per stage, both pictures together.
        pictures: the decoded pictures, where the caller asked to keep them for `plot`; they are never written anywhere.
    """

    score: float
    fmr: FmrEstimate
    decision: ComparisonDecision
    threshold: float
    decision_fmr: float
    reference: AcquiredFace
    probe: AcquiredFace
    engine: EngineIdentity
    calibration_id: str
    timings: Timings
    pictures: tuple[FaceImage, FaceImage] | None = None

    @property
    def is_match(self) -> bool:
        """True when the decision is MATCH."""
        return self.decision is ComparisonDecision.MATCH

    def __repr__(self) -> str:
        return (
            f"<Comparison {self.decision}: score {self.score:.4f}, FMR {self.fmr.value:.1e} "
            f"[{self.fmr.low:.1e}, {self.fmr.high:.1e}], decided at FMR {self.decision_fmr:.0e}>"
        )

    def _repr_html_(self) -> str:
        from visavis.drawing import comparison_html

        return comparison_html(self)

    def plot(self) -> Figure:
        """Both pictures with what was found in them, and the verdict; a matplotlib figure.

        Raises:
            ParameterError: the pictures were not kept.
        """
        from visavis.drawing import draw_comparison

        return draw_comparison(self)
