"""Kills around the rows of a host and the outbox: what a step wrote, or has sent, is there iff the step is complete.

As a program it kills one run after another and prints what was seen::

    python tests/chaos/test_tx_outbox.py sqlite 40
    python tests/chaos/test_tx_outbox.py postgresql 12 7     # 7 is the seed
"""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ACTIONS = """
import os
import sqlalchemy as sa
from automata.sdk import Effect, NodeType, hookimpl

PUT = sa.text("INSERT INTO chaos_order (run, step, attempt) VALUES (:run, :step, :attempt)")


def place_order(ctx, parameters):
    ctx.connection.execute(PUT, {"run": ctx.run_id, "step": ctx.node, "attempt": ctx.attempt})
    return ctx.node


async def send_note(ctx, parameters):
    ledger = os.open(os.environ["CHAOS_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(ledger, f"{ctx.run_id} {ctx.node} {ctx.idempotency_key} {ctx.attempt} outbox {os.getpid()}\\n".encode())
    os.close(ledger)


def action(name, effect, run):
    return NodeType(name=name, title=name, summary=name, effect=effect, run=run)


@hookimpl
def automata_node_types():
    return [
        action("shop.place_order", Effect.TX, place_order),
        action("shop.send_note", Effect.OUTBOX, send_note),
    ]
"""
DOCUMENT = """
automata: 1
name: shop
nodes:
  a: {use: shop.place_order}
  p: {use: shop.send_note}
  b: {use: shop.place_order}
edges: [a -> p -> b]
output: "${p.message}"
"""
ALWAYS = (
    "effect.before:1",
    "effect.after:1",
    "effect.after:2",
    "completion.in_tx:1",
    "completion.before_commit:1",
    "completion.after_commit:1",
    "outbox.insert:1",
    "outbox.send:1",
    "outbox.mark:1",
)
"""What is killed at whatever the seed: the windows the contract names."""


# ---------------------------------------------------------------- the tests


