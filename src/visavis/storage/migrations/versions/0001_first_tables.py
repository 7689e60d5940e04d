"""The first tables.

A migration never changes once it is released; it names columns itself, and takes nothing from `visavis.storage.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "store",
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key_check", sa.LargeBinary, nullable=False),
    )
    _create_accounts()
    _create_keys()
    _create_counts()
    op.create_table(
        "nonces",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at", sa.Double, nullable=False),
    )
    op.create_index("nonces_by_expiry", "nonces", ["expires_at"])
    op.create_table(
        "faces",
        _owner(primary_key=True),
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("measures", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Double),
    )
    op.create_index("faces_by_expiry", "faces", ["expires_at"])


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("per_second", sa.BigInteger),
        sa.Column("per_day", sa.BigInteger),
        sa.Column("total", sa.BigInteger),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_table("grants", _owner(primary_key=True), sa.Column("interface", sa.String(64), primary_key=True))


def _create_keys() -> None:
    op.create_table(
        "access_keys",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("key_id", sa.String(128), primary_key=True),
        _owner(),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("access_keys_by_account", "access_keys", ["account_id"])
    op.create_table(
        "key_secrets",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("key_id", sa.String(128), primary_key=True),
        sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["kind", "key_id"], ["access_keys.kind", "access_keys.key_id"], ondelete="CASCADE"),
    )


def _create_counts() -> None:
    op.create_table(
        "ledgers",
        _owner(primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("has_packages", sa.Boolean, nullable=False),
    )
    op.create_table(
        "daily_calls",
        _owner(primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "packages",
        sa.Column("package_id", sa.String(64), primary_key=True),
        _owner(),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
    )
    op.create_index("packages_by_account", "packages", ["account_id", "expires_at"])
    op.create_table("rates", _owner(primary_key=True), sa.Column("admitted_at", sa.LargeBinary, nullable=False))


def _owner(*, primary_key: bool = False) -> sa.Column[str]:
    foreign_key = sa.ForeignKey("accounts.account_id", ondelete="CASCADE")
    return sa.Column("account_id", sa.String(64), foreign_key, primary_key=primary_key, nullable=False)
