"""Accounts as rows, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from visavis.errors import NotFoundError, ParameterError
from visavis.service.accounts import Account, AccountState, Interface, Limits, QualityDemand
from visavis.storage.tables import ACCOUNTS, GRANTS

NAME_LIMIT = 200
COUNT_LIMIT = 10**15
RATE_LIMIT = 10_000
"""Calls a second; the times of so many are kept in one row."""


def read_account(connection: sa.Connection, account_id: str) -> Account | None:
    """One account; None where there is none."""
    row = connection.execute(_ACCOUNT, {"account": account_id}).one_or_none()
    if row is None:
        return None
    return _account(row, connection.scalars(_INTERFACES, {"account": account_id}).all())


def require_account(connection: sa.Connection, account_id: str, *, lock: bool = False) -> Account:
    """One account that somebody named.

    Args:
        connection: in a transaction.
        account_id: as it was typed.
        lock: keep all others from changing or deleting it until the transaction ends.

    Raises:
        NotFoundError: there is none.
    """
    # PostgreSQL refuses text with a zero byte.
    is_id = account_id.isalnum()
    if is_id and lock:
        connection.execute(_LOCKED, {"account": account_id})
    account = read_account(connection, account_id) if is_id else None
    if account is None:
        raise NotFoundError(f"there is no account {account_id!r}")
    return account


def read_accounts(connection: sa.Connection) -> tuple[Account, ...]:
    """All accounts, the oldest first."""
    interfaces = defaultdict(list)
    for account_id, interface in connection.execute(sa.select(GRANTS.c.account_id, GRANTS.c.interface)):
        interfaces[account_id].append(interface)
    rows = connection.execute(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.created_at, ACCOUNTS.c.account_id))
    return tuple(_account(row, interfaces[row.account_id]) for row in rows)


def check_name(name: str) -> str:
    """An account's name.

    Raises:
        ParameterError: it is empty, too long, or has characters that cannot be shown.
    """
    if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
        raise ParameterError(f"a name has 1 to {NAME_LIMIT} printable characters")
    return name.strip()


def check_limits(limits: Limits) -> Limits:
    """An account's limits.

    Raises:
        ParameterError: one of them is out of its range.
    """
    for name, value, most in (
        ("calls a second", limits.per_second, RATE_LIMIT),
        ("calls a day", limits.per_day, COUNT_LIMIT),
        ("calls in total", limits.total, COUNT_LIMIT),
    ):
        if value is not None and not 1 <= value <= most:
            raise ParameterError(f"{name} can be limited to 1 up to {most:,}, not to {value:,}")
    return limits


def _account(row: sa.Row[tuple[object, ...]], interfaces: Collection[str]) -> Account:
    return Account(
        row.account_id,
        row.name,
        AccountState(row.state),
        frozenset(map(Interface, interfaces)),
        Limits(row.per_second, row.per_day, row.total),
        QualityDemand(row.quality),
    )


_ACCOUNT = sa.select(ACCOUNTS).where(ACCOUNTS.c.account_id == sa.bindparam("account"))
# Such a lock lets others refer to the account meanwhile: calls go on being counted.
_LOCKED = (
    sa.select(ACCOUNTS.c.account_id)
    .where(ACCOUNTS.c.account_id == sa.bindparam("account"))
    .with_for_update(key_share=True)
)
_INTERFACES = sa.select(GRANTS.c.interface).where(GRANTS.c.account_id == sa.bindparam("account"))
