"""What SQLite's rows look like after many calls: bounded, and right after a failure."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.stores import SECRET_KEY
from visavis.errors import RateLimitedError, StoreError
from visavis.service.accounts import KeyKind, Limits
from visavis.storage import SqlStore, open_store

NOW = 1_800_000_000.0


def _count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "visavis.db")) as reader:
        return int(reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_expired_nonces_do_not_pile_up(store: SqlStore, tmp_path: Path) -> None:
    """Ten a second that live for one second: there are never more than some tens of them."""
    most = 0
    for number in range(500):
        assert store.remember_nonce(KeyKind.ALIBABA, "key1", str(number), NOW + number / 10, 1.0)
        most = max(most, _count(tmp_path, "nonces"))
    assert 10 <= most <= 10 + 16 + 1


def test_purge_spares_what_is_alive(store: SqlStore, tmp_path: Path) -> None:
    for number in range(100):
        assert store.remember_nonce(KeyKind.ALIBABA, "key1", str(number), NOW, 1000.0)
    assert _count(tmp_path, "nonces") == 100


def test_nonce_lives_as_long_as_it_was_told(store: SqlStore) -> None:
    assert store.remember_nonce(KeyKind.ALIBABA, "key1", "n", NOW, 10.0)
    assert not store.remember_nonce(KeyKind.ALIBABA, "key1", "n", NOW + 9.9, 10.0)
    assert store.remember_nonce(KeyKind.ALIBABA, "key1", "n", NOW + 10, 10.0)
    assert not store.remember_nonce(KeyKind.ALIBABA, "key1", "n", NOW + 19.9, 10.0)


def test_rate_counts_calls_of_less_than_a_second_ago(url: str) -> None:
    clock = iter([NOW, NOW, NOW + 0.99, NOW + 1.0])
    with open_store(url, SECRET_KEY, clock=lambda: next(clock)) as store:
        account_id = store.create_account("a").account_id
        store.count_call(account_id, 1)
        with pytest.raises(RateLimitedError):
            store.count_call(account_id, 1)
        store.count_call(account_id, 1)


def test_rate_keeps_no_more_than_its_window(store: SqlStore, tmp_path: Path) -> None:
    account_id = store.create_account("a").account_id
    for _ in range(50):
        store.count_call(account_id, 50)
    with closing(sqlite3.connect(tmp_path / "visavis.db")) as reader:
        rows = reader.execute("SELECT length(admitted_at) FROM rates").fetchall()
    assert len(rows) == 1
    assert 8 <= rows[0][0] <= 50 * 8


def test_call_can_be_given_back_again_after_the_store_failed(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = store.create_account("a").account_id
    reservation = store.reserve_call(account_id, Limits(), NOW)
    with closing(sqlite3.connect(tmp_path / "visavis.db", isolation_level=None)) as writer:
        writer.execute("ALTER TABLE daily_calls RENAME TO away")
        with pytest.raises(StoreError, match="daily_calls"):
            store.give_back_call(reservation)
        writer.execute("ALTER TABLE away RENAME TO daily_calls")
    assert store.count_usage(account_id, NOW).total == 1
    store.give_back_call(reservation)
    usage = store.count_usage(account_id, NOW)
    assert (usage.today, usage.total) == (0, 0)
