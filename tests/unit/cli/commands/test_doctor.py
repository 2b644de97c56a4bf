"""Looking at the installation."""

import json


def test_everything_is_looked_at(automata):
    done = automata("doctor", "--json")

    names = [check["name"] for check in json.loads(done.out)["checks"]]
    assert done.code == 0
    assert {"kernel", "python", "cache", "clock", "time zones", "egress", "logs"} <= set(names)


def test_a_wrong_setting_is_a_finding_with_7(automata, monkeypatch):
    monkeypatch.setenv("AUTOMATA_EGRESS_ALLOW", "not an address!!")
    monkeypatch.setenv("AUTOMATA_PLUGIN_TIMEOUT", "soon")

    done = automata("doctor")

    assert done.code == 7
    assert "error" in done.out
