"""What is compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class PictureUrl:
    """A picture that the server downloads."""

    url: str


@dataclass(frozen=True, slots=True)
class FaceToken:
    """A face of an earlier answer, at most an hour old."""

    token: str


Demand = Literal["none", "low", "normal", "high"]
Condition = Literal["live", "idcard", "watermark", "cert", "infrared"]
Picture = bytes | Path | PictureUrl
Face = Picture | FaceToken
