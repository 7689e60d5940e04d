"""Response bodies, in JSON or XML."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping

Member = str | bool | float | Mapping[str, str | float]

_ILLEGAL_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class BodyFormat(enum.Enum):
    """The value is the exact Content-Type: a client compares the whole text before it reads XML."""

    JSON = "application/json;charset=utf-8"
    XML = "text/xml;charset=utf-8"


def render(root: str, members: Mapping[str, Member], body_format: BodyFormat) -> bytes:
    """A body with `members` in their order; `root` names the outermost element in XML."""
    if body_format is BodyFormat.JSON:
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return f"<?xml version='1.0' encoding='UTF-8'?>{_element(root, members)}".encode()


def _element(name: str, value: Member | Mapping[str, Member]) -> str:
    if isinstance(value, Mapping):
        content = "".join(_element(inner, member) for inner, member in value.items())
    elif isinstance(value, str):
        content = _ILLEGAL_IN_XML.sub("\ufffd", value).translate(_MARKUP)
    else:
        content = json.dumps(value, allow_nan=False)
    return f"<{name}>{content}</{name}>"
