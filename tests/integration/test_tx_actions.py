"""Actions whose effect is `tx`: a row of the host's is there if and only if its step is complete."""

from __future__ import annotations

import asyncio
import random
import sys

import pytest
import sqlalchemy as sa

from automata import Kernel, load
from automata._core.plugins import discover
from automata.errors import FixInput
from automata.memory import SeededRandom
from automata.model import RunStatus, StepFailed, StepFinished
from automata.sql import open_store
from automata.testing.plugins import write_distribution

ACTIONS = """
import time
import sqlalchemy as sa
from automata.sdk import Effect, InvalidInput, NodeType, Transient, hookimpl

LOST = []
ORDERS = sa.table("orders", sa.column("id"), sa.column("step"), sa.column("key"))


def place_order(ctx, parameters):
    row = {"id": parameters["id"], "step": ctx.node, "key": ctx.idempotency_key}
    ctx.connection.execute(ORDERS.insert(), row)
    if ctx.attempt <= parameters.get("fail", 0):
        raise Transient("Not yet")
    if parameters.get("refuse"):
        raise InvalidInput("Not this one")
    if parameters.get("commit"):
        ctx.connection.commit()
    if parameters.get("cut") and not LOST:
        LOST.append(ctx.attempt)
        ctx.connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    if parameters.get("junk"):
        return {"time": time}
    time.sleep(parameters.get("sleep", 0))
    return {"id": parameters["id"], "attempt": ctx.attempt, "echo": parameters.get("echo")}


def cancel_order(ctx, parameters):
    ctx.connection.execute(ORDERS.delete().where(ORDERS.c.id == parameters["id"]))
    return None


def action(name, run):
    return NodeType(name=name, title=name, summary=name, effect=Effect.TX, run=run)


@hookimpl
def automata_node_types():
    return [action("shop.place_order", place_order), action("shop.cancel_order", cancel_order)]
"""
ORDERS = sa.Table(
    "orders",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.Text),
    sa.Column("key", sa.Text),
)


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_distribution(folder, "shop-orders", ACTIONS)
    sys.path.insert(0, str(folder))
    yield discover(path=[str(folder)])
    sys.path.remove(str(folder))


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request, tmp_path, plugins):
    url = f"sqlite:///{tmp_path}/shop.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    asyncio.run(_make(url))
    engine = sa.create_engine(url)
    ORDERS.drop(engine, checkfirst=True)
    ORDERS.create(engine)
    yield Shop(url, engine, plugins)
    engine.dispose()


async def _make(url):
    await open_store(url, create=True).close()


class Shop:
    def __init__(self, url, engine, plugins):
        self.url, self.engine, self.plugins = url, engine, plugins

    def kernel(self):
        return Kernel(database=self.url, plugins=self.plugins, random=SeededRandom(random.randrange(2**60)))

    def play(self, nodes, edges=(), output="null", input_=None):
        """Run a workflow to its end; the run, its journal and the orders there are then."""

        async def main():
            kernel = self.kernel()
            result = await kernel.run(document(nodes, edges, output), input_)
            await kernel.close()
            return result

        result = asyncio.run(main())
        return result.run, result.journal, self.orders()

    def orders(self):
        with self.engine.connect() as connection:
            return {row.step: row for row in connection.execute(sa.select(ORDERS))}


def document(nodes, edges=(), output="null"):
    lines = ["automata: 1", "name: shop", "nodes:", *(f"  {node}" for node in nodes)]
    loaded = load("\n".join([*lines, f"edges: [{', '.join(edges)}]", f"output: {output}"]))
    assert loaded.workflow is not None, loaded.problems
    return loaded.workflow


def place(id_, *more, node="a"):
    return f"{node}: {{use: shop.place_order, with: {{{', '.join((f'id: {id_}', *more))}}}, retry: {{initial: 10ms}}}}"


def test_a_row_and_the_completion_of_its_step_are_there_together(shop):
    run, journal, orders = shop.play([place(1), place(2, node="b")], ["a -> b"], "${b.id + a.id}")

    assert (run.status, run.output) == (RunStatus.SUCCEEDED, 3)
    assert {step: row.id for step, row in orders.items()} == {"a": 1, "b": 2}
    assert orders["a"].key != orders["b"].key
    assert [event.step for event in journal if isinstance(event, StepFinished)] == ["a", "b"]


def test_what_an_attempt_wrote_is_gone_before_the_next_one(shop):
    run, journal, orders = shop.play([place(1, "fail: 2")], output="${a.attempt}")

    assert (run.output, set(orders)) == (3, {"a"})
    assert [event.error.kind for event in journal if isinstance(event, StepFailed)] == ["transient"] * 2


@pytest.mark.parametrize(
    ("more", "kind"),
    [("refuse: true", "invalid_input"), ("commit: true", "bug"), ("junk: true", "provider_broke")],
)
def test_a_step_that_fails_leaves_no_row(shop, more, kind):
    run, _, orders = shop.play([place(1, more)])

    assert (run.status, run.error.kind, orders) == (RunStatus.FAILED, kind, {})


def test_a_row_that_is_there_is_a_conflict_an_edge_can_catch(shop):
    nodes = [place(1), place(1, node="b"), place(2, node="c")]
    run, _, orders = shop.play(nodes, ["a -> b", "b.error/conflict -> c"], "${c.id}")

    assert (run.output, set(orders)) == (2, {"a", "c"})


