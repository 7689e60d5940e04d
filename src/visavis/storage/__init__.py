"""Accounts, keys, counts, nonces and faces by token, in SQLite or PostgreSQL; nonces and rates also in Redis."""

from visavis.storage.copy import copy_store
from visavis.storage.encryption import derive_key
from visavis.storage.redis_opening import open_redis
from visavis.storage.rekey import change_secret_key
from visavis.storage.secret_key import SECRET_KEY_FILE, load_secret_key
from visavis.storage.sql import SqlStore, open_store

__all__ = [
    "SECRET_KEY_FILE",
    "SqlStore",
    "change_secret_key",
    "copy_store",
    "derive_key",
    "load_secret_key",
    "open_redis",
    "open_store",
]
