"""Workers say which process they are, so that one that was killed need not be waited for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
oldest = "0002"
"""Programs that know only the schema before leave the column empty, and wait for leases."""


def upgrade() -> None:
    """Add the column."""
    op.add_column("automata_worker", sa.Column("process", sa.Text))


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("automata_worker", "process")
