"""What was found out about a photo's liveness as a person reads it, English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table
from rich.text import Text as RichText

from visavis.cli.liveness_record import CheckedPhoto
from visavis.drawing import count_faces
from visavis.presentation import BPCER_ANCHORS, Check, NonResponse
from visavis.service.orders import Control
from visavis.service.verdicts import LEVELS, Judgement, Verdict

Text = tuple[str, str]
"""English, Chinese."""

_NAMES: Mapping[Control, Text] = {
    Control.LIVENESS: ("living person", "真人"),
    Control.SYNTHESIS: ("generated or edited", "合成或编辑"),
}
_CHECKS = {Control.LIVENESS: Check.PAD, Control.SYNTHESIS: Check.SYNTHESIS}
_HEADINGS: tuple[Text, ...] = (
    ("check", "检查项"),
    ("score", "分数"),
    ("as a threshold it refuses", "以此为阈值会误拒"),
)
_REFUSED: Mapping[Control, Text] = {
    Control.LIVENESS: ("{} of living people", "{} 的真人"),
    Control.SYNTHESIS: ("{} of untouched photos", "{} 的真实照片"),
}
_REASONS: Mapping[NonResponse, Text] = {
    NonResponse.FACE_TOO_SMALL: ("cannot tell: face too small", "无法判断：人脸太小"),
    NonResponse.TOO_BLURRED: ("cannot tell: too blurred", "无法判断：模糊"),
    NonResponse.TOO_TIGHT: ("cannot tell: too little around the face", "无法判断：人脸周围画面太少"),
    NonResponse.TURNED_AWAY: ("cannot tell: turned away", "无法判断：人脸偏转太大"),
    NonResponse.NOT_CALIBRATED: ("cannot tell: not calibrated", "无法判断：未校准"),
}
_PASSED: Mapping[bool | None, tuple[Text, str]] = {
    True: (("pass", "通过"), "green"),
    False: (("refused", "不通过"), "bold red"),
    None: (("–", "–"), "dim"),
}


def heading(photo: CheckedPhoto, language: str) -> str:
    """The photo's name, its size and how many faces it has; with markup."""
    acquired = photo.acquired
    count = len(acquired.faces)
    size = f"{acquired.image_width}×{acquired.image_height} {acquired.format or 'array'}"
    faces = f"{count} 张人脸" if language == "zh" else count_faces(count)
    return f"[bold]{escape(str(photo.path))}[/]: {size}, {faces}"


def liveness_table(photo: CheckedPhoto, language: str) -> Table:
    """A row for each check: its score, what the score means, and what each level makes of it."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in (*(_in(language, title) for title in _HEADINGS), *LEVELS[Control.LIVENESS]):
        table.add_column(title)
    for control, judgement in photo.judgements.items():
        verdicts = (_verdict(verdict, language) for verdict in judgement.levels.values())
        table.add_row(_in(language, _NAMES[control]), *_told(control, judgement, language), *verdicts)
    return table


def advice_lines(photo: CheckedPhoto, language: str) -> list[str]:
    """What the person can do where a level refuses the face, the same once; with markup."""
    told = (photo.advice(control, language) for control in photo.judgements)
    return [f"  [red]✗[/] {advice}" for advice in dict.fromkeys(told) if advice is not None]


def _told(control: Control, judgement: Judgement, language: str) -> tuple[str, str]:
    if judgement.score is None or judgement.bpcer is None:
        reason = judgement.non_response or NonResponse.NOT_CALIBRATED
        return "–", _in(language, _REASONS[reason])
    least = BPCER_ANCHORS[_CHECKS[control]][-1][0]
    bound = "≤ " if judgement.bpcer <= least else ""
    share = f"{bound}{100 * judgement.bpcer:.2g} %"
    return f"{judgement.score:.3f}", _in(language, _REFUSED[control]).format(share)


def _verdict(verdict: Verdict, language: str) -> RichText:
    text, style = _PASSED[verdict.passes]
    return RichText(_in(language, text), style)


def _in(language: str, text: Text) -> str:
    return text[1] if language == "zh" else text[0]
