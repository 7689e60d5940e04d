"""The tables as they are now; `migrations` says how they came to be, and a test that both agree."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

STORE = Table(
    "store",
    METADATA,
    # One row only: what the server's secret key is checked against.
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("key_check", LargeBinary, nullable=False),
)

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account_id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("state", String(32), nullable=False),
    Column("per_second", BigInteger),
    Column("per_day", BigInteger),
    Column("total", BigInteger),
    Column("quality", String(16), nullable=False, server_default="none"),
    Column("created_at", Double, nullable=False),
)


def _owner(*, primary_key: bool = False) -> Column[str]:
    foreign_key = ForeignKey("accounts.account_id", ondelete="CASCADE")
    return Column("account_id", String(64), foreign_key, primary_key=primary_key, nullable=False)


GRANTS = Table("grants", METADATA, _owner(primary_key=True), Column("interface", String(64), primary_key=True))

ACCESS_KEYS = Table(
    "access_keys",
    METADATA,
    Column("kind", String(32), primary_key=True),
    Column("key_id", String(128), primary_key=True),
    _owner(),
    Column("is_enabled", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("access_keys_by_account", "account_id"),
)

KEY_SECRETS = Table(
    "key_secrets",
    METADATA,
    Column("kind", String(32), primary_key=True),
    Column("key_id", String(128), primary_key=True),
    # The newest has the highest; none is ever used twice for a key.
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    ForeignKeyConstraint(["kind", "key_id"], ["access_keys.kind", "access_keys.key_id"], ondelete="CASCADE"),
)

LEDGERS = Table(
    "ledgers",
    METADATA,
    # One row an account. Whoever counts a call locks it first, so that calls of one account are counted one by one.
    _owner(primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("has_packages", Boolean, nullable=False),
)

DAILY_CALLS = Table(
    "daily_calls",
    METADATA,
    _owner(primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("calls", BigInteger, nullable=False),
)

PACKAGES = Table(
    "packages",
    METADATA,
    Column("package_id", String(64), primary_key=True),
    _owner(),
    Column("calls", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("packages_by_account", "account_id", "expires_at"),
)

RATES = Table(
    "rates",
    METADATA,
    _owner(primary_key=True),
    # Unix seconds of the calls that were admitted within the last second: float64, little endian.
    Column("admitted_at", LargeBinary, nullable=False),
)

NONCES = Table(
    "nonces",
    METADATA,
    # SHA-256, so that a client's nonce of any length and content takes 32 bytes.
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", Double, nullable=False),
    Index("nonces_by_expiry", "expires_at"),
)

FACES = Table(
    "faces",
    METADATA,
    _owner(primary_key=True),
    Column("token", String(32), primary_key=True),
    Column("model_id", String(200), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("condition", Text, nullable=False),
    Column("measures", LargeBinary, nullable=False),
    Column("expires_at", Double),
    Index("faces_by_expiry", "expires_at"),
)
