"""PostgreSQL's own programs: found or asked for, and never told a password where others could see it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from automata.errors import StoreUnavailable
from automata.sql.dump import save, tables_in
from automata.sql.tables import METADATA
from automata.sql.upgrade import migrate

FAKE = """#!/bin/sh
echo "$@" > {folder}/arguments
echo "$PGPASSWORD" > {folder}/password
echo "pg_dump: error: server says no" >&2
exit 1
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A pg_dump that tells how it was called, and refuses."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "pg_dump"
    program.write_text(FAKE.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_a_missing_program_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StoreUnavailable, match="pg_dump is not installed"):
        save(sa.make_url("postgresql+psycopg://me@h/n"), tmp_path / "copy")


@pytest.mark.parametrize("url", ["postgresql+psycopg://me:hush@h:5/n", "postgresql+psycopg://me@h:5/n?password=hush"])
def test_the_password_goes_through_the_environment_and_not_into_the_message(fake, url):
    with pytest.raises(StoreUnavailable, match="server says no") as caught:
        save(sa.make_url(url), fake / "copy")

    assert "hush" not in caught.value.message
    assert "hush" not in (fake / "arguments").read_text()
    assert "--dbname=postgresql://me@h:5/n" in (fake / "arguments").read_text()
    assert (fake / "password").read_text() == "hush\n"


def test_a_dump_has_the_tables_of_automata_and_no_others(postgres_url, tmp_path):
    url = sa.make_url(postgres_url)
    engine = sa.create_engine(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE host (id INTEGER)")

    save(url, tmp_path / "copy")

    assert tables_in(url, tmp_path / "copy") == {*METADATA.tables, "automata_schema"}
    engine.dispose()
