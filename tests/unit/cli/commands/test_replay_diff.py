"""Trying a version on recorded runs."""

import asyncio
import json

import pytest

from automata._core.kernel import Kernel

TOTAL = """automata: 1
name: Total
input: {type: object, properties: {total: {type: number}}}
nodes:
  price: {use: set, with: {total: "${input.total * 2}", at: "${now()}"}}
  big: {use: if, with: {condition: "${price.total > 100}"}}
  note: {use: set, with: {said: "large ${price.total}"}}
edges: [price -> big, big.true -> note]
output: "${price.total}"
"""


@pytest.fixture
def recorded(database, folder):
    """The file of a workflow that has run four times."""
    (folder / "total.yaml").write_text(TOTAL)

    async def run():
        kernel = Kernel(database=database)
        workflow = kernel.validate_text(TOTAL).workflow
        for total in (10, 60, 70, 80):
            await kernel.run(workflow, {"total": total})
        await kernel.store.close()

    asyncio.run(run())
    return folder / "total.yaml"


def test_the_version_that_ran_makes_no_difference(automata, recorded):
    by_name = automata("replay-diff", "Total")
    by_file = automata("replay-diff", str(recorded), "--runs", "2")

    assert (by_name.code, by_file.code) == (0, 0)
    assert "4 runs, 4 the same, 0 would differ" in by_name.out
    assert "2 runs, 2 the same, 0 would differ" in by_file.out


def test_runs_that_differ_in_the_same_places_are_shown_once(automata, recorded):
    recorded.write_text(TOTAL.replace("* 2", "* 3"))

    done = automata("replay-diff", str(recorded))

    assert done.code == 9
    assert "output total: 160 -> 240" in done.out
    assert "and 2 runs more in the same places" in done.out
    assert "4 runs, 0 the same, 4 would differ" in done.out
    assert "by step: price 4, note 3" in done.out
    assert "output at" not in done.out
    assert automata("replay-diff", str(recorded), "-v").out.count("output total:") == 4


def test_programs_get_every_difference(automata, recorded):
    recorded.write_text(TOTAL.replace("> 100", "> 130"))

    done = automata("replay-diff", str(recorded), "--json")

    told = json.loads(done.out)
    assert done.code == 9
    assert told["counts"] == {"runs": 4, "same": 3, "differ": 1, "left": 0}
    (differing,) = (run for run in told["runs"] if run["differs"])
    assert [(step["node"], step["kind"]) for step in differing["steps"]] == [("big", "changed"), ("note", "gone")]
    assert differing["status"] == differing["would_be"] == "succeeded"


def test_a_new_step_says_what_it_would_do(automata, recorded, connectors):
    mail = '  mail: {use: http.request, with: {url: "https://x.example", method: POST}}\n'
    changed = TOTAL.replace("edges: [", f"{mail}edges: [note -> mail, ")
    recorded.write_text(changed)

    done = automata("replay-diff", str(recorded), "--runs", "1")

    assert "+ mail  unsafe http.request: would run" in done.out
    assert 'with {"url": "https://x.example", "method": "POST"}' in done.out


def test_what_cannot_be_tried_is_said(automata, recorded, stored):
    assert automata("replay-diff", "Nothing").code == 4
    assert automata("replay-diff", str(recorded), "--version", "ab").code == 2
    assert "no finished runs" in automata("replay-diff", "Total", "--status", "failed").out
    recorded.write_text(TOTAL.replace("use: if", "use: iff"))
    assert automata("replay-diff", str(recorded)).code == 3
