"""The whole way on two real portraits: where the face is, which template it gives, what two of them mean."""

from __future__ import annotations

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces import Pixels, admiral, astronaut, identity_of, write_calibration
from tests.robustness.pictures.builders import encode, make_exif
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine, compare_templates
from visavis.errors import (
    CalibrationNotFoundError,
    EngineError,
    FaceTooSmallError,
    FileMissingError,
    ImageFormatError,
    ImageTooLargeError,
    ModelNotFoundError,
    NoFaceError,
    ParameterError,
    RuntimeUnavailableError,
    TemplateMismatchError,
    VisavisError,
)
from visavis.types import (
    AcquiredFace,
    BoundingBox,
    Comparison,
    ComparisonDecision,
    FaceChoice,
    FaceImage,
    ImageFormat,
    NetworkRun,
    Template,
)

GREY = np.full((300, 400, 3), 127, np.uint8)


@pytest.fixture(scope="module")
def acquired(engine: FaceEngine) -> AcquiredFace:
    return engine.acquire(from_array(astronaut()))


@pytest.fixture(scope="module")
def comparison(engine: FaceEngine) -> Comparison:
    return engine.compare(from_array(astronaut()), encode(admiral(), "PNG"), keep_pictures=True)


def points_of(face: AcquiredFace) -> NDArray[np.float64]:
    return face.face.landmarks.to_array()


def likeness(a: AcquiredFace, b: AcquiredFace) -> float:
    return compare_templates(a.template, b.template)


def on_canvas(face: Pixels, width: int, height: int, left: int, top: int) -> FaceImage:
    canvas = np.full((height, width, 3), 127, np.uint8)
    canvas[top : top + face.shape[0], left : left + face.shape[1]] = face
    return from_array(canvas)


def resized(pixels: Pixels, side: int) -> Pixels:
    method = cv2.INTER_AREA if side < pixels.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=method), np.uint8)


# What a person would mark in the two portraits: pupils, tip of the nose, corners of the mouth.
ASTRONAUT_POINTS = [(203, 104), (245, 105), (223, 127), (205, 144), (242, 145)]
ADMIRAL_POINTS = [(224, 195), (304, 190), (268, 236), (234, 275), (303, 270)]


@pytest.mark.parametrize(
    ("pixels", "expected", "box"),
    [
        (astronaut(), ASTRONAUT_POINTS, (182, 67, 90, 107)),
        (admiral(), ADMIRAL_POINTS, (175, 117, 178, 223)),
    ],
    ids=["astronaut", "admiral"],
)
def test_face_is_where_it_is(
    pixels: Pixels, expected: list[tuple[int, int]], box: tuple[int, ...], engine: FaceEngine
) -> None:
    face = engine.acquire(from_array(pixels)).face
    # A twentieth of the box's width.
    assert np.abs(face.landmarks.to_array() - expected).max() < 0.05 * face.box.width
    found = (face.box.left, face.box.top, face.box.width, face.box.height)
    assert found == pytest.approx(box, abs=0.07 * box[2])
    assert 0.8 < face.probability <= 1


def test_acquired_face_carries_facts_and_timings(acquired: AcquiredFace, engine: FaceEngine) -> None:
    assert (acquired.image_width, acquired.image_height, acquired.format) == (512, 512, None)
    assert list(acquired.timings.stages) == ["decode", "detect", "align", "template"]
    assert all(seconds >= 0 for seconds in acquired.timings.stages.values())
    jpeg = engine.acquire(encode(astronaut(), "JPEG", quality=95))
    assert jpeg.format is ImageFormat.JPEG
    assert jpeg.timings.stages["decode"] > 0
    assert likeness(jpeg, acquired) > 0.98


