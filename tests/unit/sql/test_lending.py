"""The writer's connection in an action's hands: what it does happens with its turn or not at all, and harms nobody."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from automata.errors import Fenced, FixInput, ResourceConflict, TimedOut, Undone
from automata.model import Run, RunStarted, StepStarted
from automata.ports import Turn
from automata.sql import open_store

ROWS = sa.Table("rows", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
ENDLESS = {
    "sqlite": "INSERT INTO rows WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.fixture
def borrow(where):
    """Hand functions of a connection to a store at once; the errors of each, and the rows and events there are then."""

    def act(*functions, limit_s=30.0, epoch=1):
        async def main():
            store = open_store(where)
            await store.register("w", 60)
            await store.create(Run(id="r", workflow="w", version="v", owner="w", epoch=1), [RunStarted(None, None, "")])
            calls = [store.transact("r", epoch, turn_of(n, f), limit_s) for n, f in enumerate(functions)]
            found = await asyncio.gather(*calls, return_exceptions=True)
            events = await store.journal("r")
            await store.close()
            return [getattr(error, "error", error) for error in found if isinstance(error, Exception)], events

        engine = sa.create_engine(where)
        ROWS.drop(engine, checkfirst=True)
        ROWS.create(engine)
        errors, events = asyncio.run(main())
        with engine.connect() as connection:
            rows = set(connection.execute(sa.select(ROWS.c.id)).scalars())
        engine.dispose()
        return errors, rows, len(events) - 1

    def turn_of(number, function):
        def call(connection):
            function(connection)
            after = connection.exec_driver_sql("SELECT count(*) FROM automata_journal WHERE run = 'r'").scalar_one()
            return Turn(run="r", epoch=1, after=after, events=[StepStarted(f"s{number}", 1, None, "")])

        return call

    return act


def adds(*ids):
    return lambda connection: connection.execute(ROWS.insert(), [{"id": id_} for id_ in ids])


def then(*acts):
    def function(connection):
        for act in acts:
            act(connection)

    return function


def raises(error):
    def function(_):
        raise error

    return function


def runs(statement):
    return lambda connection: connection.exec_driver_sql(statement)


def test_rows_and_the_turn_are_there_together(borrow):
    assert borrow(adds(1)) == ([], {1}, 1)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), FixInput("no"), Fenced("not the store's")])
def test_whatever_is_raised_undoes_its_own_work_alone(borrow, error):
    errors, rows, events = borrow(then(adds(1), raises(error)), adds(2))

    assert errors == [error]
    assert (rows, events) == ({2}, 1)


def test_a_row_that_is_there_already_is_a_conflict(borrow):
    errors, rows, events = borrow(adds(1), then(adds(2), adds(1)), adds(3))

    assert [type(error) for error in errors] == [ResourceConflict]
    assert (rows, events) == ({1, 3}, 2)


@pytest.mark.parametrize(
    "end",
    [
        lambda connection: connection.commit(),
        lambda connection: connection.rollback(),
        lambda connection: connection.close(),
        lambda connection: connection.begin(),
        lambda connection: connection.get_transaction().commit(),
        runs("COMMIT"),
        runs(" rollback work"),
        runs("BEGIN"),
    ],
    ids=["commit", "rollback", "close", "begin", "transaction", "COMMIT", "ROLLBACK", "BEGIN"],
)
def test_the_transaction_is_not_the_actions_to_end(borrow, end):
    errors, rows, events = borrow(adds(1), then(adds(2), end), adds(3))

    assert [type(error) for error in errors] == [FixInput]
    assert (rows, events) == ({1, 3}, 2)


def test_savepoints_are_the_actions_own(borrow):
    def function(connection):
        with connection.begin_nested():
            adds(1)(connection)
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            adds(2, 1)(connection)

    assert borrow(function) == ([], {1}, 1)


def test_a_savepoint_left_open_is_taken_back_and_told(borrow):
    errors, rows, events = borrow(then(lambda connection: connection.begin_nested(), adds(1)), adds(2))

    assert "begin_nested" in str(errors[0])
    assert (rows, events) == ({2}, 1)


@pytest.mark.parametrize("nested", [False, True])
def test_a_statement_without_end_is_ended_and_the_others_happen_all_the_same(borrow, where, nested):
    def function(connection):
        with connection.begin_nested():
            runs(ENDLESS[connection.dialect.name])(connection)

    endless = function if nested else runs(ENDLESS[sa.make_url(where).get_backend_name()])
    errors, rows, events = borrow(adds(1), then(adds(2), endless), adds(3), limit_s=0.3)

    assert [type(error) for error in errors] == [TimedOut]
    assert (rows, events) == ({1, 3}, 2)


def test_what_ends_too_late_is_undone(borrow):
    errors, rows, events = borrow(adds(1), limit_s=0.0)

    assert [type(error) for error in errors] == [TimedOut]
    assert (rows, events) == (set(), 0)


def test_a_run_that_is_held_by_another_keeps_nothing_of_it(where):
    async def main():
        store = open_store(where)
        await store.register("w", 60)
        await store.create(Run(id="r", workflow="w", version="v", owner="w", epoch=1), [RunStarted(None, None, "")])
        turn = Turn(run="r", epoch=7, after=1, events=[StepStarted("s", 1, None, "")])
        with pytest.raises(Fenced, match="at epoch 1, not 7"):
            await store.transact("r", 7, lambda connection: (adds(1)(connection), turn)[1], 30)
        with pytest.raises(Undone, match="ValueError: no"):
            await store.transact("r", 1, raises(ValueError("no")), 30)
        await store.close()

    engine = sa.create_engine(where)
    ROWS.drop(engine, checkfirst=True)
    ROWS.create(engine)
    asyncio.run(main())
    with engine.connect() as connection:
        assert connection.execute(sa.select(ROWS.c.id)).all() == []
    engine.dispose()
