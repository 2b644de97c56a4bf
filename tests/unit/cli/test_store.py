"""Opening the database for a command."""

import pytest

from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.store import at_desk, chosen
from automata.errors import FixInput


async def count(desk):
    return len(await desk.definitions.versions())


def test_the_option_wins_over_the_setting(folder, monkeypatch):
    monkeypatch.setenv("AUTOMATA_DATABASE", "sqlite:///one.db")

    assert chosen(None) == "sqlite:///one.db"
    assert chosen("sqlite:///two.db") == "sqlite:///two.db"


def test_a_file_that_is_not_there_is_made_where_something_goes_into_it(folder):
    assert at_desk("made.db", count, makes=True) == 0
    assert (folder / "made.db").exists()


def test_a_file_somebody_named_for_reading_is_taken_for_a_mistake(folder):
    with pytest.raises(Failure, match=r"There is no database 'typo\.db'") as caught:
        at_desk("typo.db", count)

    assert caught.value.exit == Exit.NOT_FOUND
    assert not (folder / "typo.db").exists()


def test_without_a_name_the_projects_own_is_made(folder, monkeypatch):
    monkeypatch.delenv("AUTOMATA_DATABASE", raising=False)
    (folder / "automata.toml").touch()

    assert at_desk(None, count) == 0


def test_a_database_that_does_not_answer_says_what_to_do(folder):
    with pytest.raises(Failure) as caught:
        at_desk("postgresql://nobody@127.0.0.1:9/none", count)
    assert (caught.value.exit, caught.value.fix) == (Exit.UNAVAILABLE, "automata db status")


def test_a_file_that_is_no_database_is_the_callers_mistake(folder):
    (folder / "text.db").write_text("This is no database, however long it gets." * 100)

    with pytest.raises(FixInput, match="not a SQLite database"):
        at_desk("text.db", count)
