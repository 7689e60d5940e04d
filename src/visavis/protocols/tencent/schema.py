"""Actions and their parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from visavis.protocols.base import WireRequest
from visavis.protocols.tencent.envelope import COMMON_NAMES, Envelope
from visavis.protocols.tencent.errors import Fault, named_fault
from visavis.protocols.tencent.multipart import decode_multipart, is_multipart
from visavis.protocols.wire.form import decode_form
from visavis.service.accounts import Interface

FACE_MODEL_VERSION = "3.0"

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_TEXTS = frozenset({"ImageA", "ImageB", "UrlA", "UrlB", "FaceModelVersion"})
_SWITCHES = {"NeedRotateDetection": range(2), "FaceMatchingStrategy": range(2)}
_QUALITY_LEVELS = range(5)


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one version.

    Attributes:
        interface: what must be granted for it.
        integers: names of its parameters that are integers, besides the texts that all have.
    """

    interface: Interface
    integers: frozenset[str]


_MASKED = Action(Interface.TENCENT_COMPARE_MASK_FACE, frozenset({"QualityControl"}))
_PLAIN = Action(
    Interface.TENCENT_COMPARE_FACE, frozenset({"QualityControl", "NeedRotateDetection", "FaceMatchingStrategy"})
)
_PLAIN_2018 = Action(Interface.TENCENT_COMPARE_FACE, frozenset({"QualityControl", "NeedRotateDetection"}))

ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "2020-03-03": {"CompareMaskFace": _MASKED, "CompareFace": _PLAIN},
    "2018-03-01": {"CompareFace": _PLAIN_2018},
}
"""Version → name → action. CompareFace is the same in both versions but for FaceMatchingStrategy.

Two parameters of CompareFace are checked and change nothing: faces that lie on their side are found whatever
NeedRotateDetection says, and the largest face is the subject whatever FaceMatchingStrategy says.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """The picture of one side: its URL, or else its base64 text, which may be empty."""

    url: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class CompareParameters:
    """What both actions are asked.

    Attributes:
        a: first side.
        b: second side.
        quality_control: 0 (none) to 4.
    """

    a: Side
    b: Side
    quality_control: int


def find_action(envelope: Envelope) -> Action:
    """What is called.

    Raises:
        Fault: there is no such version or action.
    """
    name, version = envelope.require("Action"), envelope.require("Version")
    if version not in ACTIONS:
        raise named_fault("NoSuchVersion", version)
    if name not in ACTIONS[version]:
        raise named_fault("InvalidAction", name)
    return ACTIONS[version][name]


def read_parameters(request: WireRequest, envelope: Envelope, action: Action) -> CompareParameters:
    """The parameters of an action, wherever they are; null ones count as absent.

    Raises:
        Fault: they cannot be read, one is unknown, of the wrong type or out of its range, or a picture is missing.
    """
    values = {name: value for name, value in _raw_values(request, envelope).items() if value is not None}
    for name in values:
        if name not in _TEXTS and name not in action.integers:
            raise named_fault("UnknownParameter", name)
    texts = {name: _check_text(name, value) for name, value in values.items() if name in _TEXTS}
    integers = {name: _check_integer(name, value) for name, value in values.items() if name in action.integers}
    if texts.get("FaceModelVersion", FACE_MODEL_VERSION) != FACE_MODEL_VERSION:
        raise Fault("InvalidParameterValue.FaceModelVersionIllegal")
    if integers.get("QualityControl", 0) not in _QUALITY_LEVELS:
        raise Fault("InvalidParameterValue.QualityControlIllegal")
    for name, allowed in _SWITCHES.items():
        if integers.get(name, 0) not in allowed:
            raise named_fault("InvalidParameterValue", name)
    return CompareParameters(_side(texts, "A"), _side(texts, "B"), integers.get("QualityControl", 0))


def _raw_values(request: WireRequest, envelope: Envelope) -> Mapping[str, object]:
    if envelope.authorization is None:
        flat = {name: value for name, value in envelope.form.items() if name not in COMMON_NAMES}
    elif request.method == "GET":
        flat = dict(decode_form(request.query))
    elif is_multipart(content_type := request.header("content-type") or ""):
        flat = decode_multipart(request.body, content_type)
    else:
        return _decode_json(request.body)
    return {name: _Flat(value) if name not in _TEXTS else value for name, value in flat.items()}


class _Flat(str):
    """A value from where everything is text: numbers too."""


def _decode_json(body: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Fault(
            "InvalidParameter", chinese="请求 body 不是 JSON 对象。", english="The request body is not a JSON object."
        )
    return document


def _check_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise named_fault("InvalidParameter", name)
    try:
        # JSON can hold halves of surrogate pairs, which no URL and no base64 has, and which cannot be encoded.
        value.encode()
    except UnicodeEncodeError:
        raise named_fault("InvalidParameter", name) from None
    return value


def _check_integer(name: str, value: object) -> int:
    if isinstance(value, _Flat) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise named_fault("InvalidParameter", name)


def _side(texts: Mapping[str, str], letter: str) -> Side:
    """Of URL and picture the URL counts. An empty URL counts as none, but an empty picture as an empty picture."""
    url, image = (texts.get(f"{kind}{letter}") for kind in ("Url", "Image"))
    url = (url or "").strip() or None
    if url is None and image is None:
        raise Fault("MissingParameter.ErrorParameterEmpty")
    return Side(url, None if url else image)
