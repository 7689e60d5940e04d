"""Accounts, keys, counts, nonces and faces by token, in SQLite or PostgreSQL."""

from visavis.storage.encryption import derive_key
from visavis.storage.secret_key import SECRET_KEY_FILE, load_secret_key
from visavis.storage.sql import SqlStore, open_store

__all__ = ["SECRET_KEY_FILE", "SqlStore", "derive_key", "load_secret_key", "open_store"]
