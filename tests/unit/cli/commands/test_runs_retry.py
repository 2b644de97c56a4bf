"""Starting again."""

import json


def test_a_failed_run_is_started_again_as_a_new_run(automata, failed):
    new = json.loads(automata("runs", "retry", failed, "--json").out)

    assert new["status"] == "queued"
    assert new["run"] != failed
    assert f"repeats  {failed}" in automata("runs", "show", new["run"]).out


def test_asking_twice_gives_one_run(automata, failed):
    first = json.loads(automata("runs", "retry", failed, "--json").out)["run"]

    assert json.loads(automata("runs", "retry", failed, "--json").out)["run"] == first
    assert json.loads(automata("runs", "retry", failed, "--key", "k", "--json").out)["run"] != first


def test_what_succeeded_is_not_retried(automata, done, failed):
    assert automata("runs", "retry", done).code == 6
    assert "was accepted (queued)" in automata("runs", "retry", failed).out
