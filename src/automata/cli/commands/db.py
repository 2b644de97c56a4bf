"""``automata db``: the database runs are kept in, as a thing to look after."""

from __future__ import annotations

from automata.cli.lazy import LazyGroup

TABLE: dict[str, tuple[str, str]] = {
    "status": ("db_schema:status", "Say where the database is, and whether its tables fit this program."),
    "upgrade": ("db_schema:upgrade", "Bring the tables to the newest schema."),
    "downgrade": ("db_schema:downgrade", "Bring the tables back to an older schema."),
    "backup": ("db_backup:backup", "Copy the database to a file while it is worked on."),
    "restore": ("db_backup:restore", "Put a backup in the place of the database."),
    "prune": ("db_prune", "Remove runs that are over and old."),
}
"""Name to place below ``automata.cli.commands`` and summary."""

command = LazyGroup(
    "db",
    TABLE,
    about="Look after the database runs are kept in.",
    more="It is the one of --database, of the setting AUTOMATA_DATABASE, or a SQLite file of the project.",
    examples=(
        "automata db status",
        "automata db backup backups/today.db",
        "automata db prune --older-than 30d --dry-run",
    ),
)
