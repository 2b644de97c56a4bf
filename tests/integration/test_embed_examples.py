"""The applications of the page "Embed in your application": their rows and their runs are one transaction."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from automata._core.kernel import Kernel
from automata.ports import RunQuery
from automata.sql.upgrade import migrate

EMBED = Path(__file__).resolve().parents[2] / "docs" / "examples" / "embed"
LAMP = {"id": 1, "article": "lamp"}
PAID = {"amount": 25, "receipt": "r81"}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """A database of the application's, with the tables of the kernel and no others."""
    file = f"sqlite:///{tmp_path}/shop.db"
    chosen = file if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = sa.create_engine(chosen)
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f'DROP TABLE "{table}"')
    migrate(engine)
    engine.dispose()
    return chosen


@pytest.fixture
def shop():
    pytest.importorskip("starlette", reason="needs the server library of the example")
    spec = importlib.util.spec_from_file_location("shop", EMBED / "shop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def serving(shop, url):
    """The shop, open: its worker is at work."""
    httpx2 = pytest.importorskip("httpx2")
    app = shop.application(url)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
            yield client


async def until(client, number, state):
    while True:
        seen = (await client.get(f"/orders/{number}")).json()
        assert "state" in seen, seen
        if seen["state"] == state:
            return seen
        await asyncio.sleep(0.02)


def runs_of(url):
    async def ask():
        kernel = Kernel(database=url)
        found = await kernel.store.runs(RunQuery())
        await kernel.close()
        return found

    return asyncio.run(ask())


def test_an_order_waits_for_its_payment_and_is_then_shipped(shop, url):
    async def visit():
        async with serving(shop, url) as client:
            placed = await client.post("/orders", json=LAMP)
            waiting = await until(client, 1, "waiting")
            answers = [(await client.post("/orders/1/payments", json=PAID)).json() for _ in range(2)]
            return placed.status_code, waiting["slip"], answers, await until(client, 1, "succeeded")

    code, before, answers, after = asyncio.run(visit())

    assert (code, before) == (201, None)
    assert answers == [{"accepted": True}, {"accepted": False}]
    assert after == {"article": "lamp", "state": "succeeded", "slip": "Ship lamp for 25"}


def test_an_order_that_is_refused_leaves_no_run(shop, url):
    async def visit():
        async with serving(shop, url) as client:
            asked = [LAMP, LAMP, {"id": 2}, {"id": 1, "article": "desk"}]
            return [(await client.post("/orders", json=each)).status_code for each in asked]

    assert asyncio.run(visit()) == [201, 409, 422, 409]
    assert len(runs_of(url)) == 1


def test_who_pays_for_what_is_not_there_or_over_is_told(shop, url):
    async def visit():
        async with serving(shop, url) as client:
            nothing = await client.post("/orders/7/payments", json=PAID)
            await client.post("/orders", json=LAMP)
            await client.post("/orders/1/payments", json=PAID)
            await until(client, 1, "succeeded")
            late = await client.post("/orders/1/payments", json=PAID | {"receipt": "r82"})
            return nothing.status_code, late.status_code

    assert asyncio.run(visit()) == (404, 409)


def test_an_order_outlives_the_application(shop, url):
    async def visit(*payments):
        async with serving(shop, url) as client:
            if not payments:
                await client.post("/orders", json=LAMP)
                return await until(client, 1, "waiting")
            await client.post("/orders/1/payments", json=payments[0])
            return await until(client, 1, "succeeded")

    asyncio.run(visit())

    assert asyncio.run(visit(PAID))["slip"] == "Ship lamp for 25"


def test_the_script_leaves_one_run_for_its_two_orders_and_a_worker_carries_it_out(url):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTOMATA_")}
    done = subprocess.run(
        [sys.executable, str(EMBED / "script.py"), url],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "There is no chair left" in done.stdout
    (run,) = runs_of(url)
    assert run.id in done.stdout
    assert worked(url, run).output == "Ship lamp for 25"


def worked(url, run):
    """How a run ends once a worker is there."""

    async def work():
        kernel = Kernel(database=url)
        async with kernel.engine(claims=True) as engine:
            final = await engine.wait(run.id)
        await kernel.close()
        return final

    return asyncio.run(work())
