from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from automata.sql.dialect import Bulk, Dialect, Link, Postgres

TWO = Bulk((("id", "text"), ("size", "int")), "INSERT INTO t (id, size) SELECT x.id, x.size FROM {rows}")


@pytest.fixture
def link(where):
    engine = sa.create_engine(where)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        dialect = Dialect() if where.startswith("sqlite") else Postgres()
        link = Link(dialect, connection, lambda: 5)
        link.run("CREATE TABLE t (id TEXT PRIMARY KEY, size INT)")
        yield link
        link.run("DROP TABLE t")
    engine.dispose()


def test_statements_are_spelled_for_each_driver():
    text = "SELECT 1 FROM {each} WHERE a = ? AND b = ANY(?) {locked}"

    assert Dialect().text(text) == (
        "SELECT 1 FROM json_each(?) AS x WHERE a = ? AND b IN (SELECT value FROM json_each(?)) "
    )
    assert Postgres().text(text) == (
        "SELECT 1 FROM unnest(%s::text[]) AS x(value) WHERE a = %s AND b = ANY(%s) FOR NO KEY UPDATE"
    )


@pytest.mark.parametrize("count", [1, 3, 64, 99])
def test_a_bulk_statement_takes_any_number_of_rows(link, count):
    assert link.many(TWO, [(f"r{n}", n) for n in range(count)]) == count
    assert link.query("SELECT count(*), sum(size) FROM t") == [(count, sum(range(count)))]


def test_a_bulk_statement_returns_what_it_did(link):
    bulk = Bulk(TWO.columns, TWO.text + " ON CONFLICT DO NOTHING RETURNING id")
    if link.dialect.name == "sqlite":
        bulk = Bulk(TWO.columns, TWO.text + " WHERE TRUE ON CONFLICT DO NOTHING RETURNING id")

    assert {row[0] for row in link.returning(bulk, [("a", 1), ("b", 2), ("a", 3)])} == {"a", "b"}


def test_lists_are_parameters(link):
    link.many(TWO, [("a", 1), ('it\'s "b"', 2), ("c", 3)])

    found = link.query("SELECT size FROM t WHERE id = ANY(?) ORDER BY size", ["a", 'it\'s "b"'])

    assert found == [(1,), (2,)]
    assert link.change("UPDATE t SET size = 0 WHERE id = ANY(?)", ["a", "c", "d"]) == 2


def test_an_error_says_whose_fault_it_is(link):
    link.many(TWO, [("a", 1)])
    with pytest.raises(link.connection.dialect.dbapi.Error) as repeated:
        link.many(TWO, [("a", 1)])
    with pytest.raises(link.connection.dialect.dbapi.Error) as missing:
        link.query("SELECT * FROM nothing_there")

    assert link.is_guilt(repeated.value)
    assert link.is_repeated(repeated.value)
    assert not link.is_guilt(missing.value)
    assert link.is_guilt(TypeError("of whoever made it"))
    assert not link.is_lost


def test_time_stands_still_within_a_transaction(link):
    link.at(7)
    assert link.now == 7
    link.at(None)
    assert link.now == link.now
    assert (link.now == 5) is (link.dialect.name == "sqlite")


def test_a_lock_of_somebody_else_is_no_fault(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db", connect_args={"timeout": 0})
    other = sqlite3.connect(f"{tmp_path}/x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        link = Link(Dialect(), connection, lambda: 0)
        with pytest.raises(sqlite3.OperationalError) as busy:
            link.run("BEGIN IMMEDIATE")

        assert link.is_busy(busy.value)
        assert not link.is_guilt(busy.value)
    other.close()
    engine.dispose()
