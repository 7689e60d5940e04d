"""What is found wrong before anything starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from visavis.config import Settings
from visavis.engine.calibration import Calibration
from visavis.engine.models import ModelStore
from visavis.engine.pipeline import DETECTOR
from visavis.errors import SettingsError
from visavis.server.checks import check_settings, prepare
from visavis.types import EngineIdentity


@pytest.mark.parametrize("hosts", [("faces.example.com:8443",), ("xn--bcher-kva.example",), ()])
def test_ascii_hosts_pass(hosts: tuple[str, ...]) -> None:
    check_settings(Settings(public_hosts=hosts))


@pytest.mark.parametrize("host", ["bücher.example", "人脸.example"])
def test_other_hosts_are_refused_by_name(host: str) -> None:
    with pytest.raises(SettingsError, match=f"VISAVIS_PUBLIC_HOSTS: '{host}' is not ASCII"):
        check_settings(Settings(public_hosts=("good.example", host)))


def test_downloads_are_checked() -> None:
    with pytest.raises(SettingsError, match="VISAVIS_DOWNLOAD"):
        check_settings(Settings(downloads="public", download_hosts=("a.example",)))


def settings_with(model_home: Path, folder: Path, changes: dict[str, Any], **settings: Any) -> Settings:
    """Settings with a calibration that is the packaged one, changed."""
    sha256 = ModelStore(model_home).spec("sface-2021dec").sha256
    identity = EngineIdentity("sface-2021dec", sha256, DETECTOR, "openvino", "fp32", "default")
    calibration = folder / "own.json"
    calibration.write_text(json.dumps(Calibration.load(identity).document | changes))
    return Settings(
        home=model_home,
        store_url=f"sqlite:///{folder / 'store.db'}",
        secret_key_file=folder / "secret.key",
        calibration=calibration,
        **settings,
    )


@pytest.mark.parametrize("precision", ["auto", "fp32"])
def test_calibration_of_this_engine_passes(model_home: Path, tmp_path: Path, precision: str) -> None:
    said: list[str] = []
    prepare(settings_with(model_home, tmp_path, {}, precision=precision), said.append)
    assert said == [f"made a secret key: {tmp_path / 'secret.key'}; keep a copy, without it the store cannot be read"]


@pytest.mark.parametrize(
    ("changes", "precision", "complaint"),
    [
        ({"model_id": "other"}, "auto", "is for model_id other, the engine has sface-2021dec"),
        ({"model_sha256": "0" * 64}, "auto", "is for model_sha256 000"),
        ({"detector_id": "other"}, "auto", "is for detector_id other"),
        ({"profile": "accurate"}, "auto", "is for profile accurate, the engine has default"),
        ({}, "bf16", "is for precision fp32, the engine has bf16"),
        ({"knots": []}, "auto", "at least two knots"),
    ],
)
def test_calibration_of_another_engine_is_refused_before_anything_is_made(
    model_home: Path, tmp_path: Path, changes: dict[str, Any], precision: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=f"^VISAVIS_CALIBRATION: .*{complaint}"):
        prepare(settings_with(model_home, tmp_path, changes, precision=precision), lambda sentence: None)
    assert [path.name for path in tmp_path.iterdir()] == ["own.json"]


def test_calibration_that_is_missing(model_home: Path, tmp_path: Path) -> None:
    settings = Settings(home=model_home, calibration=tmp_path / "missing.json")
    with pytest.raises(SettingsError, match=r"VISAVIS_CALIBRATION: cannot read .*missing\.json: No such file"):
        prepare(settings, lambda sentence: None)
