"""``automata db status|upgrade|downgrade``: which schema the database has, and another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automata.cli.command import Command, console
from automata.cli.database import database_option, shown
from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.text import columns, counted, safe
from automata.cli.upkeep import confirm, engine_of, is_there, sized, trouble, url_of

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import URL

    from automata.cli.console import Console
    from automata.sql.upgrade import State, Step


@click.command(
    "status",
    cls=Command,
    short_help="Say where the database is, and whether its tables fit this program.",
    help="Say where the database is, and whether its tables fit this program. Nothing is made or changed. "
    "Exit code 7 means that this program cannot work with it as it is.",
    examples=("automata db status", "automata db status --database postgresql://automata@db/automata --json"),
)
@database_option
@click.pass_context
def status(context: click.Context, database: str | None) -> int:
    """Look at the database."""
    out, url = console(context), url_of(database)
    with trouble():
        facts = _facts(url)
    out.emit(facts, lambda: _lines(facts, out))
    return Exit.OK if facts["usable"] else Exit.PARTIAL


@click.command(
    "upgrade",
    cls=Command,
    short_help="Bring the tables to the newest schema.",
    help="Bring the tables to the newest schema; a SQLite file that is not there is made. "
    "Each migration happens whole or not at all: stopped at any moment, the same command goes on.",
    examples=("automata db upgrade", "automata db upgrade --to 0001"),
)
@click.option("--to", "target", default="head", metavar="REVISION", help="Not to the newest, but to this revision.")
@database_option
@click.pass_context
def upgrade(context: click.Context, target: str, database: str | None) -> None:
    """Run the migrations that are missing."""
    out, url = console(context), url_of(database)
    with trouble():
        if url.database and url.get_backend_name() == "sqlite":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with engine_of(url) as engine:
            if any(not step.up for step in _way(engine, target)):
                raise Failure(
                    f"Revision {target!r} is older than the database",
                    exit=Exit.CONFLICT,
                    fix=f"automata db downgrade {target}",
                )
            _move(out, url, engine, target)


@click.command(
    "downgrade",
    cls=Command,
    short_help="Bring the tables back to an older schema.",
    help="Bring the tables back to an older schema, for an older program. TARGET is a revision, a number of steps "
    "like -1, or `base` for no tables at all. What only the newer schema can hold is lost; back up first. "
    "Stop every worker before.",
    examples=("automata db backup before.db", "automata db downgrade --yes -- -1", "automata db downgrade 0001"),
)
@click.argument("target")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
@click.pass_context
def downgrade(context: click.Context, target: str, yes: bool, database: str | None) -> None:  # noqa: FBT001 - click passes by name
    """Run migrations backwards, if that is meant."""
    out, url = console(context), url_of(database)
    if not is_there(url):
        raise Failure(f"There is no database {url.database!r}", exit=Exit.NOT_FOUND, fix="automata db upgrade")
    with trouble(), engine_of(url) as engine:
        way = _way(engine, target)
        if any(step.up for step in way):
            raise Failure(
                f"Revision {target!r} is newer than the database",
                exit=Exit.CONFLICT,
                fix=f"automata db upgrade --to {target}",
            )
        if way:
            steps = counted(len(way), "migration")
            confirm(out, f"Undo {steps} of {shown(str(url))}, with the data only it can hold?", yes=yes)
        _move(out, url, engine, target)


def _way(engine: sa.Engine, target: str) -> Sequence[Step]:
    from automata.sql.upgrade import KERNEL, check, path

    return path(KERNEL, check(engine).revision, target)


def _move(out: Console, url: URL, engine: sa.Engine, target: str) -> None:
    from automata.sql.upgrade import check, migrate

    before = check(engine)
    done = migrate(engine, target, progress=lambda step: out.say(f"  {_named(step)}"))
    after = check(engine)
    payload = {
        "database": shown(str(url)),
        "before": before.revision,
        "after": after.revision,
        "migrations": [{"revision": step.revision, "title": step.title, "up": step.up} for step in done],
    }
    out.emit(payload, lambda: [_told(url, after, done)], rows="migrations")


def _told(url: URL, after: State, done: Sequence[Step]) -> str:
    place = safe(shown(str(url)))
    if not done:
        return f"{place} is at {after.revision or 'base'} already"
    return f"{place} is at {after.revision or 'base'} after {counted(len(done), 'migration')}"


def _named(step: Step) -> str:
    return f"{step.revision} {step.title}" if step.up else f"{step.revision} undone: {step.title}"


def _facts(url: URL) -> dict[str, object]:
    """What is known of a database, without making it."""
    from automata.sql.upgrade import KERNEL, check, history

    facts: dict[str, object] = {
        "database": shown(str(url)),
        "state": "missing",
        "usable": False,
        "revision": None,
        "head": KERNEL.head,
        "behind": 0,
        "runs": {},
        "size_bytes": None,
    }
    if not is_there(url):
        return facts | {"behind": len(history())}
    with engine_of(url) as engine:
        found = check(engine)
        facts |= {"state": found.kind, "usable": found.usable, "revision": found.revision, "behind": found.behind}
        if found.usable:
            facts["runs"] = _runs(engine)
        facts["size_bytes"] = _size(engine, url)
    return facts


def _runs(engine: sa.Engine) -> dict[str, int]:
    """How many runs there are of each status."""
    import sqlalchemy as sa

    from automata.sql.tables import RUNS
    from automata.sql.trouble import worded

    query = sa.select(RUNS.c.status, sa.func.count()).group_by(RUNS.c.status).order_by(RUNS.c.status)
    with worded(engine), engine.connect() as connection:
        return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def _size(engine: sa.Engine, url: URL) -> int:
    """Bytes the tables take: of the file with its log, or of the tables on the server."""
    from automata.sql.trouble import worded

    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        parts = (file.with_name(file.name + end) for end in ("", "-wal"))
        return sum(each.stat().st_size for each in parts if each.is_file())
    query = (
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
        "WHERE c.relkind = 'r' AND c.relname LIKE 'automata\\_%%' AND pg_table_is_visible(c.oid)"
    )
    with worded(engine), engine.connect() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def _lines(facts: dict[str, object], out: Console) -> Iterator[str]:
    told = {
        "current": "current",
        "missing": "not there yet",
        "empty": "empty",
        "behind": f"{facts['behind']} behind",
        "ahead": "newer than this program" + (", which can work with it" if facts["usable"] else ""),
    }
    runs = facts["runs"] if isinstance(facts["runs"], dict) else {}
    size = facts["size_bytes"]
    rows = [
        ("database", safe(facts["database"])),
        ("schema", f"{facts['revision'] or '-'} ({told[str(facts['state'])]}; this program: {facts['head']})"),
        ("size", sized(size) if isinstance(size, int) else "-"),
        ("runs", ", ".join(f"{count:,} {name}" for name, count in runs.items()) or "none"),
    ]
    yield from columns(rows)
    if facts["state"] in {"missing", "empty", "behind"}:
        out.next("automata db upgrade")
    elif not facts["usable"]:
        out.next("pip install --upgrade automata-kernel")
