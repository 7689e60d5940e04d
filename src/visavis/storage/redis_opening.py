"""Opens Redis where its packages are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visavis.errors import ParameterError, StoreError

if TYPE_CHECKING:
    from visavis.storage.redis_store import RedisStore

_SCHEMES = ("redis://", "rediss://")


def open_redis(url: str) -> RedisStore:
    """Nonces and rates in Redis. Does not connect yet: see `RedisStore.check`.

    Args:
        url: `redis://USER:PASSWORD@HOST:PORT/NUMBER`, or `rediss://…` for TLS.

    Raises:
        ParameterError: another kind of URL.
        StoreError: a package is missing.
    """
    if not url.startswith(_SCHEMES):
        raise ParameterError("the URL of Redis must begin with redis:// or rediss://")
    try:
        from visavis.storage.redis_store import RedisStore
    except ModuleNotFoundError as error:
        raise StoreError(
            "nonces and rates in Redis need the packages redis and limits; install visavis[redis]"
        ) from error
    return RedisStore(url)
