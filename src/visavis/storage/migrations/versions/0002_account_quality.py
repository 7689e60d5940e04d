"""How good an account's photos have to be.

A migration never changes once it is released.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is asked of the photos of those that are there already."""
    op.add_column("accounts", sa.Column("quality", sa.String(16), nullable=False, server_default="none"))
