"""The table of the levels of the controls for a living person and for an untouched photo, made from their policy."""

from __future__ import annotations

from tests.docs.accuracy_tables import _grid
from visavis.presentation import BPCER_ANCHORS, Check
from visavis.service.controls import ControlPolicy
from visavis.service.orders import ControlLevel

_HEADS = {
    Check.PAD: ("liveness: refused below", "living people refused", "cannot tell"),
    Check.SYNTHESIS: ("spoofing: refused above", "untouched photos refused", "cannot tell"),
}
_CHINESE_HEADS = {
    Check.PAD: ("活体：低于即拒绝", "被误拒的真人", "无法判断"),
    Check.SYNTHESIS: ("合成图：高于即拒绝", "被误拒的原始照片", "无法判断"),
}
_CHECKS = {"baidu": (Check.PAD, Check.SYNTHESIS), "kuaidi100": (Check.PAD,)}


def control_table(vendor: str, chinese: bool) -> str:
    """One line a level, and one for no level."""
    checks = _CHECKS[vendor]
    heads = [head for check in checks for head in (_CHINESE_HEADS if chinese else _HEADS)[check]]
    rows = [["`NONE`", *["–", "–", "通过" if chinese else "passes"] * len(checks)]]
    for level in ControlLevel:
        cells = [cell for check in checks for cell in _cells(check, level, chinese)]
        rows.append([f"`{level.value}`", *cells])
    return _grid(["等级" if chinese else "level", *heads], rows, lambda word, default: word)


def _cells(check: Check, level: ControlLevel, chinese: bool) -> tuple[str, str, str]:
    policy = ControlPolicy()
    is_pad = check is Check.PAD
    threshold = (policy.liveness if is_pad else policy.synthesis)[level]
    (rate,) = (rate for rate, score in BPCER_ANCHORS[check] if score == threshold)
    must_tell = level in (policy.liveness_must_tell if is_pad else policy.synthesis_must_tell)
    words = ("拒绝", "通过") if chinese else ("refused", "passes")
    count = f"1/{1 / rate:,.0f}" if chinese else f"1 in {1 / rate:,.0f}"
    return f"{threshold:g}", count, words[0] if must_tell else words[1]