def test_template_is_a_read_only_unit_vector(acquired: AcquiredFace) -> None:
    vector = acquired.template.vector
    assert vector.shape == (128,)
    assert vector.dtype == np.float32
    assert not vector.flags.writeable
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert acquired.template.model_id == "sface-2021dec"


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("pixels", [astronaut(), admiral()], ids=["astronaut", "admiral"])
def test_turned_picture_gives_the_same_face_in_its_own_coordinates(
    pixels: Pixels, turns: int, engine: FaceEngine
) -> None:
    upright = engine.acquire(from_array(pixels))
    turned = engine.acquire(from_array(np.rot90(pixels, turns)))
    points = points_of(turned)
    height, width = np.rot90(pixels, turns).shape[:2]
    for _ in range(turns):
        # A quarter turn clockwise undoes one counter-clockwise.
        points = np.stack([height - points[:, 1], points[:, 0]], 1)
        height, width = width, height
    assert np.abs(points - points_of(upright)).max() < 0.05 * upright.face.box.width
    assert likeness(turned, upright) > 0.94


def test_crop_to_the_box_still_has_a_face(acquired: AcquiredFace, engine: FaceEngine) -> None:
    box = acquired.face.box
    left, top = round(box.left), round(box.top)
    crop = astronaut()[top : top + round(box.height), left : left + round(box.width)]
    tight = engine.acquire(from_array(np.ascontiguousarray(crop)))
    assert np.abs(points_of(tight) + np.array([left, top]) - points_of(acquired)).max() < 0.04 * box.width
    assert likeness(tight, acquired) > 0.85


@pytest.mark.parametrize(("side", "alike"), [(128, 0.6), (192, 0.85), (256, 0.93)])
def test_small_face_in_a_large_picture_is_found(
    side: int, alike: float, acquired: AcquiredFace, engine: FaceEngine
) -> None:
    """The smallest is 22 pixels wide in a picture of 1600 x 1200."""
    small = engine.acquire(on_canvas(resized(astronaut(), side), 1600, 1200, 1100, 700))
    points = (points_of(small) - (1100, 700)) * 512 / side
    assert np.abs(points - points_of(acquired)).max() < 0.04 * acquired.face.box.width
    assert likeness(small, acquired) > alike


@pytest.mark.parametrize(("width", "height"), [(3000, 4000), (3007, 3993)])
def test_twelve_megapixels_are_decoded_coarsely_and_give_the_same_points(
    width: int, height: int, acquired: AcquiredFace, engine: FaceEngine
) -> None:
    large = on_canvas(resized(astronaut(), width), width, height, 0, height - width).pixels
    jpeg = encode(large, "JPEG", quality=92)
    found = engine.compare(jpeg, from_array(large), keep_pictures=True)
    assert found.pictures is not None
    reduced, whole = found.pictures
    assert (reduced.full_width, reduced.full_height) == (width, height)
    assert reduced.width * reduced.height * 4 <= whole.width * whole.height
    for side in (found.reference, found.probe):
        points = (points_of(side) - (0, height - width)) * 512 / width
        assert np.abs(points - points_of(acquired)).max() < 0.02 * acquired.face.box.width
        assert likeness(side, acquired) > 0.97


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_orientation_gives_coordinates_of_the_picture_as_displayed(orientation: int, engine: FaceEngine) -> None:
    stored = np.rot90(admiral(), {3: 2, 6: 1, 8: 3}[orientation])
    exif = b"Exif\0\0" + make_exif(orientation)
    turned = engine.acquire(encode(np.ascontiguousarray(stored), "JPEG", quality=95, exif=exif))
    assert (turned.image_width, turned.image_height) == (512, 600)
    assert np.abs(points_of(turned) - ADMIRAL_POINTS).max() < 9


def test_subject_is_the_largest_or_the_central_face(engine: FaceEngine) -> None:
    """Two portraits side by side: the larger at the left edge, the smaller in the middle."""
    canvas = np.full((600, 1400, 3), 127, np.uint8)
    canvas[:, :512] = admiral()
    canvas[:512, 520:1032] = astronaut()
    picture = from_array(canvas)
    largest, central = (engine.acquire(picture, choice) for choice in (FaceChoice.LARGEST, FaceChoice.CENTRAL))
    assert len(largest.faces) == len(central.faces) == 2
    assert largest.face.box.centre[0] < 512 < central.face.box.centre[0]
    for one, other in zip(central.faces, largest.faces[::-1], strict=True):
        assert astuple(one.box) == pytest.approx(astuple(other.box), abs=8)
    assert likeness(largest, central) < 0.5
    assert [face.box.centre[0] < 512 for face in engine.detect(picture)] == [True, False]


