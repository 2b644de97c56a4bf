"""Doing a run over from one step on."""

import asyncio
import json

import pytest

from automata._core.kernel import Kernel

TWO = "automata: 1\nname: Two\nnodes: {a: {use: set, with: {x: 1}}, b: {use: set, with: {y: '${a.x}'}}}\n"
TWO += "edges: [a -> b]\noutput: '${b.y}'\n"


@pytest.fixture
def done(database):
    """Id of a run that succeeded."""

    async def run():
        kernel = Kernel(database=database)
        finished = await kernel.run(kernel.validate_text(TWO).workflow)
        await kernel.store.close()
        return finished.run.id

    return asyncio.run(run())


def test_a_replay_takes_over_what_came_before_the_step(automata, done):
    told = json.loads(automata("runs", "replay", done, "--from", "b", "--json").out)

    assert told["made"] is True
    assert told["kept"]["steps"] == ["a"]
    assert told["repeats"] == []


def test_without_a_step_the_whole_run_is_done_over(automata, done):
    told = json.loads(automata("runs", "replay", done, "--json").out)

    assert told["kept"] == {"events": 1, "steps": [], "running": []}


def test_a_dry_run_only_says(automata, done):
    said = automata("runs", "replay", done, "--from", "b", "--dry-run")

    assert said.code == 0
    assert "No effect would happen again" in said.out
    assert len(json.loads(automata("runs", "list", "--json").out)["runs"]) == 1
