"""The first tables: workflows, workers, runs with journal and inbox, schedules, cursors, outbox, blobs, properties."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest = "0001"
"""Programs that know this schema, or a later one, can use the database once this migration ran."""

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TABLES = (
    "automata_property",
    "automata_blob",
    "automata_outbox",
    "automata_cursor",
    "automata_schedule",
    "automata_occurrence",
    "automata_inbox",
    "automata_journal",
    "automata_rate",
    "automata_slot",
    "automata_run",
    "automata_worker",
    "automata_workflow",
    "automata_workflow_version",
)


def upgrade() -> None:
    """Create every table."""
    _workflows()
    _runs()
    _slots()
    _logs()
    _schedules()
    _rest()


def downgrade() -> None:
    """Drop every table, with everything in them."""
    for table in _TABLES:
        op.drop_table(table)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _index(
    table: str, name: str, columns: Sequence[str | sa.TextClause], where: str = "", *, unique: bool = False
) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _workflows() -> None:
    op.create_table(
        "automata_workflow_version",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("published_ms", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        _key("automata_workflow_version", "org", "name", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "automata_workflow",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("current", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        _key("automata_workflow", "org", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "automata_worker",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        _key("automata_worker", "id"),
    )


def _runs() -> None:
    table = "automata_run"
    op.create_table(
        table,
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("wake_ms", sa.BigInteger),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_ms", sa.BigInteger),
        sa.Column("slot", sa.Text),
        sa.Column("lane", sa.Text, nullable=False, server_default=""),
        sa.Column("place", sa.BigInteger),
        sa.Column("output", sa.LargeBinary),
        sa.Column("error", sa.LargeBinary),
        _key(table, "id"),
    )
    due: list[str | sa.TextClause] = ["org", sa.text("priority DESC"), "wake_ms"]
    _index(table, "uq_automata_run_org_key", ["org", "key"], "key IS NOT NULL", unique=True)
    _index(table, "ix_automata_run_due", due, "owner IS NULL AND wake_ms IS NOT NULL")
    _index(table, "ix_automata_run_owner", ["owner"], "owner IS NOT NULL")
    queued: list[str | sa.TextClause] = ["slot", "lane", sa.text("priority DESC"), "place"]
    held = "slot IS NOT NULL AND place IS NULL AND finished_ms IS NULL"
    _index(table, "ix_automata_run_held", ["slot", "created_ms"], held)
    _index(table, "ix_automata_run_queue", queued, "slot IS NOT NULL AND place IS NOT NULL")
    _index(table, "ix_automata_run_delayed", ["wake_ms"], "place IS NOT NULL AND wake_ms IS NOT NULL")
    _index(table, "ix_automata_run_created", ["org", "created_ms", "id"])
    _index(table, "ix_automata_run_workflow", ["org", "workflow", "created_ms", "id"])
    _index(table, "ix_automata_run_parent", ["parent"], "parent IS NOT NULL")


def _slots() -> None:
    op.create_table(
        "automata_slot",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("turns", sa.Boolean, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("ticket", sa.BigInteger, nullable=False),
        sa.Column("run", sa.Text),
        sa.Column("first_ms", sa.BigInteger),
        _key("automata_slot", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "automata_rate",
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        _key("automata_rate", "slot", "at_ms", "run"),
        sqlite_with_rowid=False,
    )


def _logs() -> None:
    op.create_table(
        "automata_journal",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        _key("automata_journal", "run", "position"),
        sqlite_with_rowid=False,
    )
    table = "automata_inbox"
    op.create_table(
        table,
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("taken", sa.Boolean, nullable=False),
        _key(table, "number"),
    )
    _index(table, "uq_automata_inbox_run_id", ["run", "id"], unique=True)
    _index(table, "ix_automata_inbox_waiting", ["run", "number"], "NOT taken")


def _schedules() -> None:
    op.create_table(
        "automata_occurrence",
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("run", sa.Text),
        _key("automata_occurrence", "schedule", "at_ms"),
        sqlite_with_rowid=False,
    )
    table = "automata_schedule"
    op.create_table(
        table,
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("spec", sa.LargeBinary, nullable=False),
        sa.Column("next_ms", sa.BigInteger),
        _key(table, "id"),
    )
    _index(table, "ix_automata_schedule_workflow", ["org", "workflow"])
    _index(table, "ix_automata_schedule_next", ["next_ms"], "next_ms IS NOT NULL")
    op.create_table(
        "automata_cursor",
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        _key("automata_cursor", "trigger"),
    )


def _rest() -> None:
    table = "automata_outbox"
    op.create_table(
        table,
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        _key(table, "number"),
        sa.UniqueConstraint("id", name="uq_automata_outbox_id"),
    )
    _index(table, "ix_automata_outbox_due", ["due_ms"])
    op.create_table(
        "automata_blob",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary),
        sa.Column("used_ms", sa.BigInteger, nullable=False),
        _key("automata_blob", "hash"),
    )
    op.create_table(
        "automata_property",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        _key("automata_property", "name"),
    )
