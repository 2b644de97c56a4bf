"""A step whose attempts kill their workers is not tried a fourth time: it waits for a person."""

import pytest
from client import Client
from databases import age_leases, look, make_database
from processes import Files, fork, make_stage
from shapes import LINEAR

from automata.model import StepParked, StepStarted

RUN = "5" * 32


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_step_that_has_killed_three_workers_waits_for_a_person(request, tmp_path, kind):
    database = make_database(kind if kind == "sqlite" else request.getfixturevalue("postgres_url"), tmp_path)
    files = Files(tmp_path)
    client = Client(stage=make_stage(tmp_path), shape=LINEAR, url=database.url, run=RUN, files=files)
    for _ in range(3):
        assert fork(client.work, files, "kill:effect.after:1") == -9
        age_leases(database)

    assert fork(client.work, files) == 0  # the client decides what a person would: the effect has happened

    seen = look(database, RUN, files)
    events = seen.journals[RUN]
    [parked] = [event for event in events if isinstance(event, StepParked)]
    assert (parked.step, parked.error.kind) == ("a", "poison")
    assert "3 workers died" in parked.error.message
    assert [event.attempt for event in events if isinstance(event, StepStarted) and event.step == "a"] == [1, 2, 3]
    assert [entry.attempt for entry in seen.ledger if entry.step == "a"] == [1, 2, 3]
    assert seen.rows[RUN].status == "succeeded"
