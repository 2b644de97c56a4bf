"""`automata worker` killed from outside in the middle of 200 runs: the next one brings every run to its right end."""

import asyncio
import signal
from collections import Counter

import pytest
from databases import look_at_all, make_database
from fleet import Fleet, judge
from processes import make_stage

from automata.model import Message, Resolved
from automata.sql import open_store

RUNS = 200
DOCUMENT = """\
automata: 1
name: two hundred
nodes:
  a: {{use: chaos.do_put, with: {{linger: {linger}}}}}
  b: {{use: chaos.do_keyed, with: {{linger: {linger}}}}}
  c: {{use: chaos.do_unsafe, with: {{linger: {linger}}}}}
  d: {{use: chaos.do_keyed}}
edges:
  - a -> b -> c -> d
output: "${{d}}"
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def fleet(request, tmp_path):
    url = "sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    fleet = Fleet(make_database(url, tmp_path), tmp_path, lease=2.0)
    fleet.database.fresh()
    yield fleet
    fleet.close()


def accept(fleet, linger):
    """Have runs accepted by this process, which drives none; each acknowledgement is noted down."""

    async def main():
        store = open_store(fleet.url)
        kernel = make_stage(fleet.files.folder).kernel(store)
        workflow = kernel.validate_text(DOCUMENT.format(linger=linger)).workflow
        made = await asyncio.gather(*(kernel.start(workflow, key=f"k{number}") for number in range(RUNS)))
        await store.close()
        return made

    lines = [f"start {run.id}\n" for run in asyncio.run(main())]
    fleet.files.accepted.write_text("".join(lines))


def resolve(fleet):
    """Do what a person would for every run that is in doubt: look whether the effect has happened, and say so."""
    seen = look_at_all(fleet.database, fleet.files)
    happened = {entry.run for entry in seen.ledger if entry.step == "c"}
    parked = [run for run, row in seen.rows.items() if row.status == "parked"]
    assert {seen.rows[run].error[:2] for run in parked} <= {("in_doubt", "c")}
    choices = {run: "done" if run in happened else "retry" for run in parked}

    async def send():
        store = open_store(fleet.url)
        for run, choice in choices.items():
            await store.send(run, Message(id="choice", body=Resolved("c", choice, "looked", "a person")))
        await store.close()

    asyncio.run(send())
    return len(parked)


@pytest.mark.timeout(180)
def test_every_run_reaches_its_end_after_the_worker_was_killed(fleet, slowness):
    accept(fleet, linger=0.5 * slowness)
    steps = lambda: Counter(entry.step for entry in fleet.files.entries())  # noqa: E731
    first = fleet.hire("--concurrency", str(RUNS))
    fleet.until(lambda: steps()["c"] >= RUNS // 4, 30 * slowness)
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    assert fleet.number("owner IS NOT NULL AND finished_ms IS NULL") == RUNS
    second = fleet.hire("--concurrency", str(RUNS))
    fleet.until(lambda: fleet.unfinished(RUNS) == 0, 60 * slowness)
    assert resolve(fleet) > 0
    fleet.until(lambda: fleet.number("finished_ms IS NOT NULL") == RUNS, 30 * slowness)
    second.terminate()
    assert second.wait(30) == 0, fleet.said()
    faults, ends = judge(fleet.database, fleet.files, unsafe=frozenset({"c"}))
    assert faults == []
    assert ends == {"succeeded": RUNS}
    assert steps()["c"] == RUNS
    print(f"{RUNS} runs held at the kill; effects of each step: {dict(steps())}")