@pytest.fixture(scope="module", params=[("sqlite", 20), ("postgresql", 5)], ids=["sqlite", "postgresql"])
def cycles(request):
    """What a program saw that killed every process it started, and then let one come to its end."""
    kind, more = request.param
    if kind == "postgresql":
        request.getfixturevalue("postgres_url")
    program = [sys.executable, __file__, kind, str(more)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def at(cycles, point):
    """What was seen right after a kill at a point, and at the end of that cycle."""
    [cycle] = [one for one in cycles if one["faults"] == [f"kill:{point}"]]
    assert cycle["kills"], f"{point} was not reached"
    return cycle["kills"][0], cycle["end"]


@pytest.mark.timeout(180)
def test_rows_and_messages_are_there_if_and_only_if_their_steps_are_complete(cycles):
    for cycle in cycles:
        for seen in (*cycle["kills"], cycle["end"]):
            assert seen["rows"] == [step for step in ("a", "b") if step in seen["complete"]], cycle
            assert (seen["waiting"] + len(seen["sent"]) > 0) == ("p" in seen["complete"]), cycle


def test_every_run_comes_to_its_end_and_leaves_nothing_to_be_sent(cycles):
    assert sum(len(cycle["kills"]) for cycle in cycles) >= len(cycles) * 0.8
    for cycle in cycles:
        assert cycle["code"] == 0, cycle
        assert (cycle["end"]["status"], cycle["end"]["complete"]) == ("succeeded", ["a", "b", "p"]), cycle
        assert cycle["end"]["waiting"] == 0, cycle


def test_a_message_is_sent_again_exactly_when_a_kill_kept_its_mark_from_the_store(cycles):
    for cycle in cycles:
        sent, again = 0, 0
        for seen in cycle["kills"]:
            again += len(seen["sent"]) > sent and seen["waiting"] == 1
            sent = len(seen["sent"])
        assert len(cycle["end"]["sent"]) == 1 + again, cycle
        assert set(cycle["end"]["sent"]) == {cycle["end"]["output"]}, cycle


@pytest.mark.parametrize("point", ["effect.before:1", "completion.in_tx:1", "completion.before_commit:1"])
def test_before_its_commit_an_order_is_not_there(cycles, point):
    seen, end = at(cycles, point)

    assert (seen["rows"], seen["complete"]) == ([], [])
    assert end["rows"] == ["a", "b"]


def test_after_its_commit_an_order_is_not_placed_again(cycles):
    seen, end = at(cycles, "completion.after_commit:1")

    assert (seen["rows"], seen["complete"]) == (["a"], ["a"])
    assert end["attempts"] == {"a": 1, "b": 1}


def test_a_kill_after_the_action_undoes_it_and_the_next_worker_repeats_it(cycles):
    seen, end = at(cycles, "effect.after:1")

    assert seen["rows"] == []
    assert end["attempts"] == {"a": 2, "b": 1}


def test_a_kill_with_the_row_of_the_outbox_open_leaves_no_message(cycles):
    seen, end = at(cycles, "outbox.insert:1")

    assert (seen["waiting"], seen["sent"], seen["complete"]) == (0, [], ["a"])
    assert len(end["sent"]) == 1


def test_a_kill_before_the_sending_leaves_the_message_to_the_next_relay(cycles):
    seen, end = at(cycles, "outbox.send:1")

    assert (seen["waiting"], seen["sent"]) == (1, [])
    assert len(end["sent"]) == 1


def test_a_kill_between_sending_and_mark_sends_twice_under_one_id(cycles):
    seen, end = at(cycles, "outbox.mark:1")

    assert (seen["waiting"], len(seen["sent"])) == (1, 1)
    assert end["sent"] == seen["sent"] * 2


# ---------------------------------------------------------------- the program


class Cycles:
    """Kills runs on one database."""

    def __init__(self, database, folder, plugins, catalog, settings):
        self.database, self.folder = database, folder
        self.plugins, self.catalog, self.settings = plugins, catalog, settings
        self.number = 0

    def try_one(self, faults):
        """Kill a worker at each of *faults* in turn, then let one work to the end; what was seen."""
        from databases import age_leases
        from processes import Files, fork

        self.number += 1
        run, files = f"{os.getpid():08x}{self.number:024x}", Files(self.folder / str(self.number))
        files.folder.mkdir()
        self.database.begin()
        with contextlib.closing(self.database.connect()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS chaos_order (run TEXT, step TEXT, attempt INTEGER)")
            connection.commit()
        kills, code = [], 0
        for fault in (*faults, ""):
            code = fork(lambda: self._work(run), files, fault)
            if code == 0 or not fault:
                break
            kills.append(self._look(run, files))
            age_leases(self.database)
        hits = files.hits()
        seen = {"faults": list(faults), "kills": kills, "code": code, "end": self._look(run, files)}
        return seen if code == 0 else {**seen, "output": files.output.read_text()[-2000:]}, hits

    async def _work(self, run):
        from automata import Kernel
        from automata.sql import open_store

        store = open_store(self.database.url)
        kernel = Kernel(store=store, plugins=self.plugins, settings=self.settings)
        kernel.__dict__["catalog"] = self.catalog
        workflow = kernel.validate_text(DOCUMENT).workflow
        async with kernel.engine(claims=True, lease_s=5) as engine:
            await engine.start(workflow, None, run_id=run)
            while not (await store.run(run)).status.final or await store.outbox.waiting():
                await asyncio.sleep(0.003)
        await store.close()

    def _look(self, run, files):
        from automata._core.journal import decode_events, read_json
        from automata.model import StepFinished

        with contextlib.closing(self.database.connect()) as connection:

            def rows(query):
                return connection.execute(f"{query} = '{run}'").fetchall()

            events = [
                e for (d,) in rows("SELECT events FROM automata_journal WHERE run") for e in decode_events(bytes(d))
            ]
            orders = dict(rows("SELECT step, attempt FROM chaos_order WHERE run"))
            status, output = (rows("SELECT status, output FROM automata_run WHERE id") or [(None, None)])[0]
            return {
                "status": status,
                "output": None if output is None else read_json(bytes(output)),
                "complete": sorted(event.step for event in events if isinstance(event, StepFinished)),
                "rows": sorted(step for (step,) in rows("SELECT step FROM chaos_order WHERE run")),
                "attempts": orders,
                "waiting": rows("SELECT count(*) FROM automata_outbox WHERE run")[0][0],
                "sent": [entry.key for entry in files.entries()],
            }


def main(kind, more, seed):
    """Print a line of JSON for each cycle."""
    from databases import open_database
    from processes import load_settings

    from automata._core.catalog import build_catalog
    from automata._core.plugins import discover
    from automata.testing.plugins import write_distribution

    fast = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=fast) as place, open_database(kind, Path(place)) as database:
        site = Path(place) / "site"
        site.mkdir()
        write_distribution(site, "chaos-shop", ACTIONS)
        sys.path.insert(0, str(site))
        plugins = discover(path=[str(site)])
        settings = load_settings(environ={}, partial=True)
        cycles = Cycles(database, Path(place), plugins, build_catalog(plugins), settings)
        _, hits = cycles.try_one([])
        statements, chance = hits.count("sql"), random.Random(seed)
        places = [f"kill:*:{k}" for k in range(1, len(hits) - statements + 1)]
        places += [f"kill:sql:{k}" for k in range(1, statements + 1)]
        chosen = [[f"kill:{point}"] for point in ALWAYS]
        chosen += [chance.sample(places, 2 if n % 3 == 0 else 1) for n in range(more)]
        for faults in chosen:
            print(json.dumps(cycles.try_one(faults)[0]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "0")
