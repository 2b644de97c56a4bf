"""An application that starts runs in its own transactions is killed: there is a run if and only if its row is there."""

import random

import pytest
import sqlalchemy as sa
from databases import make_database
from processes import Files, fork

from automata import Kernel, load
from automata.sql.upgrade import migrate

DOCUMENT = "automata: 1\nname: order\nnodes: {a: {use: set, with: {n: '${input}'}}}\noutput: '${a.n}'"
ORDERS = sa.Table("orders", sa.MetaData(), sa.Column("run", sa.Text, primary_key=True))
KILLS = 40


async def take_orders(url):
    """Be the application: twenty orders, each a row and a run in one transaction."""
    engine, workflow = sa.create_engine(url), load(DOCUMENT).workflow
    kernel = Kernel(engine=engine)
    for number in range(20):
        with engine.begin() as connection:
            run = await kernel.start(workflow, number, connection=connection)
            connection.execute(ORDERS.insert().values(run=run.id))
    await kernel.close()
    engine.dispose()


def runs_and_rows(engine):
    with engine.connect() as connection:
        runs = set(connection.execute(sa.text("SELECT id FROM automata_run")).scalars())
        return runs, set(connection.execute(sa.select(ORDERS.c.run)).scalars())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_host_leaves_a_run_if_and_only_if_it_leaves_the_row(request, tmp_path, kind):
    database = make_database(kind if kind == "sqlite" else request.getfixturevalue("postgres_url"), tmp_path)
    engine, files, chance = sa.create_engine(database.url), Files(tmp_path), random.Random(11)
    ORDERS.metadata.create_all(engine)
    migrate(engine)
    before = 0
    for _ in range(KILLS):
        engine.dispose()  # no connection is to be open in two processes
        assert fork(lambda: take_orders(database.url), files, f"kill:sql:{chance.randint(1, 100)}") == -9
        runs, rows = runs_and_rows(engine)
        assert runs == rows
        before = max(before, len(rows))
    assert before > KILLS
    ORDERS.metadata.drop_all(engine)
    engine.dispose()
