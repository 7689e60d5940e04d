"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from visavis.api import read_settings
from visavis.config import Settings
from visavis.errors import SettingsError


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"VISAVIS_{name.upper()}", raising=False)


def test_defaults() -> None:
    assert Settings().model_dump() == {
        "home": Path(platformdirs.user_cache_dir("visavis")),
        "auto_pull": True,
        "data": None,
        "model": "sface-2021dec",
        "runtime": "auto",
        "precision": "auto",
        "profile": "default",
        "calibration": None,
        "liveness_networks": (),
        "liveness_networks_join": False,
        "liveness_calibration": None,
        "threads": 1,
        "host": "127.0.0.1",
        "port": 8000,
        "admin_host": "127.0.0.1",
        "admin_port": 8001,
        "admin_token": None,
        "workers": 0,
        "tls_cert": None,
        "tls_key": None,
        "store_url": None,
        "redis_url": None,
        "secret_key_file": None,
        "liveness_must_tell": ("NORMAL", "HIGH"),
        "liveness_of_documents": False,
        "synthesis_must_tell": ("LOW", "NORMAL"),
        "synthesis_thresholds": (0.3, 0.5, 0.7),
        "queue_places": 32,
        "downloads": "public",
        "download_hosts": (),
        "download_networks": (),
        "downloads_at_once": 32,
        "public_hosts": (),
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HOME", "/srv/models", Path("/srv/models")),
        ("AUTO_PULL", "false", False),
        ("AUTO_PULL", "0", False),
        ("AUTO_PULL", "TRUE", True),
        ("AUTO_PULL", "1", True),
        ("DATA", "sets", Path("sets")),
        ("MODEL", "my-own", "my-own"),
        ("RUNTIME", "onnxruntime", "onnxruntime"),
        ("PRECISION", "fp32", "fp32"),
        ("PROFILE", "accurate", "accurate"),
        ("CALIBRATION", "own.json", Path("own.json")),
        ("LIVENESS_NETWORKS", '["a.toml", "b.json"]', (Path("a.toml"), Path("b.json"))),
        ("LIVENESS_NETWORKS_JOIN", "true", True),
        ("LIVENESS_CALIBRATION", "ours.json", Path("ours.json")),
        ("LIVENESS_MUST_TELL", "[]", ()),
        ("LIVENESS_MUST_TELL", '["LOW", "HIGH"]', ("LOW", "HIGH")),
        ("LIVENESS_OF_DOCUMENTS", "true", True),
        ("SYNTHESIS_MUST_TELL", '["HIGH"]', ("HIGH",)),
        ("SYNTHESIS_THRESHOLDS", "[0.1, 0.2, 0.3]", (0.1, 0.2, 0.3)),
        ("THREADS", "4", 4),
        ("PORT", "0", 0),
        ("WORKERS", "3", 3),
        ("STORE_URL", "postgresql://somebody@here/faces", "postgresql://somebody@here/faces"),
        ("DOWNLOADS", "allow-list", "allow-list"),
        ("DOWNLOAD_HOSTS", '["*.example.com"]', ("*.example.com",)),
        ("PUBLIC_HOSTS", '["faces.example.com"]', ("faces.example.com",)),
    ],
)
def test_setting_is_read(name: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VISAVIS_{name}", text)
    assert getattr(read_settings(), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AUTO_PULL", "maybe"),
        ("AUTO_PULL", "yes"),
        ("AUTO_PULL", "off"),
        ("AUTO_PULL", "2"),
        ("RUNTIME", "tensorrt"),
        ("PRECISION", "int8"),
        ("PROFILE", "fast"),
        ("LIVENESS_NETWORKS", "a.toml"),
        ("LIVENESS_NETWORKS_JOIN", "2"),
        ("LIVENESS_MUST_TELL", '["ALL"]'),
        ("LIVENESS_OF_DOCUMENTS", "perhaps"),
        ("SYNTHESIS_MUST_TELL", '"LOW"'),
        ("SYNTHESIS_THRESHOLDS", "[0.5, 0.3, 0.7]"),
        ("SYNTHESIS_THRESHOLDS", "[0.1, 0.3, 1.5]"),
        ("SYNTHESIS_THRESHOLDS", "[0.1, 0.3]"),
        ("THREADS", "0"),
        ("THREADS", "257"),
        ("THREADS", "two"),
        ("PORT", "65536"),
        ("ADMIN_TOKEN", "short"),
        ("DOWNLOADS", "everywhere"),
        ("DOWNLOAD_HOSTS", "a.example"),
        ("PUBLIC_HOSTS", "[1]"),
    ],
)
def test_setting_that_is_not_valid_is_named(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VISAVIS_{name}", text)
    with pytest.raises(SettingsError, match=f"^VISAVIS_{name}: "):
        read_settings()


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_empty_setting_is_one_that_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or an empty VISAVIS_HOME would put the models wherever the command happens to run."""
    unset = read_settings()
    monkeypatch.setenv(f"VISAVIS_{name}", "")
    assert read_settings() == unset


def test_password_of_redis_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_REDIS_URL", "redis://a:hidden-word@b/0")
    settings = read_settings()
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://a:hidden-word@b/0"
    assert "hidden-word" not in repr(settings) + str(settings.model_dump())


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().threads = 2


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
