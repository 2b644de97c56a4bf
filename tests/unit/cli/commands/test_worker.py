"""A worker as a process of its own: takes up runs, hands over, stops at once."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

NAP = """automata: 1
name: Nap
nodes:
  nap: {use: wait, with: {for: 10ms}}
  a: {use: set, with: {v: 1}}
edges: [nap -> a]
output: "${a.v}"
"""
SLOW = "automata: 1\nname: Slow\nnodes: {s: {use: naps.rest}}\n"
PLUGIN = """
from automata.model import Effect, NodeType
from automata.sdk import hookimpl


async def rest(context, parameters):
    await context.sleep(60)


@hookimpl
def automata_node_types():
    return [NodeType(name="naps.rest", title="Rest", summary="Rests", effect=Effect.IDEMPOTENT, run=rest)]
"""


@pytest.fixture
def plugin(folder, monkeypatch):
    """A plugin with an action that takes a minute."""
    site = folder / "site"
    (site / "naps-1.0.dist-info").mkdir(parents=True)
    (site / "naps.py").write_text(PLUGIN)
    (site / "naps-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: naps\nVersion: 1.0\n")
    (site / "naps-1.0.dist-info" / "entry_points.txt").write_text("[automata]\nnaps = naps\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))


@contextmanager
def working(*flags):
    """A worker process, and a way to read the next state it tells."""
    line = [sys.executable, "-m", "automata", "worker", "--json", *flags]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            yield process, lambda: json.loads(process.stdout.readline())
        finally:
            process.kill()


def published(automata, folder, text):
    (folder / "flow.yaml").write_text(text)
    return json.loads(automata("workflows", "publish", "flow.yaml", "--json").out)["published"][0]["workflow"]


def test_a_worker_drives_what_was_started_elsewhere_and_hands_over_at_sigterm(automata, database, folder):
    name = published(automata, folder, NAP)

    with working() as (process, state):
        started = state()
        ended = automata("workflows", "start", name, "--wait", "--timeout", "20s", "--json")
        process.send_signal(signal.SIGTERM)
        states = [state()["state"], state()["state"]]
        code = process.wait(10)

    assert (started["state"], started["database"]) == ("started", database)
    assert (ended.code, json.loads(ended.out)["output"]) == (0, 1)
    assert (states, code) == (["handing_over", "handed_over"], 0)


def test_a_run_in_the_middle_of_an_attempt_is_free_for_others_after_a_hand_over(automata, database, folder, plugin):
    name = published(automata, folder, SLOW)
    run = json.loads(automata("workflows", "start", name, "--json").out)["run"]

    with working("--drain-timeout", "1ms") as (process, state):
        state()
        _until(automata, run, "running")
        process.send_signal(signal.SIGINT)
        handing, handed = state(), state()
        code = process.wait(10)

    assert (handing["runs"], handed["state"], code) == (1, "handed_over", 0)
    assert json.loads(automata("runs", "show", run, "--json").out)["finished"] is None


def test_a_run_that_was_taken_up_is_listed_as_running(automata, database, folder, plugin):
    name = published(automata, folder, SLOW)
    run = json.loads(automata("workflows", "start", name, "--json").out)["run"]
    before = listed(automata, "queued"), listed(automata, "running")

    with working("--drain-timeout", "1ms") as (_, state):
        state()
        _until(automata, run, "running")
        during = listed(automata, "queued"), listed(automata, "running")

    assert before == ([run], [])
    assert during == ([], [run])


def test_a_second_signal_stops_at_once(automata, database, folder, plugin):
    name = published(automata, folder, SLOW)
    run = json.loads(automata("workflows", "start", name, "--json").out)["run"]

    with working("--drain-timeout", "1h") as (process, state):
        state()
        _until(automata, run, "running")
        process.send_signal(signal.SIGINT)
        assert state()["state"] == "handing_over"
        process.send_signal(signal.SIGINT)
        code = process.wait(10)

    assert code == 130


def test_a_database_that_does_not_answer_exits_with_8(automata, database):
    found = automata("worker", "--database", "postgresql://nobody@127.0.0.1:9/none")

    assert found.code == 8
    assert "Traceback" not in found.err


@pytest.mark.parametrize("flags", [["--concurrency", "0"], ["--drain-timeout", "soon"], ["--lease", "x"]], ids=str)
def test_a_flag_that_cannot_be_read_exits_with_2(automata, database, flags):
    assert automata("worker", *flags).code == 2


def listed(automata, status):
    """Ids of the runs of a status."""
    return [one["run"] for one in json.loads(automata("runs", "list", "--status", status, "--json").out)["runs"]]


def _until(automata, run, word):
    """Return once a step of the run is at work."""
    for _ in range(200):
        steps = json.loads(automata("runs", "show", run, "--json").out)["steps"]
        if any(step["status"] == word for step in steps):
            return
    raise AssertionError(f"The run was never {word}")