def test_an_action_that_ends_too_late_has_done_nothing(shop):
    node = "a: {use: shop.place_order, with: {id: 1, sleep: 0.3}, timeout: 100ms}"
    run, _, orders = shop.play([node])

    assert (run.error.kind, orders) == ("timed_out", {})
    assert "0.1 s" in run.error.message


def test_values_above_the_journals_limit_go_in_and_come_out(shop):
    nodes = [
        "s: {use: set, with: {text: '${input.text}'}}",
        "a: {use: shop.place_order, with: {id: 1, echo: '${s.text}'}}",
    ]
    run, _, orders = shop.play(nodes, ["s -> a"], "${size(a.echo)}", {"text": "x" * 400_000})

    assert (run.status, run.output, set(orders)) == (RunStatus.SUCCEEDED, 400_000, {"a"})


def test_a_connection_lost_under_an_action_is_no_failure_of_its_step(shop):
    if shop.engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection to lose")
    run, journal, orders = shop.play([place(1, "cut: true")])

    assert (run.status, set(orders)) == (RunStatus.SUCCEEDED, {"a"})
    assert [event for event in journal if isinstance(event, StepFailed)] == []


def test_an_action_everybody_waits_for_is_named_in_the_log(shop, caplog):
    shop.play(["a: {use: shop.place_order, with: {id: 1, sleep: 0.5}, timeout: 50ms}"])

    [said] = [record for record in caplog.records if "does not end" in record.message]
    assert "'shop.place_order'" in said.message
    assert said.step == "a"


def test_many_steps_at_once_each_have_their_row(shop):
    nodes = ["s: {use: set, with: {}}", *(place(n, f"fail: {n % 2}", node=f"n{n}") for n in range(12))]
    run, journal, orders = shop.play(nodes, [f"s -> n{n}" for n in range(12)])

    assert run.status is RunStatus.SUCCEEDED
    assert {step: row.id for step, row in orders.items()} == {f"n{n}": n for n in range(12)}
    assert sum(isinstance(event, StepFinished) for event in journal) == 13


def test_a_compensation_undoes_in_the_same_way(shop):
    node = "a: {use: shop.place_order, with: {id: 1}, compensate: {use: shop.cancel_order, with: {id: '${a.id}'}}}"
    run, _, orders = shop.play([node, "f: {use: fail, with: {class: odd, message: No}}"], ["a -> f"])

    assert (run.error.kind, orders) == ("odd", {})


def test_runs_side_by_side_have_rows_if_and_only_if_they_succeed(shop):
    async def main():
        kernel = shop.kernel()
        flow = document(["a: {use: shop.place_order, with: {id: '${input.id}', refuse: '${input.refuse}'}}"])
        async with kernel.engine() as engine, asyncio.TaskGroup() as group:
            inputs = [{"id": n, "refuse": n % 3 == 0} for n in range(60)]
            runs = [group.create_task(engine.execute(flow, given)) for given in inputs]
        await kernel.close()
        return [run.result() for run in runs]

    ends = [run.status is RunStatus.SUCCEEDED for run in asyncio.run(main())]
    with shop.engine.connect() as connection:
        ids = set(connection.execute(sa.select(ORDERS.c.id)).scalars())

    assert ends == [n % 3 != 0 for n in range(60)]
    assert ids == {n for n in range(60) if n % 3}


def test_a_worker_that_is_told_to_stop_hands_over_what_has_not_begun(shop):
    async def main():
        first, second = shop.kernel(), shop.kernel()
        nodes = ["s: {use: set, with: {}}", *(place(n, "sleep: 0.05", node=f"n{n}") for n in range(6))]
        async with first.engine(claims=True, drain_s=0.01) as engine:
            run = await engine.start(document(nodes, [f"s -> n{n}" for n in range(6)]))
            await asyncio.sleep(0.05)
        async with second.engine(claims=True) as engine:
            final = await engine.wait(run.id)
        await first.close()
        await second.close()
        return final

    assert asyncio.run(main()).status is RunStatus.SUCCEEDED
    assert set(shop.orders()) == {f"n{n}" for n in range(6)}


def test_runs_in_memory_are_refused_before_they_begin(plugins):
    kernel = Kernel(plugins=plugins)

    with pytest.raises(FixInput, match=r"'a' \(shop.place_order\) writes to the database .* Kernel\(database="):
        asyncio.run(kernel.run(document([place(1)])))


def test_a_rehearsal_writes_nothing(shop):
    rehearsed = asyncio.run(shop.kernel().dry_run(document([place(1)])))

    assert [frame.would for frame in rehearsed.effects] == ["tx shop.place_order: shop.place_order"]
    assert shop.orders() == {}


def test_an_async_action_is_refused_with_the_way_out(tmp_path, monkeypatch):
    code = ACTIONS.replace("def cancel_order", "async def cancel_order")
    write_distribution(tmp_path, "async-orders", code.replace("shop.", "late."))
    monkeypatch.syspath_prepend(str(tmp_path))
    kernel = Kernel(plugins=discover(path=[str(tmp_path)]))

    assert "late.cancel_order" not in kernel.catalog.types
    assert "late.place_order" in kernel.catalog.types
    assert any("write it as a plain function (def)" in report.message for report in kernel.plugins.reports())
