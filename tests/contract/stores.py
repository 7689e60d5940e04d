"""The databases that a store can be in, each new and empty."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

BACKENDS = ("sqlite", "postgresql")
SERVER = "VISAVIS_TEST_POSTGRES"
SECRET_KEY = bytes(range(32))


@contextlib.contextmanager
def new_database(backend: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, which is dropped at the end; skips where no server is named."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'visavis.db'}"
        return
    server = os.environ.get(SERVER)
    if not server:
        pytest.skip(f"{SERVER} names no PostgreSQL server (postgresql://USER:PASSWORD@HOST/DATABASE)")
    name = f"visavis_test_{secrets.token_hex(6)}"
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
