"""Nonces and rates in a Redis that is not there, goes away, hangs, or is the wrong one."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from tests.redis_server import RedisServer, redis_server
from visavis.errors import ParameterError, RateLimitedError, StoreError
from visavis.service.accounts import KeyKind
from visavis.service.ports import NonceLog, RateCounter
from visavis.storage import open_redis
from visavis.storage.redis_store import PAUSE_S, TIMEOUT_S, RedisStore

NOBODY = "redis://somebody:hidden-word@127.0.0.1:1/0"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisStore]:
    with open_redis(server.url) as opened:
        yield opened


def remember(store: RedisStore, nonce: str, key_id: str = "LTAI5t") -> bool:
    return store.remember_nonce(KeyKind.ALIBABA, key_id, nonce, time.time(), 60.0)


def wait_until_back(store: RedisStore, nonce: str) -> float:
    """Seconds until it remembers a new nonce."""
    begun = time.monotonic()
    while time.monotonic() < begun + 10:
        try:
            assert remember(store, nonce)
        except StoreError:
            time.sleep(0.05)
        else:
            return time.monotonic() - begun
    raise AssertionError("it does not come back")


def test_is_both_ports(store: RedisStore) -> None:
    """For mypy as much as for pytest."""
    ports: tuple[NonceLog, RateCounter] = (store, store)
    assert all(port is store for port in ports)


@pytest.mark.parametrize("url", ["", "localhost:6379", "http://a/0", "unix:///run/redis.sock", "REDIS"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ParameterError, match="redis:// or rediss://"):
        open_redis(url)


@pytest.mark.parametrize("url", ["redis://a:hidden-word@b:99x/0", "redis://a:hidden-word@[::1/0"])
def test_malformed_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ParameterError) as caught:
        open_redis(url)
    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize("end", ["?timeout=1", "?socket_timeout=soon"])
def test_options_that_are_none_are_refused(server: RedisServer, end: str) -> None:
    with pytest.raises(ParameterError, match="URL of Redis"), open_redis(server.url + end) as store:
        store.check()


def test_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "visavis.storage.redis_store")
    with pytest.raises(StoreError, match=r"visavis\[redis\]"):
        open_redis(NOBODY)


def test_right_server_is_found_right(store: RedisStore) -> None:
    store.check()


def test_missing_server_is_an_error_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    with open_redis(NOBODY) as store, pytest.raises(StoreError, match=r"127\.0\.0\.1:1") as caught:
        store.check()
    assert "127.0.0.1:1" in caplog.text
    assert "hidden-word" not in caplog.text + str(caught.value) + repr(store)


def test_wrong_password_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    with redis_server(tmp_path, "--requirepass", "right-word") as server:
        with open_redis(server.url.replace("//", "//:hidden-word@")) as store, pytest.raises(StoreError) as caught:
            store.check()
        assert "hidden-word" not in str(caught.value)
        with open_redis(server.url.replace("//", "//:right-word@")) as store:
            store.check()


def test_server_that_takes_no_writes_is_refused(tmp_path: Path) -> None:
    with (
        redis_server(tmp_path, "--replicaof", "127.0.0.1 1") as server,
        open_redis(server.url) as store,
        pytest.raises(StoreError),
    ):
        store.check()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_server_that_forgets_nonces_when_it_is_full_is_refused(tmp_path: Path, policy: str) -> None:
    options = ("--maxmemory", "100mb", "--maxmemory-policy", policy)
    with (
        redis_server(tmp_path, *options) as server,
        open_redis(server.url) as store,
        pytest.raises(StoreError, match=f"{policy}, not noeviction"),
    ):
        store.check()


def test_full_server_refuses_and_goes_on_when_it_is_not(tmp_path: Path) -> None:
    with redis_server(tmp_path, "--maxmemory-policy", "noeviction") as server, open_redis(server.url) as store:
        with redis.Redis.from_url(server.url) as administrator:
            administrator.config_set("maxmemory", 1)
            for _ in range(2):
                with pytest.raises(StoreError):
                    remember(store, "n")
                with pytest.raises(StoreError):
                    store.count_call("a", 1)
            administrator.config_set("maxmemory", 0)
        assert remember(store, "n")
        store.count_call("a", 1)


def test_server_that_goes_away_lets_nothing_pass_and_comes_back(
    server: RedisServer, store: RedisStore, caplog: pytest.LogCaptureFixture
) -> None:
    assert remember(store, "first")
    store.count_call("a", 100)
    server.stop()
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            with pytest.raises(StoreError):
                remember(store, "second")
            with pytest.raises(StoreError):
                store.count_call("a", 100)
    assert caplog.text.count("Redis failed: ") == 1
    server.start()
    assert wait_until_back(store, "third") < PAUSE_S + 1
    store.count_call("a", 100)


def test_connection_that_was_lost_meanwhile_is_made_anew(server: RedisServer, store: RedisStore) -> None:
    assert remember(store, "first")
    server.stop()
    server.start()
    assert remember(store, "second")


def test_server_that_hangs_holds_nobody_for_long(server: RedisServer, store: RedisStore) -> None:
    """Forty calls by four threads: those that ask wait for the time limit, all others are refused at once."""
    assert remember(store, "first")
    server.freeze()
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(remember, store, f"frozen {number}") for number in range(40)]
        assert {type(outcome.exception()) for outcome in outcomes} == {StoreError}
    assert TIMEOUT_S <= time.monotonic() - begun < 3 * TIMEOUT_S
    server.thaw()
    wait_until_back(store, "last")


def test_server_that_loses_its_scripts_gets_them_again(server: RedisServer, store: RedisStore) -> None:
    store.count_call("a", 1)
    with redis.Redis.from_url(server.url) as administrator:
        administrator.script_flush()
    with pytest.raises(RateLimitedError):
        store.count_call("a", 1)


def test_keys_are_few_short_and_end_by_themselves(server: RedisServer, store: RedisStore) -> None:
    remember(store, "x" * 1_000_000)
    remember(store, "a\r\nDEL visavis:*\r\n", "b\0*")
    store.count_call("0123456789abcdef", 5)
    store.check()
    with redis.Redis.from_url(server.url) as administrator:
        keys = sorted(administrator.keys())
        lives = [administrator.pttl(key) for key in keys]
    assert [key.rpartition(b":")[0] for key in keys if b"nonce" not in key] == [b"visavis", b"visavis:rate"]
    nonces = [key for key in keys if key.startswith(b"visavis:nonce:")]
    assert [len(key) for key in nonces] == [len("visavis:nonce:") + 32] * 2
    assert len(keys) == 4
    assert all(0 < life <= 60_000 for life in lives)


def test_rate_keeps_no_more_calls_than_its_limit(server: RedisServer, store: RedisStore) -> None:
    for _ in range(40):
        try:
            store.count_call("a", 30)
        except RateLimitedError:
            continue
    with redis.Redis.from_url(server.url) as administrator:
        assert administrator.llen("visavis:rate:a") == 30


def test_closed_store_has_no_connections(server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as administrator:
        before = len(administrator.client_list())
        with open_redis(server.url) as store:
            store.check()
            assert len(administrator.client_list()) == before + 1
        give_up_at = time.monotonic() + 5
        while len(administrator.client_list()) != before:
            assert time.monotonic() < give_up_at
            os.sched_yield()
