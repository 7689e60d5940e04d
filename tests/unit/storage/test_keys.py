"""What a process remembers of keys, and for how long."""

from __future__ import annotations

import dataclasses

import pytest

from tests.contract.stores import SECRET_KEY
from visavis.service.accounts import AccessKey, AccountState, KeyKind
from visavis.service.administration import AccountChange, KeyPair
from visavis.storage import SqlStore, keys, open_store


@dataclasses.dataclass
class Clock:
    now: float = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(keys, "time", clock)
    return clock


def find(store: SqlStore, pair: KeyPair) -> AccessKey:
    key = store.find_key(pair.kind, pair.key_id)
    assert key is not None
    return key


@pytest.fixture
def pair(store: SqlStore) -> KeyPair:
    return store.create_key(store.create_account("a").account_id, KeyKind.BAIDU)


def test_change_by_another_process_shows_after_a_second(url: str, store: SqlStore, pair: KeyPair, clock: Clock) -> None:
    with open_store(url, SECRET_KEY) as other:
        assert find(store, pair).is_enabled
        other.set_key_enabled(pair.kind, pair.key_id, False)
        clock.now += 0.99
        assert find(store, pair).is_enabled
        clock.now += 0.01
        assert not find(store, pair).is_enabled


def test_use_does_not_prolong_what_is_remembered(url: str, store: SqlStore, pair: KeyPair, clock: Clock) -> None:
    with open_store(url, SECRET_KEY) as other:
        find(store, pair)
        other.delete_key(pair.kind, pair.key_id)
        for _ in range(4):
            clock.now += 0.25
            found = store.find_key(pair.kind, pair.key_id)
        assert found is None


def test_own_change_shows_at_once(store: SqlStore, pair: KeyPair, clock: Clock) -> None:
    account_id = find(store, pair).account.account_id
    store.update_account(account_id, AccountChange(state=AccountState.FROZEN))
    assert find(store, pair).account.state is AccountState.FROZEN
    assert find(store, store.rotate_key(pair.kind, pair.key_id)).secrets[1] == pair.secret


def test_new_key_of_another_process_shows_at_once(url: str, store: SqlStore, pair: KeyPair, clock: Clock) -> None:
    wanted = KeyPair(KeyKind.BAIDU, "theNewKey", "secret-of-the-new-key")
    assert store.find_key(wanted.kind, wanted.key_id) is None
    with open_store(url, SECRET_KEY) as other:
        other.create_key(find(store, pair).account.account_id, wanted.kind, wanted)
    assert find(store, wanted).secrets == (wanted.secret,)


def test_hot_key_is_neither_read_nor_decrypted(
    store: SqlStore, pair: KeyPair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find(store, pair)
    store.close()
    monkeypatch.setattr(store, "_database", None)
    assert find(store, pair) is first


def test_what_was_read_before_a_change_does_not_outlive_it(
    store: SqlStore, pair: KeyPair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread has read the key when another disables it, and is about to remember what it has read."""
    read_key = store._read_key

    def read_then_disable(kind: KeyKind, key_id: str) -> AccessKey | None:
        key = read_key(kind, key_id)
        monkeypatch.undo()
        monkeypatch.setattr(keys, "time", clock)
        store.set_key_enabled(kind, key_id, False)
        return key

    monkeypatch.setattr(store, "_read_key", read_then_disable)
    assert find(store, pair).is_enabled
    assert not find(store, pair).is_enabled


def test_memory_is_bounded(store: SqlStore, pair: KeyPair, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_CACHE_LIMIT", 2)
    account_id = find(store, pair).account.account_id
    for _ in range(5):
        find(store, store.create_key(account_id, KeyKind.BAIDU))
        assert len(store._key_cache) <= 2
