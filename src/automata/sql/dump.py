"""PostgreSQL's own programs, which copy and put back the tables of Automata and no others."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from automata.errors import StoreUnavailable
from automata.sql.trouble import place

TABLES = "automata_*"


def save(url: URL, file: Path) -> None:
    """Write the tables to *file* in ``pg_dump``'s own form; they are read in one snapshot, and nobody waits.

    Raises:
        StoreUnavailable: The program is missing, or refuses.
    """
    _run(url, "pg_dump", "--format=custom", "--no-owner", f"--table={TABLES}", f"--file={file}")


def load(url: URL, file: Path, engine: sa.Engine) -> None:
    """Replace the tables by those of *file*, in one transaction; tables the file does not have are dropped after it.

    Raises:
        StoreUnavailable: The program is missing, or refuses.
    """
    kept = tables_in(url, file)
    _run(
        url,
        "pg_restore",
        "--clean",
        "--if-exists",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        str(file),
    )
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            if table.startswith(TABLES.rstrip("*")) and table not in kept:
                connection.exec_driver_sql(f'DROP TABLE "{table}" CASCADE')


def tables_in(url: URL, file: Path) -> frozenset[str]:
    """Names of the tables a dump has.

    Raises:
        StoreUnavailable: The program is missing, or the file is none of its own.
    """
    listed = _run(url, "pg_restore", "--list", str(file), connect=False)
    rows = [line.split() for line in listed.splitlines() if not line.startswith(";")]
    return frozenset(row[5] for row in rows if len(row) > 5 and row[3] == "TABLE" and row[4] != "DATA")  # noqa: PLR2004 - columns of the list


def _run(url: URL, program: str, *arguments: str, connect: bool = True) -> str:
    """Run one of PostgreSQL's programs; the password goes through the environment, where other users do not see it."""
    found = shutil.which(program)
    if found is None:
        raise StoreUnavailable(f"{program} is not installed; it comes with PostgreSQL's client programs")
    environment = dict(os.environ)  # noqa: TID251 - handed on to a program, not read
    secret = url.password or url.query.get("password")
    if secret:
        environment["PGPASSWORD"] = str(secret)
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    plain = plain.difference_update_query(["password"])
    target = [f"--dbname={plain.render_as_string(hide_password=False)}"] if connect else []
    done = subprocess.run(  # noqa: S603 - a program found by its name, without a shell
        [found, *target, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[:200])
        raise StoreUnavailable(f"{program} refuses for {place(url)}: {said}")
    return done.stdout
