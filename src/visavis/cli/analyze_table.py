"""The measures of a face as a person reads them, English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table

from visavis.measures import FaceMeasures, Region
from visavis.service.quality import MASK_WORN, Flaw, QualityLevel, advice
from visavis.types import AnalyzedFace

Text = tuple[str, str]
"""English, Chinese."""

_STRAIGHT_DEG = 10.0
_PARTLY, _COVERED = 0.2, 0.6
_HIDDEN = 0.2
_LITTLE, _MUCH = 0.2, 0.6
_DARK, _BRIGHT = 60.0, 220.0
_SPOILT = 0.05
_GOOD, _FAIR = 95.0, 80.0

REGION_NAMES: dict[Region, Text] = {
    Region.LEFT_EYE: ("left eye", "左眼"),
    Region.RIGHT_EYE: ("right eye", "右眼"),
    Region.LEFT_EYEBROW: ("left eyebrow", "左眉"),
    Region.RIGHT_EYEBROW: ("right eyebrow", "右眉"),
    Region.NOSE: ("nose", "鼻子"),
    Region.MOUTH: ("mouth", "嘴巴"),
    Region.LEFT_CHEEK: ("left cheek", "左脸颊"),
    Region.RIGHT_CHEEK: ("right cheek", "右脸颊"),
    Region.CHIN_CONTOUR: ("chin contour", "下巴轮廓"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One measure.

    Attributes:
        name: of the measure.
        value: with its unit.
        bounds: what values it can have.
        words: what the value means.
        flaws: of a level of quality that rest on it.
    """

    name: Text
    value: str
    bounds: str
    words: Text
    flaws: frozenset[Flaw] = frozenset()


def measure_lines(measures: FaceMeasures) -> tuple[Line, ...]:
    """Every measure, the most important first."""
    return (*_of_pose(measures), *_of_regions(measures), *_of_light(measures), *_of_face(measures))


def measures_table(analyzed: AnalyzedFace, level: QualityLevel, language: str) -> Table:
    """Every measure with its range, in words, and whether the level accepts it."""
    found = frozenset(level.flaws(analyzed.measures))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading, justify in zip(_HEADINGS, ("left", "right", "left", "left"), strict=True):
        table.add_column(_in(language, heading), justify="right" if justify == "right" else "left")
    for line in measure_lines(analyzed.measures):
        style = "bold red" if line.flaws & found else None
        table.add_row(_in(language, line.name), line.value, line.bounds, _in(language, line.words), style=style)
    return table


def verdict_lines(measures: FaceMeasures, level: QualityLevel, language: str) -> list[str]:
    """Whether a level accepts the face, and what can be done about it where it does not; with markup."""
    flaws = level.flaws(measures)
    name = _in(language, ("quality level {}", "质量等级 {}")).format(level.name)
    if not flaws:
        return [f"{name}: [bold green]{_in(language, ('accepted', '通过'))}[/]"]
    return [
        f"{name}: [bold red]{_in(language, ('refused', '不通过'))}[/]",
        *(f"  [red]✗[/] {advice(flaw, language)}" for flaw in flaws),
    ]


def _in(language: str, text: Text) -> str:
    return text[1] if language == "zh" else text[0]


_HEADINGS: tuple[Text, ...] = (("measure", "指标"), ("value", "数值"), ("range", "范围"), ("in words", "说明"))


def _of_pose(measures: FaceMeasures) -> Iterator[Line]:
    pose, quality = measures.pose, measures.quality
    grade = _graded(quality, _FAIR, _GOOD, ("poor", "差"), ("fair", "一般"), ("good", "好"))
    yield Line(("unified quality", "综合质量"), f"{quality:.0f}", "0 – 100", grade)
    straight: Text = ("straight", "正对")
    left, right = ("turned to the subject's left", "转向本人左侧"), ("turned to the subject's right", "转向本人右侧")
    down, up = ("looks down", "低头"), ("looks up", "抬头")
    leans_left, leans_right = ("tilted to the left shoulder", "偏向左肩"), ("tilted to the right shoulder", "偏向右肩")
    for name, angle, limit, words in (
        (("yaw", "左右转头"), pose.yaw, 90, (right, straight, left)),
        (("pitch", "俯仰"), pose.pitch, 90, (up, straight, down)),
        (("roll", "歪头"), pose.roll, 180, (leans_right, ("upright", "端正"), leans_left)),
    ):
        said = _graded(angle, -_STRAIGHT_DEG, _STRAIGHT_DEG, *words)
        yield Line(name, f"{round(angle):+d}°", f"-{limit}° – {limit}°", said, frozenset({Flaw.TURNED}))


