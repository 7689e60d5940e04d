"""The databases that a store can be in, each new and empty; and Redis, where nonces and rates can be instead."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from visavis.storage import SqlStore, open_redis, open_store

if TYPE_CHECKING:
    from visavis.storage.redis_store import RedisStore

BACKENDS = ("sqlite", "postgresql")
COUNTERS = (*BACKENDS, "redis")
SERVER = "VISAVIS_TEST_POSTGRES"
REDIS = "VISAVIS_TEST_REDIS_URL"
SECRET_KEY = bytes(range(32))


@contextlib.contextmanager
def new_counters(backend: str, folder: Path) -> Iterator[str]:
    """The URL of where nonces and rates can be. Redis is not emptied: tests use ids that were never used before."""
    if backend != "redis":
        with new_database(backend, folder) as url:
            yield url
        return
    redis_url = os.environ.get(REDIS)
    if not redis_url:
        pytest.skip(f"{REDIS} names no Redis server (redis://HOST:PORT/NUMBER)")
    yield redis_url


def open_counters(url: str, clock: Callable[[], float] = time.time) -> SqlStore | RedisStore:
    """Nonces and rates at a URL of `new_counters`. The clock is not that of Redis."""
    return open_redis(url) if url.startswith("redis") else open_store(url, SECRET_KEY, clock=clock)


def make_account_id(counters: SqlStore | RedisStore) -> str:
    """An account whose calls can be counted there; Redis knows no accounts."""
    return counters.create_account("a").account_id if isinstance(counters, SqlStore) else secrets.token_hex(8)


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
