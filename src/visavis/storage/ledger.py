"""The row of an account that is locked before any of its calls is counted."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from visavis.errors import AccountStateError
from visavis.service.accounts import AccountState
from visavis.storage.tables import LEDGERS


@dataclass(frozen=True, slots=True)
class Ledger:
    """What it says.

    Attributes:
        calls: charged or reserved ever.
        has_packages: whether the account pays with packages.
    """

    calls: int
    has_packages: bool


def lock_ledger(connection: sa.Connection, account_id: str) -> Ledger:
    """Keep all others from counting calls of this account until the transaction ends.

    Raises:
        AccountStateError: the account has just been deleted.
    """
    row = connection.execute(_LOCKED, {"account": account_id}).one_or_none()
    if row is None:
        raise AccountStateError(AccountState.RECLAIMED)
    return Ledger(row.calls, row.has_packages)


# SQLite's writing transactions are one at a time in any case; there FOR UPDATE says nothing.
_LOCKED = (
    sa.select(LEDGERS.c.calls, LEDGERS.c.has_packages)
    .where(LEDGERS.c.account_id == sa.bindparam("account"))
    .with_for_update()
)
