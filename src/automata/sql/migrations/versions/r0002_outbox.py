"""The outbox: who sends a message, why that failed, and whether it was given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
oldest = "0002"
"""Programs that know only the schema before do not know which messages were given up."""

_TABLE = "automata_outbox"
_INDEX = "ix_automata_outbox_due"


def upgrade() -> None:
    """Add the columns, and index only what is still to be sent."""
    op.add_column(_TABLE, sa.Column("owner", sa.Text))
    op.add_column(_TABLE, sa.Column("error", sa.LargeBinary))
    op.add_column(_TABLE, sa.Column("dead", sa.Boolean, nullable=False, server_default=sa.false()))
    op.drop_index(_INDEX, _TABLE)
    waiting = sa.text("NOT dead")
    op.create_index(_INDEX, _TABLE, ["due_ms"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    """Take the columns away again."""
    op.drop_index(_INDEX, _TABLE)
    op.create_index(_INDEX, _TABLE, ["due_ms"])
    for column in ("dead", "error", "owner"):
        op.drop_column(_TABLE, column)
