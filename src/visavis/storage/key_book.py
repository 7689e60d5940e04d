"""Administration of key pairs."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from visavis.errors import NotFoundError, ParameterError
from visavis.service.accounts import KeyKind
from visavis.service.administration import KeyPair, KeyRecord
from visavis.storage.account_rows import require_account
from visavis.storage.generate import check_pair, generate_pair, generate_secret, is_key_id
from visavis.storage.keys import SqlKeyFinder, secret_row
from visavis.storage.tables import ACCESS_KEYS, KEY_SECRETS


class SqlKeyBook(SqlKeyFinder):
    """The part of `visavis.service.administration.AccountBook` that is about keys."""

    def create_key(self, account_id: str, kind: KeyKind, pair: KeyPair | None = None) -> KeyPair:
        """See `AccountBook`."""
        if pair is not None and pair.kind is not kind:
            raise ParameterError(f"the key pair is of kind {pair.kind}, not {kind}")
        pair = generate_pair(kind) if pair is None else check_pair(pair)
        with self._database.writing() as connection:
            require_account(connection, account_id, lock=True)
            row = {"kind": kind.value, "key_id": pair.key_id, "account_id": account_id, "is_enabled": True}
            try:
                connection.execute(sa.insert(ACCESS_KEYS).values(created_at=self._clock(), **row))
            except IntegrityError:
                raise ParameterError(f"there is a {kind} key {pair.key_id} already") from None
            self._add_secret(connection, pair, 1)
        return pair

    def list_keys(self, account_id: str | None = None) -> tuple[KeyRecord, ...]:
        """See `AccountBook`."""
        with self._database.reading() as connection:
            if account_id is not None:
                require_account(connection, account_id)
            is_wanted = sa.true() if account_id is None else ACCESS_KEYS.c.account_id == account_id
            rows = connection.execute(_RECORDS.where(is_wanted))
            return tuple(
                KeyRecord(KeyKind(row.kind), row.key_id, row.account_id, row.is_enabled, row.secrets, row.created_at)
                for row in rows
            )

    def rotate_key(self, kind: KeyKind, key_id: str) -> KeyPair:
        """See `AccountBook`."""
        pair = KeyPair(kind, key_id, generate_secret(kind, key_id))
        with self._database.writing() as connection:
            serials = _locked_serials(connection, kind, key_id)
            if len(serials) > 1:
                raise ParameterError(f"the {kind} key {key_id} has an old secret still; retire it first")
            self._add_secret(connection, pair, serials[-1] + 1)
        self.forget_keys()
        return pair

    def retire_secret(self, kind: KeyKind, key_id: str) -> bool:
        """See `AccountBook`."""
        with self._database.writing() as connection:
            newest = _locked_serials(connection, kind, key_id)[-1]
            old = sa.delete(KEY_SECRETS).where(
                KEY_SECRETS.c.kind == kind.value, KEY_SECRETS.c.key_id == key_id, KEY_SECRETS.c.serial < newest
            )
            is_retired = connection.execute(old).rowcount > 0
        self.forget_keys()
        return is_retired

    def set_key_enabled(self, kind: KeyKind, key_id: str, is_enabled: bool) -> None:
        """See `AccountBook`."""
        with self._database.writing() as connection:
            _locked_serials(connection, kind, key_id)
            connection.execute(sa.update(ACCESS_KEYS).where(_is_key(kind, key_id)).values(is_enabled=is_enabled))
        self.forget_keys()

    def delete_key(self, kind: KeyKind, key_id: str) -> None:
        """See `AccountBook`."""
        with self._database.writing() as connection:
            _locked_serials(connection, kind, key_id)
            connection.execute(sa.delete(ACCESS_KEYS).where(_is_key(kind, key_id)))
        self.forget_keys()

    def _add_secret(self, connection: sa.Connection, pair: KeyPair, serial: int) -> None:
        sealed = self._key_secrets.seal(pair.secret.encode(), *secret_row(pair.kind, pair.key_id, serial))
        row = {"kind": pair.kind.value, "key_id": pair.key_id, "serial": serial, "sealed": sealed}
        connection.execute(sa.insert(KEY_SECRETS).values(row))


def _is_key(kind: KeyKind, key_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(ACCESS_KEYS.c.kind == kind.value, ACCESS_KEYS.c.key_id == key_id)


def _locked_serials(connection: sa.Connection, kind: KeyKind, key_id: str) -> list[int]:
    """The serials of a key's secrets, the oldest first; nobody else can change the key until the transaction ends."""
    locked = sa.select(ACCESS_KEYS.c.key_id).where(_is_key(kind, key_id)).with_for_update()
    if not is_key_id(key_id) or connection.execute(locked).one_or_none() is None:
        raise NotFoundError(f"there is no {kind} key {key_id!r}")
    serials = sa.select(KEY_SECRETS.c.serial).where(KEY_SECRETS.c.kind == kind.value, KEY_SECRETS.c.key_id == key_id)
    return list(connection.scalars(serials.order_by(KEY_SECRETS.c.serial)))


_RECORDS = (
    sa.select(
        *ACCESS_KEYS.c,
        sa.select(sa.func.count())
        .where(KEY_SECRETS.c.kind == ACCESS_KEYS.c.kind, KEY_SECRETS.c.key_id == ACCESS_KEYS.c.key_id)
        .scalar_subquery()
        .label("secrets"),
    )
    .select_from(ACCESS_KEYS)
    .order_by(ACCESS_KEYS.c.created_at, ACCESS_KEYS.c.key_id)
)
