"""Where a server keeps what it keeps."""

from __future__ import annotations

from pathlib import Path

from visavis.config import Settings
from visavis.storage import SECRET_KEY_FILE

STORE_FILE = "visavis.db"


def store_url(settings: Settings) -> str:
    """Where the store is; by default a file in the folder of visavis."""
    return settings.store_url or f"sqlite:///{(settings.home / STORE_FILE).absolute()}"


def secret_key_file(settings: Settings) -> Path:
    """Where the server's secret key is; by default a file in the folder of visavis."""
    return settings.secret_key_file or settings.home / SECRET_KEY_FILE