def test_detect_finds_a_small_face_beside_a_large_one(engine: FaceEngine) -> None:
    canvas = np.full((600, 1600, 3), 127, np.uint8)
    canvas[:, :512] = admiral()
    canvas[100:260, 1200:1360] = resized(astronaut(), 160)
    large, small = engine.detect(from_array(canvas))
    assert np.abs(large.landmarks.to_array() - ADMIRAL_POINTS).max() < 9
    expected = np.array(ASTRONAUT_POINTS) * 160 / 512 + (1200, 100)
    assert np.abs(small.landmarks.to_array() - expected).max() < 3


def test_picture_without_a_face(engine: FaceEngine) -> None:
    for call in (engine.acquire, engine.detect):
        with pytest.raises(NoFaceError, match="no face was found") as caught:
            call(from_array(GREY))
        assert caught.value.side is None


@pytest.mark.parametrize("side", ["reference", "probe"])
@pytest.mark.parametrize(
    ("bad", "error"),
    [(from_array(GREY), NoFaceError), (b"not a picture", ImageFormatError)],
    ids=["no face", "not a picture"],
)
def test_error_in_a_comparison_names_its_side(
    side: str, bad: bytes | FaceImage, error: type[VisavisError], engine: FaceEngine
) -> None:
    good = from_array(astronaut())
    with pytest.raises(error) as caught:
        engine.compare(*((bad, good) if side == "reference" else (good, bad)))
    assert caught.value.side == side


def test_face_that_is_too_small_is_refused_with_its_size(engine: FaceEngine) -> None:
    """The face is 90 of the portrait's 512 pixels wide: about 14 of 80."""
    with pytest.raises(FaceTooSmallError, match="at least 16 are needed") as caught:
        engine.acquire(on_canvas(resized(astronaut(), 80), 600, 500, 300, 200))
    assert caught.value.side_px == pytest.approx(14, abs=2)
    assert caught.value.limit_px == 16


def test_limits_of_the_engine_are_kept(model_home: Path) -> None:
    strict = FaceEngine(home=model_home, limits=ImageLimits(max_side=500))
    with strict, pytest.raises(ImageTooLargeError, match="512; at most 500"):
        strict.acquire(encode(astronaut(), "PNG"))


def test_comparison_says_what_the_score_means(comparison: Comparison, engine: FaceEngine) -> None:
    """By the calibration of these tests the FMR is 1 in 10 at a score of 0, and three decades less at 0.5."""
    assert 0 < comparison.score < 0.4
    assert comparison.fmr.value == pytest.approx(10 ** (-1 - 6 * comparison.score))
    assert comparison.fmr.low == pytest.approx(10 ** (-1.5 - 6 * comparison.score))
    assert comparison.fmr.high == pytest.approx(10 ** (-0.5 - 6 * comparison.score))
    assert not comparison.fmr.extrapolated
    assert comparison.threshold == pytest.approx(0.5)
    assert comparison.decision_fmr == 1e-4
    assert comparison.decision is ComparisonDecision.NON_MATCH
    assert comparison.engine == identity_of() == engine.identity
    assert comparison.calibration_id == "by-hand"
    assert list(comparison.timings.stages) == ["decode", "detect", "align", "template", "compare"]
    assert comparison.score == pytest.approx(likeness(comparison.reference, comparison.probe))


def test_same_picture_scores_one(engine: FaceEngine) -> None:
    same = engine.compare(from_array(astronaut()), from_array(astronaut()))
    assert same.score == pytest.approx(1, abs=1e-6)
    assert same.is_match
    assert same.fmr.value == pytest.approx(1e-8)
    assert (same.fmr.low, same.fmr.extrapolated) == (0.0, True)
    assert same.pictures is None


def test_decision_follows_the_requested_rate(engine: FaceEngine) -> None:
    """The threshold at 1 in 10 is 0, below the score of these two strangers."""
    lenient = engine.compare(from_array(astronaut()), from_array(admiral()), fmr=0.1)
    assert lenient.threshold == pytest.approx(0, abs=1e-12)
    assert lenient.decision is ComparisonDecision.MATCH


