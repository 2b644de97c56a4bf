"""Schemas: what a migration leaves is what the program knows, whatever happens on the way."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from automata.errors import Conflict, FixInput, KernelBug, NotFound, StoreUnavailable
from automata.sql.tables import METADATA, PROPERTIES, RUNS
from automata.sql.upgrade import KERNEL, Series, check, history, migrate, path

SECOND = '''"""Colours."""
from alembic import op
import sqlalchemy as sa
revision = "{revision}"
down_revision = {before}
oldest = "01"

def upgrade():
    op.create_table("colour_{revision}", sa.Column("name", sa.Text, primary_key=True))

def downgrade():
    op.drop_table("colour_{revision}")
'''


@pytest.fixture
def series(tmp_path):
    """Migrations of another distribution; gives a function that says how many."""

    def make(count):
        versions = tmp_path / "migrations" / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        for at in range(1, count + 1):
            before = f'"{at - 1:02}"' if at > 1 else None
            (versions / f"r{at:02}.py").write_text(SECOND.format(revision=f"{at:02}", before=before))
        return Series("automata-colour", tmp_path / "migrations", f"colour_schema_{count}"[:13], f"{count:02}")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    """An empty database."""
    if request.param == "sqlite":
        made = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    else:
        made = sa.create_engine(request.getfixturevalue("postgres_url"))
        with made.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    yield made
    made.dispose()


def tables(engine):
    return sorted(sa.inspect(engine).get_table_names())


def schema(engine):
    """Everything the database itself says of its tables and indices."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE name NOT IN ('automata_schema') AND sql IS NOT NULL ORDER BY name"
    )
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT table_name || column_name, data_type || is_nullable || coalesce(column_default, '')"
            " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'automata_schema'"
            " UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        )
    with engine.connect() as connection:
        return {name: " ".join(text.split()) for name, text in connection.exec_driver_sql(query)}


def comparable(_, name, kind, *__):
    """Leave out indices on expressions, which Alembic cannot compare; their text is compared elsewhere."""
    indices = [each for table in METADATA.tables.values() for each in table.indexes]
    return kind != "index" or not any(
        each.name == name and any(isinstance(part, sa.TextClause) for part in each.expressions) for each in indices
    )


def test_the_migrated_schema_is_the_one_the_program_knows(engine):
    migrate(engine)

    with engine.connect() as connection:
        options = {"version_table": KERNEL.table, "include_object": comparable}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_indices_and_storage_are_the_ones_the_program_knows(engine):
    migrate(engine)
    migrated = schema(engine)
    METADATA.drop_all(engine)

    METADATA.create_all(engine)

    created = schema(engine)
    assert {name for name in created if created[name] != migrated.get(name)} == set()
    assert set(migrated) - set(created) <= {"automata_schema_pkc"}


def test_a_state_follows_from_the_revision(engine, series):
    one, three = series(1), series(3)
    assert (check(engine).kind, check(engine).behind) == ("empty", len(history()))

    migrate(engine)
    assert (check(engine).kind, check(engine).usable) == ("current", True)

    migrate(engine, "01", series=[three])
    assert (check(engine, three).kind, check(engine, three).behind) == ("behind", 2)
    assert check(engine, one).kind == "current"


def test_a_newer_database_is_used_only_if_its_migration_says_so(engine, series, tmp_path):
    three = series(3)
    migrate(engine, series=[KERNEL, three])
    for file in (tmp_path / "migrations" / "versions").glob("r0[23].py"):
        file.unlink()
    one = Series(three.name, three.folder, three.table, "01")

    assert (check(engine, one).kind, check(engine, one).usable) == ("ahead", True)
    with pytest.raises(Conflict, match="newer than this program"):
        migrate(engine, series=[one])

    with engine.begin() as connection:
        connection.execute(PROPERTIES.update().values(value="02"))
    assert not check(engine, one).usable


def test_every_series_is_brought_up_and_only_once(engine, series):
    two = series(2)

    done = migrate(engine, series=[KERNEL, two])

    assert [(step.series, step.revision) for step in done] == [
        *(("automata-kernel", step.revision) for step in history()),
        ("automata-colour", "01"),
        ("automata-colour", "02"),
    ]
    assert migrate(engine, series=[KERNEL, two]) == ()


def test_a_target_is_a_revision_or_a_number_of_steps(engine, series):
    four = [series(4)]
    migrate(engine)

    assert [step.revision for step in migrate(engine, "+2", series=four)] == ["01", "02"]
    assert [step.revision for step in migrate(engine, "04", series=four)] == ["03", "04"]
    assert [(s.revision, s.up) for s in migrate(engine, "-2", series=four)] == [("04", False), ("03", False)]
    assert [step.revision for step in migrate(engine, "base", series=four)] == ["02", "01"]
    assert check(engine, four[0]).kind == "empty"


def test_a_target_nobody_knows_is_refused(engine, series):
    for target in ("07", "-1", "+9", "heads", ""):
        with pytest.raises(NotFound, match="No migration"):
            migrate(engine, target, series=[series(2)])
    with pytest.raises(FixInput, match="one series"):
        migrate(engine, "base", series=[KERNEL, series(2)])


