"""Runs as documents."""

import json


def test_an_export_is_whole_and_says_so(automata, folder, failed):
    exported = automata("runs", "export", failed).out
    (folder / "run.json").write_text(exported)

    found = automata("runs", "export", "--check", "run.json", "--json")

    assert json.loads(exported)["document"]["name"] == "Orders"
    assert json.loads(found.out) == {
        "file": "run.json",
        "run": failed,
        "workflow": "Orders",
        "status": "failed",
        "events": 4,
    }
    assert f"holds run {'f' * 16} of Orders (failed), 4 events" in automata("runs", "export", "--check", "run.json").out


def test_an_export_goes_to_a_new_file(automata, folder, failed):
    assert automata("runs", "export", failed, "--file", "run.json").code == 0
    assert automata("runs", "export", failed, "--file", "run.json").code == 6
    assert automata("runs", "export", "--check", "run.json").code == 0


def test_a_changed_export_is_refused(automata, folder, failed):
    exported = json.loads(automata("runs", "export", failed).out)
    exported["run"]["status"] = "succeeded"
    (folder / "run.json").write_text(json.dumps(exported))

    found = automata("runs", "export", "--check", "run.json")

    assert found.code == 3
    assert "does not match its checksum" in found.err


def test_either_a_run_or_a_file_is_named(automata, database):
    assert automata("runs", "export").code == 2
    assert automata("runs", "export", "x", "--check", "y").code == 2
