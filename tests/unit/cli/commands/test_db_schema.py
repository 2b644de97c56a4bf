"""``automata db status|upgrade|downgrade``."""

import json


def test_a_database_is_made_told_of_and_taken_back(automata, tmp_path):
    url = f"sqlite:///{tmp_path}/new/runs.db"
    missing = automata("db", "status", "--database", url, "--json")
    assert (missing.code, json.loads(missing.out)["state"]) == (7, "missing")

    assert automata("db", "upgrade", "--database", url).code == 0
    current = automata("db", "status", "--database", url, "--json")
    assert (current.code, json.loads(current.out)["state"]) == (0, "current")

    refused = automata("db", "downgrade", "base", "--database", url, "--no-input")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert automata("db", "downgrade", "base", "--yes", "--database", url).code == 0
    assert json.loads(automata("db", "status", "--database", url, "--json").out)["state"] == "empty"


def test_every_command_of_the_group_has_a_help_page_with_examples(automata):
    for name in ("status", "upgrade", "downgrade", "backup", "restore", "prune"):
        done = automata("db", name, "--help")
        assert (done.code, "Examples:" in done.out) == (0, True)
