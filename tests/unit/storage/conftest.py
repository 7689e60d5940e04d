"""A store in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.stores import SECRET_KEY
from visavis.storage import SqlStore, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'visavis.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    with open_store(url, SECRET_KEY) as opened:
        yield opened
