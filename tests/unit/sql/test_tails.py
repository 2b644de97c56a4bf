from __future__ import annotations

import pytest
import sqlalchemy as sa

from automata._core.journal import chain
from automata.sql.dialect import Dialect, Link, Postgres
from automata.sql.tails import START, Tails


@pytest.fixture
def link(migrated, add_run):
    add_run(migrated, "r", turns=2)
    with migrated.connect() as connection:
        yield Link(Dialect() if migrated.dialect.name == "sqlite" else Postgres(), connection, lambda: 0)


def test_the_end_of_a_journal_is_read_once(link):
    tails = Tails()

    tails.load(link, ["r", "new", "r"])
    tails.keep()
    link.connection.execute(sa.text("DELETE FROM automata_journal"))
    tails.load(link, ["r"])

    length, digest = tails.get("r")
    assert length == 4
    assert len(digest) == len(chain(b"", b""))
    assert tails.get("new") == START


def test_what_a_transaction_set_is_gone_when_it_comes_to_nothing(link):
    tails = Tails()
    tails.load(link, ["r"])
    tails.keep()
    before = tails.get("r")

    tails.set("r", (9, b"x"))
    assert tails.get("r") == (9, b"x")
    tails.drop()

    assert tails.get("r") == before


def test_what_was_taken_back_is_asked_again(link):
    tails = Tails()
    tails.load(link, ["r"])
    tails.set("r", (9, b"x"))

    tails.forget("r")
    tails.load(link, ["r"])

    assert tails.get("r")[0] == 4


def test_no_more_ends_are_kept_than_were_allowed(link):
    tails = Tails(kept=2)
    for n in range(5):
        tails.set(f"r{n}", (n, b""))
        tails.keep()

    assert tails.get("r4") == (4, b"")
    with pytest.raises(KeyError):
        tails.get("r0")


def test_ends_of_runs_that_are_over_are_not_kept(link):
    tails = Tails()
    tails.set("r", (5, b""))

    tails.keep(["r"])

    with pytest.raises(KeyError):
        tails.get("r")