@pytest.mark.parametrize("fmr", [0, 1, -1e-4, 2, math.nan, math.inf, 1e-12])
def test_rate_out_of_range_is_refused(fmr: float, engine: FaceEngine) -> None:
    with pytest.raises(ParameterError):
        engine.compare(from_array(astronaut()), from_array(admiral()), fmr=fmr)


def test_templates_of_different_models_are_not_compared() -> None:
    one = np.array([1, 0], np.float32)
    with pytest.raises(TemplateMismatchError, match=r"template of a .* with b"):
        compare_templates(Template(one, "a"), Template(one, "b"))


def test_cosine_by_hand() -> None:
    a, b = (Template(np.array(vector, np.float32), "m") for vector in ([0.6, 0.8], [1.0, 0.0]))
    assert compare_templates(a, b) == pytest.approx(0.6)
    assert compare_templates(b, Template(-b.vector, "m")) == -1
    too_long = Template(np.array([1.0001, 0], np.float32), "m")
    assert compare_templates(too_long, b) == 1


def test_threads_get_the_templates_that_one_gets(engine: FaceEngine) -> None:
    pictures = [encode(pixels, "JPEG", quality=90) for pixels in (astronaut(), admiral())] * 8
    alone = [engine.acquire(picture).template.vector for picture in pictures[:2]]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(engine.acquire, pictures))
    for index, face in enumerate(together):
        assert np.array_equal(face.template.vector, alone[index % 2])


def _template_in_a_new_process(home: Path) -> NDArray[np.float32]:
    with FaceEngine(home=home, precision="fp32", auto_pull=False) as opened:
        return opened.acquire(from_array(astronaut())).template.vector


def test_spawned_process_makes_the_same_template(model_home: Path, acquired: AcquiredFace) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        vector = pool.submit(_template_in_a_new_process, model_home).result(timeout=60)
    assert np.array_equal(vector, acquired.template.vector)


def test_accurate_profile_agrees_and_says_so(model_home: Path, acquired: AcquiredFace) -> None:
    with FaceEngine(home=model_home, precision="fp32", profile="accurate") as accurate:
        assert accurate.identity == identity_of(profile="accurate")
        found = accurate.acquire(from_array(astronaut()))
        runs = accurate.network_runs(from_array(astronaut()), from_array(admiral()))
    assert np.abs(points_of(found) - points_of(acquired)).max() < 0.05 * acquired.face.box.width
    assert likeness(found, acquired) > 0.94
    assert [run.model_id for run in runs].count("sface-2021dec") == 2


def test_networks_that_a_comparison_runs(engine: FaceEngine) -> None:
    """One look at both pictures, some at the faces, and the templates."""
    runs = engine.network_runs(from_array(astronaut()), from_array(admiral()))
    batch, _, height, width = runs[0].input_shape
    assert (runs[0].model_id, batch, height == width < 300) == ("yunet-2023mar", 2, True)
    assert runs[-1] == NetworkRun("sface-2021dec", (2, 3, 112, 112))
    assert {run.model_id for run in runs[:-1]} == {"yunet-2023mar"}
    assert [engine.bare_network(run)() for run in runs] == [None] * len(runs)


def test_other_centre_changes_scores_and_none_leaves_the_network_alone(model_home: Path) -> None:
    a, b = from_array(astronaut()), from_array(admiral())
    with FaceEngine(home=model_home, precision="fp32") as other:
        centred = likeness(other.acquire(a), other.acquire(b))
        other.use_centre(None)
        bare = likeness(other.acquire(a), other.acquire(b))
    assert centred != pytest.approx(bare, abs=1e-3)


def test_closed_engine_cannot_be_used(model_home: Path) -> None:
    with FaceEngine(home=model_home, precision="fp32") as closed:
        assert repr(closed) == "FaceEngine(sface-2021dec, openvino fp32, profile default)"
    closed.close()
    for call in (closed.acquire, closed.detect):
        with pytest.raises(EngineError, match="closed"):
            call(from_array(astronaut()))
    with pytest.raises(EngineError, match="closed"):
        closed.network_runs(from_array(astronaut()), from_array(admiral()))