def test_down_and_up_again_gives_the_same_schema(engine):
    migrate(engine)
    before = schema(engine)

    migrate(engine, "base")
    assert set(tables(engine)) <= {KERNEL.table}
    migrate(engine)

    assert schema(engine) == before


def test_a_failing_migration_leaves_nothing(engine, series, tmp_path):
    two = series(2)
    broken = tmp_path / "migrations" / "versions" / "r02.py"
    broken.write_text(
        broken.read_text().replace("def downgrade", "    op.execute('SELECT x FROM nowhere')\n\ndef downgrade")
    )

    with pytest.raises(StoreUnavailable, match="nowhere"):
        migrate(engine, series=[KERNEL, two])

    assert check(engine, two).revision == "01"
    assert "colour_02" not in tables(engine)


def test_programs_that_migrate_at_the_same_time_wait_for_each_other(engine, series):
    chosen, done, engines = [KERNEL, series(3)], [], [sa.create_engine(engine.url) for _ in range(4)]
    threads = [threading.Thread(target=lambda each=each: done.extend(migrate(each, series=chosen))) for each in engines]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == len(set(done)) == len(history()) + 3
    for each in engines:
        each.dispose()


KILLED = """
import os, signal, sys
import sqlalchemy as sa
import alembic.operations, alembic.runtime.migration, alembic.script
from automata.sql.upgrade import check, history, migrate

history()
died = limit = 0
at, shapes = None, {None: {}}
while True:
    child = os.fork()
    if not child:
        engine = sa.create_engine(sys.argv[1])
        count = 0
        @sa.event.listens_for(engine, "before_cursor_execute")
        def die(*_):
            global count
            count += 1
            if count > limit:
                os.kill(os.getpid(), signal.SIGKILL)
        migrate(engine)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        break
    died += 1
    engine = sa.create_engine(sys.argv[1])
    revision, inspector = check(engine).revision, sa.inspect(engine)
    shape = {name: [c["name"] for c in inspector.get_columns(name)] for name in inspector.get_table_names()}
    assert shapes.setdefault(revision, shape) == shape, (revision, limit)
    limit = limit + int(sys.argv[2]) if revision == at else 0
    at = revision
    engine.dispose()
assert os.WEXITSTATUS(status) == 0
print(died)
"""


def test_a_migration_killed_at_any_statement_has_not_begun(engine):
    every = "1" if engine.dialect.name == "sqlite" else "3"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, engine.url.render_as_string(hide_password=False), every],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )

    assert int(done.stdout) > 12
    assert check(engine).kind == "current"


def test_a_current_database_is_recognised_by_one_query_without_alembic(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    migrate(sa.create_engine(url))
    program = (
        "import sys, sqlalchemy as sa\nfrom automata.sql.upgrade import check, migrate\n"
        f"engine, seen = sa.create_engine({url!r}), []\n"
        "sa.event.listen(engine, 'before_cursor_execute', lambda *a: seen.append(a[2]))\n"
        "assert check(engine).kind == 'current' and len(seen) == 1, seen\n"
        "assert migrate(engine) == () and 'alembic' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_newest_migration_is_the_one_the_program_says(series):
    wrong = Series("automata-colour", series(2).folder, "colour_schema", "07")

    assert history()[-1].revision == KERNEL.head
    assert [step.revision for step in history()] == sorted(step.revision for step in history())
    with pytest.raises(KernelBug, match="is not '07'"):
        history(wrong)


def test_the_way_is_known_before_it_is_taken():
    assert [step.up for step in path(KERNEL, None, "head")] == [True] * len(history())
    assert path(KERNEL, KERNEL.head, "head") == ()
    assert path(KERNEL, KERNEL.head, "-1")[0].up is False


def test_a_new_file_gives_space_back_even_when_it_has_its_header(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    migrate(engine)

    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_tables_of_the_host_are_left_alone(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/host.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE host (id INTEGER)")

    migrate(engine)
    migrate(engine, "base")

    assert "host" in tables(engine)


def test_a_table_held_by_somebody_is_tried_again_and_then_told(postgres_url, series):
    engine, other = sa.create_engine(postgres_url), sa.create_engine(postgres_url)
    migrate(engine)
    held = other.connect()
    held.execute(sa.select(RUNS.c.id))
    threading.Timer(0.15, held.rollback).start()
    with engine.begin() as connection:
        connection.exec_driver_sql("SET lock_timeout = '50ms'")

    migrate(engine, "base")

    assert check(engine).kind == "empty"
    held.close()
    engine.dispose()
    other.dispose()


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "x.db").write_text("no database " * 100)

    with pytest.raises(FixInput, match=r"x\.db is not a SQLite database"):
        check(sa.create_engine(f"sqlite:///{tmp_path}/x.db"))


def test_a_server_that_does_not_answer_is_told_without_the_password():
    pytest.importorskip("psycopg")
    engine = sa.create_engine("postgresql+psycopg://me:hush@127.0.0.1:1/name")

    with pytest.raises(StoreUnavailable, match=r"'name' on 127\.0\.0\.1:1") as caught:
        check(engine)

    assert "hush" not in caught.value.message


def test_the_migrations_stand_in_the_package():
    assert max(each.name for each in (KERNEL.folder / "versions").glob("r*.py")).startswith(f"r{KERNEL.head}")
