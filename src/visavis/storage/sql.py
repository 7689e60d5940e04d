"""The store as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from visavis.errors import SecretKeyError, StoreError
from visavis.storage.account_book import SqlAccountBook
from visavis.storage.database import Database
from visavis.storage.encryption import Purpose, Sealer
from visavis.storage.faces import SqlFaceTokenStore
from visavis.storage.key_book import SqlKeyBook
from visavis.storage.migration import migrate_store
from visavis.storage.nonces import SqlNonceLog
from visavis.storage.part import StoreContext
from visavis.storage.quotas import SqlQuotaBook
from visavis.storage.rates import SqlRateCounter
from visavis.storage.tables import STORE

_CHECKED = b"visavis"
_ROW = 1


class SqlStore(SqlAccountBook, SqlKeyBook, SqlNonceLog, SqlRateCounter, SqlQuotaBook, SqlFaceTokenStore):
    """Every port that is about keeping, in one database; each part's own class says how.

    Right across any number of threads and processes; each process opens its own, after it was forked. All methods
    block. All of them raise StoreError when the store cannot be read or written.
    """

    def close(self) -> None:
        """Close all connections; the store is not to be used any more."""
        self._database.close()

    def __enter__(self) -> SqlStore:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def open_store(
    url: str, secret_key: bytes, *, migrate: bool = True, clock: Callable[[], float] = time.time
) -> SqlStore:
    """Open a store, and make it where it is not there yet.

    Args:
        url: `sqlite:///PATH` (four slashes before an absolute path) or `postgresql://USER:PASSWORD@HOST/DATABASE`.
        secret_key: the server's, see `load_secret_key`.
        migrate: bring the store to this version first; False: refuse one that is not.
        clock: Unix seconds; for rates and for what was made when.

    Raises:
        ParameterError: another kind of URL.
        SecretKeyError: the store was written with another secret key.
        StoreError: the store cannot be opened, or is of a newer version.
    """
    database = Database(url)
    try:
        migrate_store(database, migrate=migrate)
        _check_secret_key(database, secret_key)
        return SqlStore(StoreContext(database, secret_key, clock))
    except BaseException:
        database.close()
        raise


def _check_secret_key(database: Database, secret_key: bytes) -> None:
    """The first to open a store seals a known word in it; whoever comes later must be able to read it."""
    sealer = Sealer(secret_key, Purpose.KEY_CHECK)
    with database.writing() as connection:
        new = database.insert(STORE).values(row=_ROW, key_check=sealer.seal(_CHECKED, "store"))
        connection.execute(new.on_conflict_do_nothing(index_elements=[STORE.c.row]))
        sealed = connection.execute(sa.select(STORE.c.key_check).where(STORE.c.row == _ROW)).scalar_one()
    try:
        is_right = sealer.open(sealed, "store") == _CHECKED
    except StoreError:
        is_right = False
    if not is_right:
        raise SecretKeyError("the secret key is not the one that the store was written with")
