from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.measured import FLAWLESS, changed, covered
from visavis.errors import ParameterError
from visavis.measures import HeadPose, Region
from visavis.service.quality import Flaw, QualityLevel, QualityRule, advice, read_levels

_NOSE_OR_BLUR = QualityRule({Region.NOSE: 0.6}, max_blur=0.6)


def test_a_limit_itself_is_met() -> None:
    assert _NOSE_OR_BLUR.flaws(covered(nose=0.6)) == ()
    assert _NOSE_OR_BLUR.flaws(covered(nose=0.601)) == (Flaw.NOSE,)
    assert _NOSE_OR_BLUR.flaws(changed(blur=0.6)) == ()


def test_regions_without_a_limit_may_be_covered() -> None:
    assert _NOSE_OR_BLUR.flaws(covered(mouth=1.0)) == ()


@pytest.mark.parametrize("pose", [HeadPose(-21, 0, 0), HeadPose(0, 21, 0), HeadPose(0, 0, -21)])
def test_each_angle_counts_in_both_directions(pose: HeadPose) -> None:
    rule = QualityRule({}, max_angle=20)
    assert rule.flaws(changed(pose=pose)) == (Flaw.TURNED,)
    assert rule.flaws(changed(pose=HeadPose(20, -20, 20))) == ()


def test_light_has_two_limits() -> None:
    rule = QualityRule({}, illumination=(40, 200))
    lights = (39.9, 40, 200, 200.1)
    assert [rule.flaws(changed(illumination=light)) for light in lights] == [
        (Flaw.TOO_DARK,),
        (),
        (),
        (Flaw.TOO_BRIGHT,),
    ]


def test_a_face_that_is_cut_off_is_incomplete_only_where_that_matters() -> None:
    assert QualityRule({}, must_be_complete=True).flaws(changed(outside=0.2)) == (Flaw.INCOMPLETE,)
    assert QualityRule({}).flaws(changed(outside=0.2)) == ()


def test_a_mask_may_cover_what_the_rule_says_and_nothing_else() -> None:
    regions = {Region.NOSE: 0.2, Region.LEFT_EYE: 0.2}
    rule = QualityRule(regions, mask_may_cover=frozenset({Region.NOSE}))
    face = covered(nose=1.0, left_eye=1.0)
    assert rule.flaws(face) == (Flaw.LEFT_EYE, Flaw.NOSE)
    assert rule.flaws(changed(mask=0.5, occlusion=face.occlusion)) == (Flaw.LEFT_EYE,)


def test_a_level_names_the_flaws_of_the_rules_that_are_broken() -> None:
    two_slight = QualityRule({Region.CHIN_CONTOUR: 0.2}, max_blur=0.1, tolerated=1)
    level = QualityLevel("x", (_NOSE_OR_BLUR, two_slight))
    assert level.flaws(changed(blur=0.3)) == ()
    assert level.flaws(changed(blur=0.3, occlusion=covered(chin_contour=0.5).occlusion)) == (
        Flaw.CHIN_CONTOUR,
        Flaw.BLURRED,
    )


@pytest.mark.parametrize("vendor", ["baidu", "kuaidi100", "native", "tencent"])
def test_the_levels_of_an_api_grow_stricter(vendor: str) -> None:
    levels = list(read_levels(f"visavis.protocols.{vendor}").values())
    assert all(level.flaws(FLAWLESS) == () for level in levels)
    steps = [i / 20 for i in range(21)]
    for name in ("blur", "nose", "left_eye"):
        faces = [changed(blur=at) if name == "blur" else covered(**{name: at}) for at in steps]
        passing = [sum(not level.flaws(face) for face in faces) for level in levels]
        assert passing == sorted(passing, reverse=True)
        assert passing[0] > passing[-1] or name != "blur"


# The vendor's own table.
@pytest.mark.parametrize(
    ("level", "occlusion", "light", "blur", "is_whole"),
    [("LOW", 0.8, 20, 0.8, False), ("NORMAL", 0.6, 40, 0.6, False), ("HIGH", 0.2, 100, 0.2, True)],
)
def test_baidu_levels_are_the_published_ones(
    level: str, occlusion: float, light: float, blur: float, is_whole: bool
) -> None:
    found = read_levels("visavis.protocols.baidu")[level]
    for region in ("left_eye", "right_eye", "nose", "mouth", "left_cheek", "right_cheek", "chin_contour"):
        assert found.flaws(covered(**{region: occlusion})) == ()
        assert found.flaws(covered(**{region: occlusion + 0.001})) == (Flaw(region),)
    assert found.flaws(covered(left_eyebrow=1.0)) == ()
    assert found.flaws(changed(illumination=light)) == ()
    assert found.flaws(changed(illumination=light - 0.1)) == (Flaw.TOO_DARK,)
    assert found.flaws(changed(blur=blur + 0.001)) == (Flaw.BLURRED,)
    assert bool(found.flaws(changed(outside=0.5))) is is_whole


def test_a_mask_fails_no_level_of_compare_mask_face_but_the_last() -> None:
    masked = dict.fromkeys(("nose", "mouth", "left_cheek", "right_cheek", "chin_contour"), 0.9)
    face = changed(mask=0.99, occlusion=covered(**masked).occlusion)
    levels = read_levels("visavis.protocols.tencent", "masked_levels")
    assert [bool(level.flaws(face)) for level in levels.values()] == [False, False, False, True]
    plain = read_levels("visavis.protocols.tencent")
    assert all(level.flaws(face) for level in plain.values())


def test_tencent_counts_slight_flaws() -> None:
    levels = read_levels("visavis.protocols.tencent")
    one = covered(left_eyebrow=0.5)
    two = changed(illumination=50.0, occlusion=one.occlusion)
    three = changed(illumination=50.0, blur=0.4, occlusion=one.occlusion)
    passing = {name: [not level.flaws(face) for face in (one, two, three)] for name, level in levels.items()}
    assert passing["1"] == [True, True, True]
    assert passing["2"] == [True, True, False]
    assert passing["3"] == [False, False, False]


@pytest.mark.parametrize(
    "rule",
    [
        {"max_blurr": 0.1},
        {"max_blur": 1.5},
        {"illumination": [100, 40]},
        {"max_angle": 0},
        {"tolerated": -1},
        {"max_occlusion": {"nose": -0.1}},
    ],
)
def test_a_limit_that_is_none_is_refused(
    rule: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "with_levels").mkdir()
    (tmp_path / "with_levels" / "__init__.py").touch()
    (tmp_path / "with_levels" / "quality.json").write_text(json.dumps({"levels": {"x": [rule]}}))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ParameterError, match=r"quality\.json"):
        read_levels("with_levels")


def test_every_flaw_comes_with_advice_in_both_languages() -> None:
    for flaw in Flaw:
        assert advice(flaw, "en").isascii()
        assert not advice(flaw, "zh").isascii()
    assert advice(Flaw.LEFT_CHEEK, "en") == "do not cover your left cheek"
