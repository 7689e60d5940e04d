"""Runs the migrations on the connection, and in the transaction, that `visavis.storage.migration` hands over."""

from __future__ import annotations

from alembic import context

from visavis.storage.migration import VERSION_TABLE
from visavis.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
