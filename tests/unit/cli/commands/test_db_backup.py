"""``automata db backup|restore``."""

import json


def test_a_backup_is_put_back_and_runs_that_were_not_over_are_parked(automata, tmp_path):
    url = f"sqlite:///{tmp_path}/runs.db"
    (tmp_path / "w.yaml").write_text("automata: 1\nname: w\nnodes: {a: {use: set}}\n")
    assert automata("workflows", "publish", f"{tmp_path}/w.yaml", "--database", url).code == 0
    assert automata("workflows", "start", "w", "--database", url).code == 0

    made = automata("db", "backup", f"{tmp_path}/copy.db", "--database", url, "--json")
    assert (made.code, json.loads(made.out)["runs"]) == (0, 1)
    refused = automata("db", "restore", f"{tmp_path}/copy.db", "--database", url, "--no-input")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    back = automata("db", "restore", f"{tmp_path}/copy.db", "--yes", "--database", url, "--json")
    assert (back.code, json.loads(back.out)["parked"]) == (0, 1)
