"""Where the server and its commands find the store and the secret key."""

from __future__ import annotations

from pathlib import Path

from visavis.config import Settings
from visavis.server.places import secret_key_file, store_url


def test_store_and_key_lie_in_the_folder_of_visavis(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert store_url(settings) == f"sqlite:///{tmp_path}/visavis.db"
    assert secret_key_file(settings) == tmp_path / "secret.key"


def test_relative_folder_is_made_absolute(tmp_path: Path) -> None:
    assert store_url(Settings(home=Path("here"))) == f"sqlite:///{Path.cwd()}/here/visavis.db"


def test_settings_go_before(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, store_url="postgresql://host/name", secret_key_file=Path("/run/key"))
    assert store_url(settings) == "postgresql://host/name"
    assert secret_key_file(settings) == Path("/run/key")
