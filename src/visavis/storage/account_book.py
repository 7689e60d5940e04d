"""Administration of accounts and packages."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from visavis.errors import ParameterError
from visavis.service.accounts import Account, AccountState, Interface, Limits, Package, QualityDemand
from visavis.service.administration import UNLIMITED, AccountChange, Keep, Usage
from visavis.storage.account_rows import COUNT_LIMIT, check_limits, check_name, read_accounts, require_account
from visavis.storage.generate import generate_id
from visavis.storage.keys import SqlKeyFinder
from visavis.storage.ledger import lock_ledger
from visavis.storage.quotas import day_of
from visavis.storage.tables import ACCOUNTS, DAILY_CALLS, GRANTS, LEDGERS, PACKAGES


class SqlAccountBook(SqlKeyFinder):
    """The part of `visavis.service.administration.AccountBook` that is not about keys."""

    def create_account(
        self,
        name: str,
        *,
        interfaces: Collection[Interface] = (),
        limits: Limits = UNLIMITED,
        state: AccountState = AccountState.ACTIVE,
        quality: QualityDemand = QualityDemand.NONE,
    ) -> Account:
        """See `AccountBook`."""
        account = Account(generate_id(), check_name(name), state, frozenset(interfaces), check_limits(limits), quality)
        with self._database.writing() as connection:
            row = {"account_id": account.account_id, "created_at": self._clock(), **_columns(account)}
            connection.execute(sa.insert(ACCOUNTS).values(row))
            connection.execute(sa.insert(LEDGERS).values(account_id=account.account_id, calls=0, has_packages=False))
            _grant(connection, account.account_id, account.interfaces)
        return account

    def list_accounts(self) -> tuple[Account, ...]:
        """See `AccountBook`."""
        with self._database.reading() as connection:
            return read_accounts(connection)

    def get_account(self, account_id: str) -> Account:
        """See `AccountBook`."""
        with self._database.reading() as connection:
            return require_account(connection, account_id)

    def update_account(self, account_id: str, change: AccountChange) -> Account:
        """See `AccountBook`."""
        with self._database.writing() as connection:
            # The row is locked before it is read: of two changes at the same time neither undoes the other.
            before = require_account(connection, account_id, lock=True)
            after = _changed(before, change)
            connection.execute(sa.update(ACCOUNTS).where(_is_account(account_id)).values(_columns(after)))
            _grant(connection, account_id, after.interfaces - before.interfaces)
            revoked = GRANTS.c.interface.in_([interface.value for interface in before.interfaces - after.interfaces])
            connection.execute(sa.delete(GRANTS).where(GRANTS.c.account_id == account_id, revoked))
        self.forget_keys()
        return after

    def delete_account(self, account_id: str) -> None:
        """See `AccountBook`. All that belongs to it refers to it, and goes with it."""
        with self._database.writing() as connection:
            require_account(connection, account_id)
            # As whoever counts a call does, first the ledger and then the account: neither waits for the other forever.
            lock_ledger(connection, account_id)
            connection.execute(sa.delete(ACCOUNTS).where(_is_account(account_id)))
        self.forget_keys()

    def add_package(self, account_id: str, calls: int, expires_at: float) -> Package:
        """See `AccountBook`."""
        if not 1 <= calls <= COUNT_LIMIT:
            raise ParameterError(f"a package has 1 to {COUNT_LIMIT:,} calls, not {calls:,}")
        if not self._clock() < expires_at < _LATEST:
            raise ParameterError("a package expires in the future, before the year 10000")
        package = Package(generate_id(), account_id, calls, 0, expires_at)
        with self._database.writing() as connection:
            require_account(connection, account_id)
            connection.execute(sa.update(LEDGERS).where(LEDGERS.c.account_id == account_id).values(has_packages=True))
            connection.execute(
                sa.insert(PACKAGES).values(
                    package_id=package.package_id, account_id=account_id, calls=calls, used=0, expires_at=expires_at
                )
            )
        return package

    def list_packages(self, account_id: str) -> tuple[Package, ...]:
        """See `AccountBook`."""
        with self._database.reading() as connection:
            require_account(connection, account_id)
            rows = connection.execute(
                sa.select(PACKAGES)
                .where(PACKAGES.c.account_id == account_id)
                .order_by(PACKAGES.c.expires_at, PACKAGES.c.package_id)
            )
            return tuple(Package(row.package_id, account_id, row.calls, row.used, row.expires_at) for row in rows)

    def count_usage(self, account_id: str, now: float) -> Usage:
        """See `AccountBook`."""
        day = day_of(now)
        of_day = sa.and_(DAILY_CALLS.c.account_id == account_id, DAILY_CALLS.c.day == day)
        with self._database.reading() as connection:
            require_account(connection, account_id)
            today = connection.scalar(sa.select(DAILY_CALLS.c.calls).where(of_day))
            total = connection.scalar(sa.select(LEDGERS.c.calls).where(LEDGERS.c.account_id == account_id))
        return Usage(day, today or 0, total or 0)


_LATEST = 253402300800.0


def _is_account(account_id: str) -> sa.ColumnElement[bool]:
    return ACCOUNTS.c.account_id == account_id


def _columns(account: Account) -> dict[str, str | int | None]:
    limits = account.limits
    return {
        "name": account.name,
        "state": account.state.value,
        "per_second": limits.per_second,
        "per_day": limits.per_day,
        "total": limits.total,
        "quality": account.quality.value,
    }


def _grant(connection: sa.Connection, account_id: str, interfaces: Iterable[Interface]) -> None:
    rows = [{"account_id": account_id, "interface": interface.value} for interface in sorted(interfaces)]
    if rows:
        connection.execute(sa.insert(GRANTS), rows)


def _changed(account: Account, change: AccountChange) -> Account:
    before = account.limits
    limits = Limits(
        _replaced(before.per_second, change.per_second),
        _replaced(before.per_day, change.per_day),
        _replaced(before.total, change.total),
    )
    return Account(
        account.account_id,
        account.name if change.name is None else check_name(change.name),
        account.state if change.state is None else change.state,
        (account.interfaces | frozenset(change.grant)) - frozenset(change.revoke),
        check_limits(limits),
        account.quality if change.quality is None else change.quality,
    )


def _replaced(value: int | None, change: int | Keep | None) -> int | None:
    return value if isinstance(change, Keep) else change
