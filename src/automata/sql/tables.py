"""The tables of the store. Times are whole milliseconds since 1970 by the database's clock; documents are JSON text.

Columns named ``org`` are opaque to the kernel.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the kernel, as the newest migration leaves them."""

INSTANT = sa.BigInteger
DATA = sa.LargeBinary
"""UTF-8 JSON; bytes, so that neither database parses or re-encodes it."""

WORKFLOWS = sa.Table(
    "automata_workflow_version",
    METADATA,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("document", DATA, nullable=False),
    sa.Column("published_ms", INSTANT, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

HEADS = sa.Table(
    "automata_workflow",
    METADATA,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("current", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sqlite_with_rowid=False,
)

WORKERS = sa.Table(
    "automata_worker",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("started_ms", INSTANT, nullable=False),
    sa.Column("expires_ms", INSTANT, nullable=False),
    sa.Column("process", sa.Text),
)

RUNS = sa.Table(
    "automata_run",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("org", sa.Text, nullable=False, default=""),
    sa.Column("workflow", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("digest", sa.Text, nullable=False, default=""),
    sa.Column("parent", sa.Text),
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("epoch", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.Text),
    sa.Column("wake_ms", INSTANT),
    sa.Column("created_ms", INSTANT, nullable=False),
    sa.Column("finished_ms", INSTANT),
    sa.Column("slot", sa.Text),
    sa.Column("lane", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("place", sa.BigInteger),
    sa.Column("output", DATA),
    sa.Column("error", DATA),
    sa.Index(
        "uq_automata_run_org_key",
        "org",
        "key",
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    ),
    sa.Index(
        "ix_automata_run_due",
        "org",
        sa.text("priority DESC"),
        "wake_ms",
        sqlite_where=sa.text("owner IS NULL AND wake_ms IS NOT NULL"),
        postgresql_where=sa.text("owner IS NULL AND wake_ms IS NOT NULL"),
    ),
    sa.Index(
        "ix_automata_run_owner",
        "owner",
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    ),
    sa.Index(
        "ix_automata_run_held",
        "slot",
        "created_ms",
        sqlite_where=sa.text("slot IS NOT NULL AND place IS NULL AND finished_ms IS NULL"),
        postgresql_where=sa.text("slot IS NOT NULL AND place IS NULL AND finished_ms IS NULL"),
    ),
    sa.Index(
        "ix_automata_run_queue",
        "slot",
        "lane",
        sa.text("priority DESC"),
        "place",
        sqlite_where=sa.text("slot IS NOT NULL AND place IS NOT NULL"),
        postgresql_where=sa.text("slot IS NOT NULL AND place IS NOT NULL"),
    ),
    sa.Index(
        "ix_automata_run_delayed",
        "wake_ms",
        sqlite_where=sa.text("place IS NOT NULL AND wake_ms IS NOT NULL"),
        postgresql_where=sa.text("place IS NOT NULL AND wake_ms IS NOT NULL"),
    ),
    sa.Index("ix_automata_run_created", "org", "created_ms", "id"),
    sa.Index("ix_automata_run_workflow", "org", "workflow", "created_ms", "id"),
    sa.Index(
        "ix_automata_run_parent",
        "parent",
        sqlite_where=sa.text("parent IS NOT NULL"),
        postgresql_where=sa.text("parent IS NOT NULL"),
    ),
)
"""The current-state row of every run; ``owner`` and ``wake_ms`` are both NULL once it is final.

``slot`` is what the run needs a place in before it may begin (its workflow's ``concurrency``), ``lane`` the key within
it that takes turns with others. ``place`` is its number in the queue: a run that has one is not to be claimed. With
``wake_ms`` it is looked at again then (a rate limit, a debounce), without only when another run gives up its slot.
"""

SLOTS = sa.Table(
    "automata_slot",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("capacity", sa.Integer, nullable=False, default=0),
    sa.Column("turns", sa.Boolean, nullable=False, default=False),
    sa.Column("lane", sa.Text, nullable=False, default=""),
    sa.Column("ticket", sa.BigInteger, nullable=False, default=0),
    sa.Column("run", sa.Text),
    sa.Column("first_ms", INSTANT),
    sqlite_with_rowid=False,
)
"""What starts of the same key are decided under the lock of: a concurrency slot, a rate, or a debounce.

``capacity`` is the newest limit, ``turns`` whether lanes take turns and ``lane`` the one served last, ``ticket`` the
last place given out. For a debounce ``run`` is the start that waits and ``first_ms`` when its series began.
"""

RATES = sa.Table(
    "automata_rate",
    METADATA,
    sa.Column("slot", sa.Text, primary_key=True),
    sa.Column("at_ms", INSTANT, primary_key=True),
    sa.Column("run", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Starts that count against a rate, at the instant each may begin."""

JOURNAL = sa.Table(
    "automata_journal",
    METADATA,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("events", DATA, nullable=False),
    sa.Column("chain", DATA, nullable=False),
    sqlite_with_rowid=False,
)
"""Append-only: one row a turn, at the number of events before it.

``chain`` is the digest of the row's events and of the chain before it.
"""

INBOX = sa.Table(
    "automata_inbox",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("body", DATA, nullable=False),
    sa.Column("taken", sa.Boolean, nullable=False, default=False),
    sa.Index("uq_automata_inbox_run_id", "run", "id", unique=True),
    sa.Index(
        "ix_automata_inbox_waiting",
        "run",
        "number",
        sqlite_where=sa.text("NOT taken"),
        postgresql_where=sa.text("NOT taken"),
    ),
)
"""Messages to runs. Taken ones stay until their run is pruned: their ids must not be accepted again."""

OCCURRENCES = sa.Table(
    "automata_occurrence",
    METADATA,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("at_ms", INSTANT, primary_key=True),
    sa.Column("run", sa.Text),
    sqlite_with_rowid=False,
)
"""Ticks of schedules; ``run`` is NULL for one that was skipped."""

SCHEDULES = sa.Table(
    "automata_schedule",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("org", sa.Text, nullable=False, default=""),
    sa.Column("workflow", sa.Text, nullable=False),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("spec", DATA, nullable=False),
    sa.Column("next_ms", INSTANT),
    sa.Index("ix_automata_schedule_workflow", "org", "workflow"),
    sa.Index(
        "ix_automata_schedule_next",
        "next_ms",
        sqlite_where=sa.text("next_ms IS NOT NULL"),
        postgresql_where=sa.text("next_ms IS NOT NULL"),
    ),
)
"""One row a trigger node of an enabled workflow's current version; ``next_ms`` is NULL while it is off."""

CURSORS = sa.Table(
    "automata_cursor",
    METADATA,
    sa.Column("trigger", sa.Text, primary_key=True),
    sa.Column("value", DATA, nullable=False),
    sa.Column("updated_ms", INSTANT, nullable=False),
)

OUTBOX = sa.Table(
    "automata_outbox",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("body", DATA, nullable=False),
    sa.Column("due_ms", INSTANT, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.Text),
    sa.Column("error", DATA),
    sa.Column("dead", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index(
        "ix_automata_outbox_due",
        "due_ms",
        sqlite_where=sa.text("NOT dead"),
        postgresql_where=sa.text("NOT dead"),
    ),
)
"""Messages that were not sent yet; ``owner`` is the worker whose relay sends it now, ``dead`` one that was given up."""

BLOBS = sa.Table(
    "automata_blob",
    METADATA,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("used_ms", INSTANT, nullable=False),
)
"""Large values by SHA-256; ``data`` is NULL where they live in files."""

PROPERTIES = sa.Table(
    "automata_property",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Facts of the installation: its key for idempotency keys, its generation."""
