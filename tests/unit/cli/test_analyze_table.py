"""What the table of an analysis says in words."""

from __future__ import annotations

import pytest

from tests.measured import FLAWLESS, changed, covered
from visavis.cli.analyze_record import quality_levels
from visavis.cli.analyze_table import Line, measure_lines, verdict_lines
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.service.quality import Flaw


def line(measures: FaceMeasures, name: str) -> Line:
    (only,) = (line for line in measure_lines(measures) if line.name[0] == name)
    return only


@pytest.mark.parametrize(
    ("pose", "name", "value", "words"),
    [
        (HeadPose(25.4, 0, 0), "yaw", "+25°", ("turned to the subject's left", "转向本人左侧")),
        (HeadPose(-25.4, 0, 0), "yaw", "-25°", ("turned to the subject's right", "转向本人右侧")),
        (HeadPose(10, 0, 0), "yaw", "+10°", ("straight", "正对")),
        (HeadPose(0, 11, 0), "pitch", "+11°", ("looks down", "低头")),
        (HeadPose(0, -11, 0), "pitch", "-11°", ("looks up", "抬头")),
        (HeadPose(0, 0, 170), "roll", "+170°", ("tilted to the left shoulder", "偏向左肩")),
        (HeadPose(0, 0, -30), "roll", "-30°", ("tilted to the right shoulder", "偏向右肩")),
        (HeadPose(0, 0, -0.3), "roll", "+0°", ("upright", "端正")),
    ],
)
def test_pose_reads_as_what_the_subject_did(pose: HeadPose, name: str, value: str, words: tuple[str, str]) -> None:
    said = line(changed(pose=pose), name)
    assert (said.value, said.words, said.flaws) == (value, words, frozenset({Flaw.TURNED}))


@pytest.mark.parametrize(
    ("share", "words"), [(0.1, "free"), (0.2, "partly covered"), (0.6, "partly covered"), (0.61, "covered")]
)
def test_regions_are_graded(share: float, words: str) -> None:
    said = line(covered(mouth=share), "mouth covered")
    assert (said.value, said.words[0], said.flaws) == (f"{share:.2f}", words, frozenset({Flaw.MOUTH}))


def test_what_the_head_hides_is_said() -> None:
    hidden = {**FLAWLESS.hidden, Region.LEFT_CHEEK: 0.4}
    said = line(changed(hidden=hidden), "left cheek covered")
    assert said.words == ("free; 40% hidden by the head's turn", "无遮挡，40% 因转头不可见")


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"quality": 79.0}, "unified quality", "poor"),
        ({"quality": 95.0}, "unified quality", "fair"),
        ({"quality": 95.5}, "unified quality", "good"),
        ({"blur": 0.7}, "blur", "blurred"),
        ({"illumination": 59.0}, "illumination", "dark"),
        ({"illumination": 221.0}, "illumination", "bright"),
        ({"illumination_imbalance": 0.3}, "left-right imbalance", "one side darker"),
        ({"over_exposed": 0.05}, "over-exposed", "burnt out in parts"),
        ({"under_exposed": 0.05}, "under-exposed", "black in parts"),
        ({"colourfulness": 2.0}, "colourfulness", "grey or infrared"),
        ({"outside": 0.02}, "outside the picture", "cut off"),
        ({"left_eye_open": 0.2}, "left eye open", "closed"),
        ({"mouth_open": 0.6}, "mouth open", "wide open"),
        ({"mask": 0.5}, "mask", "worn"),
        ({"dark_glasses": 0.49}, "dark glasses", "none"),
    ],
)
def test_measures_are_graded(change: dict[str, float], name: str, words: str) -> None:
    assert line(changed(**change), name).words[0] == words


def test_verdict_says_what_to_do() -> None:
    high = quality_levels()["high"]
    assert verdict_lines(FLAWLESS, high, "en") == ["quality level high: [bold green]accepted[/]"]
    assert verdict_lines(covered(nose=0.5), high, "zh") == [
        "质量等级 high: [bold red]不通过[/]",
        "  [red]✗[/] 请不要遮挡鼻子",
    ]


def test_every_flaw_rests_on_a_line() -> None:
    assert {flaw for one in measure_lines(FLAWLESS) for flaw in one.flaws} == set(Flaw)