def test_missing_models_are_not_fetched_where_that_is_forbidden(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"visavis models pull yunet-2023mar sface-2021dec"):
        FaceEngine(home=tmp_path, auto_pull=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"profile": "fast"}, ParameterError),
        ({"model": "no-such-model"}, ModelNotFoundError),
        ({"runtime": "tensorrt"}, RuntimeUnavailableError),
        ({"precision": "int8"}, RuntimeUnavailableError),
    ],
)
def test_engine_that_cannot_be_had(arguments: dict[str, str], error: type[VisavisError], model_home: Path) -> None:
    with pytest.raises(error):
        FaceEngine(home=model_home, auto_pull=False, **arguments)  # type: ignore[arg-type]


def test_calibration_of_another_engine_is_refused(model_home: Path, tmp_path: Path) -> None:
    other = write_calibration(tmp_path / "other.json", identity_of(profile="accurate"))
    engine = FaceEngine(home=model_home, precision="fp32", calibration=other)
    with engine, pytest.raises(CalibrationNotFoundError, match="profile accurate, the engine has default"):
        engine.compare(b"", b"")
    engine = FaceEngine(home=model_home, calibration=tmp_path / "none.json")
    with engine, pytest.raises(FileMissingError):
        _ = engine.calibration


@pytest.mark.parametrize("profile", ["default", "accurate"])
@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_package_brings_a_calibration_that_tells_the_two_portraits_apart(
    precision: str, profile: str, model_home: Path
) -> None:
    try:
        engine = FaceEngine(home=model_home, precision=precision, profile=profile)
    except RuntimeUnavailableError as error:
        pytest.skip(str(error))
    with engine:
        strangers = engine.compare(from_array(astronaut()), from_array(admiral()))
        dark = np.asarray(astronaut() * np.array([0.5, 0.45, 0.4]), np.uint8)
        mated = engine.compare(from_array(astronaut()), encode(dark, "JPEG", quality=40))
    assert (strangers.decision, mated.decision) == (ComparisonDecision.NON_MATCH, ComparisonDecision.MATCH)
    assert mated.fmr.value < 1e-6 < 1e-3 < strangers.fmr.value
    assert 0.1 < strangers.threshold < 0.6


def test_other_faces_of_a_picture_get_the_templates_of_comparisons(engine: FaceEngine) -> None:
    height = 500
    beside = np.concatenate([_at_height(astronaut(), height), _at_height(admiral(), height)], axis=1)
    picture = Picture(encode(beside, "PNG"), ImageLimits())
    (found,) = engine.acquire_all([picture], [FaceChoice.LARGEST], thorough=True)
    assert (len(found.faces), found.others) == (2, ())
    tiny = replace(found.faces[0], box=BoundingBox(0, 0, 15.9, 40))
    asked = replace(found, faces=(found.faces[0], tiny, found.faces[1]))
    several = engine.acquire_others(picture, asked, 5)
    (beside_it,) = several.others
    template = beside_it.template
    assert several.faces == asked.faces
    assert overlap_of(beside_it.face.box, found.faces[1].box) > 0.8
    assert several.timings.stages["template"] > found.timings.stages["template"]
    alone = [engine.acquire(from_array(_at_height(pixels, height))) for pixels in (astronaut(), admiral())]
    # Which of the two is the larger face does not matter here.
    subject, other = sorted(alone, key=lambda one: -compare_templates(one.template, found.template))
    assert compare_templates(subject.template, found.template) > 0.95
    assert compare_templates(other.template, template) > 0.95
    assert not template.vector.flags.writeable
    assert engine.acquire_others(picture, found, 0).others == ()


def _at_height(pixels: Pixels, height: int) -> Pixels:
    rows, columns = pixels.shape[:2]
    return np.asarray(cv2.resize(pixels, (round(columns * height / rows), height), interpolation=cv2.INTER_AREA))


def overlap_of(one: BoundingBox, other: BoundingBox) -> float:
    """Intersection over union, 0..1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (one.area + other.area - shared)
