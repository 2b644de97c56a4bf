"""What a person reads when a database has trouble."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from automata.errors import Damaged, FixInput, StoreUnavailable
from automata.sql.trouble import busy, code, place, word, worded


def refused(symbol, text="said\nsecond line"):
    original = sqlite3.OperationalError(text)
    original.sqlite_errorname = symbol
    return sa.exc.OperationalError("SELECT 1", {}, original)


@pytest.mark.parametrize(
    ("symbol", "kind", "told"),
    [
        ("SQLITE_NOTADB", FixInput, "x.db is not a SQLite database"),
        ("SQLITE_CORRUPT_INDEX", Damaged, "restore a backup"),
        ("SQLITE_FULL", StoreUnavailable, "No place is left"),
        ("SQLITE_IOERR_WRITE", StoreUnavailable, "does not work as it should: said"),
        ("SQLITE_READONLY_DBMOVED", StoreUnavailable, "may only be read"),
        ("SQLITE_BUSY", StoreUnavailable, "in use by somebody"),
        ("SQLITE_CANTOPEN", StoreUnavailable, "folder is missing"),
        ("SQLITE_ERROR", StoreUnavailable, "Cannot use x.db: said"),
    ],
)
def test_each_refusal_says_what_to_do(symbol, kind, told):
    error = word(refused(symbol), "x.db")

    assert isinstance(error, kind)
    assert told in error.message
    assert "second line" not in error.message


def test_a_lock_is_worth_another_try_and_a_mistake_is_not():
    assert busy(refused("SQLITE_BUSY"))
    assert not busy(refused("SQLITE_ERROR"))
    assert code(sa.exc.OperationalError("", {}, Exception())) == ""


def test_a_database_is_named_without_its_password():
    assert place(make_url("sqlite:////a/b.db")) == "/a/b.db"
    assert place(make_url("sqlite://")) == "the database in memory"
    assert place(make_url("postgresql://me:hush@h:5/n")) == "database 'n' on h:5"
    assert place(make_url("postgresql://me:hush@/n?host=/run/pg&password=hush")) == "database 'n' on /run/pg"


def test_errors_of_a_real_driver_are_worded(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/no/x.db")

    with pytest.raises(StoreUnavailable, match="Cannot open"), worded(engine):
        engine.connect()