def _of_regions(measures: FaceMeasures) -> Iterator[Line]:
    for region, (english, chinese) in REGION_NAMES.items():
        covered, hidden = measures.occlusion[region], measures.hidden[region]
        words = _graded(
            covered, _PARTLY, _COVERED, ("free", "无遮挡"), ("partly covered", "部分遮挡"), ("covered", "遮挡")
        )
        if hidden >= _HIDDEN:
            turned = (f"; {hidden:.0%} hidden by the head's turn", f"，{hidden:.0%} 因转头不可见")
            words = (words[0] + turned[0], words[1] + turned[1])
        name = (f"{english} covered", f"{chinese}遮挡")
        yield Line(name, f"{covered:.2f}", "0 – 1", words, frozenset({Flaw(region.value)}))


def _of_light(measures: FaceMeasures) -> Iterator[Line]:
    blur = _graded(measures.blur, _LITTLE, _MUCH, ("sharp", "清晰"), ("soft", "略糊"), ("blurred", "模糊"))
    yield Line(("blur", "模糊"), f"{measures.blur:.2f}", "0 – 1", blur, frozenset({Flaw.BLURRED}))
    light = _graded(measures.illumination, _DARK, _BRIGHT, ("dark", "偏暗"), ("well lit", "适中"), ("bright", "偏亮"))
    lit = frozenset({Flaw.TOO_DARK, Flaw.TOO_BRIGHT})
    yield Line(("illumination", "亮度"), f"{measures.illumination:.0f}", "0 – 255", light, lit)
    uneven = _graded(
        measures.illumination_imbalance,
        _LITTLE,
        _MUCH,
        ("even", "均匀"),
        ("one side darker", "一侧偏暗"),
        ("one side dark", "一侧很暗"),
    )
    yield Line(("left-right imbalance", "左右光照差"), f"{measures.illumination_imbalance:.2f}", "0 – 1", uneven)
    for name, share, spoilt in (
        (("over-exposed", "过曝"), measures.over_exposed, ("burnt out in parts", "局部过曝")),
        (("under-exposed", "欠曝"), measures.under_exposed, ("black in parts", "局部死黑")),
    ):
        yield Line(name, f"{share:.2f}", "0 – 1", ("no", "无") if share < _SPOILT else spoilt)
    colour = ("colour", "彩色") if measures.is_colour else ("grey or infrared", "黑白或红外")
    yield Line(("colourfulness", "色彩"), f"{measures.colourfulness:.1f}", "0 – 181", colour)


def _of_face(measures: FaceMeasures) -> Iterator[Line]:
    whole = ("whole face in the picture", "整张脸在画面内") if measures.is_complete else ("cut off", "超出画面")
    outside = ("outside the picture", "画面外部分")
    yield Line(outside, f"{measures.outside:.2f}", "0 – 1", whole, frozenset({Flaw.INCOMPLETE}))
    nothing: Text = ("", "")
    yield Line(("face width", "脸宽"), f"{measures.face_width_px:.0f} px", "", nothing)
    yield Line(("distance of the eyes", "两眼间距"), f"{measures.eye_distance_px:.0f} px", "", nothing)
    open_words: tuple[Text, Text, Text] = (("closed", "闭合"), ("half open", "半开"), ("open", "睁开"))
    for name, opening in (
        (("left eye open", "左眼睁开"), measures.left_eye_open),
        (("right eye open", "右眼睁开"), measures.right_eye_open),
    ):
        yield Line(name, f"{opening:.2f}", "0 – 1", _graded(opening, 0.3, 0.6, *open_words))
    mouth = _graded(measures.mouth_open, 0.15, 0.5, ("closed", "闭合"), ("open", "张开"), ("wide open", "大张"))
    yield Line(("mouth open", "嘴巴张开"), f"{measures.mouth_open:.2f}", "0 – 1", mouth)
    for name, probability in (
        (("mask", "口罩"), measures.mask),
        (("dark glasses", "墨镜"), measures.dark_glasses),
    ):
        worn = ("worn", "佩戴") if probability >= MASK_WORN else ("none", "无")
        yield Line(name, f"{probability:.2f}", "0 – 1", worn)


def _graded(value: float, low: float, high: float, below: Text, between: Text, above: Text) -> Text:
    if value < low:
        return below
    return between if value <= high else above
