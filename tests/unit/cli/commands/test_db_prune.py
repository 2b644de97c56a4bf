"""``automata db prune``."""

import json


def test_pruning_a_new_database_removes_nothing_and_says_so(automata, tmp_path):
    url = f"sqlite:///{tmp_path}/runs.db"
    assert automata("db", "prune", "--database", url).code == 4
    automata("db", "upgrade", "--database", url)

    done = automata("db", "prune", "--dry-run", "--database", url, "--json")

    assert done.code == 0
    assert json.loads(done.out)["runs"] == 0


def test_an_age_that_is_none_is_a_usage_error(automata, tmp_path):
    done = automata("db", "prune", "--older-than", "soon", "--database", f"sqlite:///{tmp_path}/runs.db")

    assert done.code == 2
    assert "soon" in done.err
