"""Nonces and rates in Redis."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from limits.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.retry import Retry

from visavis.errors import ParameterError, RateLimitedError, StoreError
from visavis.service.accounts import KeyKind

TIMEOUT_S = 1.0
"""How long Redis may take to let a connection in, and to answer."""
PAUSE_S = 1.0
"""How long it is left alone after it did not answer."""

_PREFIX = "visavis"
_WINDOW_S = 1

_log = logging.getLogger("visavis.storage")


class RedisStore:
    """`NonceLog` and `RateCounter` of `visavis.service.ports`, right across the workers of all machines.

    Good for all threads of a process, but not across a fork. It connects when it is first asked, and again by itself
    after Redis was away. Methods block for a few seconds at most. All of them raise StoreError when Redis does not
    answer, and then, without asking it, for `PAUSE_S` more: or every thread would soon wait for it.

    Args:
        url: `redis://USER:PASSWORD@HOST:PORT/NUMBER`, or `rediss://…` for TLS.

    Raises:
        ParameterError: it is no such URL.
    """

    def __init__(self, url: str) -> None:
        try:
            self._connections = redis.ConnectionPool.from_url(
                url,
                socket_connect_timeout=TIMEOUT_S,
                socket_timeout=TIMEOUT_S,
                # A nonce that is sent again because the answer got lost would be refused as used.
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError:
            raise ParameterError(_NO_URL) from None
        self._redis = redis.Redis(connection_pool=self._connections)
        scheme = url.partition("://")[0]
        self._windows = RedisStorage(
            f"{scheme}://", connection_pool=self._connections, key_prefix=f"{_PREFIX}:rate", wrap_exceptions=False
        )
        self._paused_until = -math.inf

    def check(self) -> None:
        """Whether Redis is there, takes writes, and forgets nothing before its time.

        Raises:
            ParameterError: an option of the URL is not one.
            StoreError: it is not, does not, or does.
        """
        try:
            with self._asking():
                memory: Any = self._redis.info("memory")
                self._redis.set(f"{_PREFIX}:check", b"", px=1000)
        except (TypeError, ValueError):
            raise ParameterError(_NO_URL) from None
        policy = memory.get("maxmemory_policy", "noeviction")
        if memory.get("maxmemory") and policy != "noeviction":
            raise StoreError(f"Redis must not forget nonces: its maxmemory-policy is {policy}, not noeviction")

    def remember_nonce(self, kind: KeyKind, key_id: str, nonce: str, now: float, lifetime_s: float) -> bool:
        """See `visavis.service.ports.NonceLog`. The life is measured by Redis, from when it hears of the nonce."""
        with self._asking():
            is_new = self._redis.set(_nonce_key(kind, key_id, nonce), b"", nx=True, px=math.ceil(lifetime_s * 1000))
        return bool(is_new)

    def count_call(self, account_id: str, per_second: int) -> None:
        """See `visavis.service.ports.RateCounter`. The window moves, and a call that is refused does not count.

        The library's own keys hold the limit; these do not, so that a changed limit does not begin a new second.
        """
        with self._asking():
            is_admitted = self._windows.acquire_entry(account_id, per_second, _WINDOW_S)
        if not is_admitted:
            raise RateLimitedError(per_second + 1, per_second)

    def close(self) -> None:
        """Close all connections; the store is not to be used any more."""
        self._connections.disconnect()

    def __enter__(self) -> RedisStore:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if time.monotonic() < self._paused_until:
            raise StoreError("Redis failed a moment ago")
        try:
            yield
        except (redis.ConnectionError, redis.TimeoutError) as error:
            self._paused_until = time.monotonic() + PAUSE_S
            _log.warning("Redis failed: %s", error)
            raise StoreError(f"Redis failed: {error}") from error
        except redis.RedisError as error:
            raise StoreError(f"Redis failed: {error}") from error


_NO_URL = "the URL of Redis cannot be used; redis://USER:PASSWORD@HOST:PORT/NUMBER can, or rediss://… for TLS"


def _nonce_key(kind: KeyKind, key_id: str, nonce: str) -> bytes:
    # A key id has no line feed, so that what comes first cannot be mistaken for what comes after it.
    digest = hashlib.sha256(f"{kind}\n{key_id}\n{nonce}".encode("utf-8", "surrogatepass")).digest()
    return f"{_PREFIX}:nonce:".encode() + digest
