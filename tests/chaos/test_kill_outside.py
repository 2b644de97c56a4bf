"""A worker killed from outside in the middle of 200 runs: the next one brings every run to its right end."""

import signal

import pytest
from databases import make_database
from fleet import Fleet, judge

RUNS = 200
DOCUMENT = """\
automata: 1
name: two hundred
nodes:
  a: {use: chaos.do_put, with: {linger: 0.05}}
  b: {use: chaos.do_keyed, with: {linger: 0.05}}
  c: {use: chaos.do_unsafe, with: {linger: 0.05}}
  d: {use: chaos.do_keyed}
edges:
  - a -> b -> c -> d
output: "${d}"
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def fleet(request, tmp_path):
    url = "sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    fleet = Fleet(make_database(url, tmp_path), tmp_path)
    yield fleet
    fleet.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_every_run_reaches_its_end_after_the_worker_was_killed(fleet, tmp_path, share):
    fleet.database.fresh()
    document = tmp_path / "runs.yaml"
    document.write_text(DOCUMENT)
    first = fleet.add("--start", str(document), "a", str(RUNS))
    started = lambda: sum(line.startswith("start") for line in fleet.files.said())  # noqa: E731
    fleet.until(lambda: started() == RUNS and len(fleet.files.entries()) >= share * 4 * RUNS)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert fleet.unfinished(RUNS) > 0
    second = fleet.add("--until-done")
    assert second.wait(60) == 0
    faults, ends = judge(fleet.database, fleet.files, unsafe=frozenset({"c"}))
    assert faults == []
    assert sum(ends.values()) == RUNS
    assert set(ends) <= {"succeeded", "parked"}
