"""``automata validate FOLDER``: documents that call each other are checked together, by the real program."""

import json
import os
import subprocess
import sys

import pytest

CALLER = """automata: 1
name: {name}
nodes:
  begin: {{use: set, with: {{x: 1}}}} # kept
  go: {{use: call, with: {{workflow: {called}}}}} # kept
edges: [begin -> go]
"""


@pytest.fixture
def validate(tmp_path):
    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "automata", "validate", *arguments, "--json"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")},
            timeout=50,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    return run


@pytest.fixture
def write(tmp_path):
    (tmp_path / "flows").mkdir()

    def write(**calls):
        for name, called in calls.items():
            (tmp_path / "flows" / f"{name}.yaml").write_text(CALLER.format(name=name, called=called))

    return write


def test_a_circle_of_calls_over_several_files_is_an_error_in_each_with_its_line(validate, write):
    write(alpha="beta", beta="alpha")

    code, found = validate("flows")

    assert code == 3
    assert [(p["code"], p["file"], p["line"]) for p in found["problems"]] == [
        ("CALL-001", "flows/alpha.yaml", 5),
        ("CALL-001", "flows/beta.yaml", 5),
    ]
    assert [result["valid"] for result in found["files"]] == [False, False]


def test_a_workflow_that_calls_itself_is_an_error_in_a_single_file(validate, write):
    write(alpha="alpha")

    code, found = validate("flows/alpha.yaml")

    assert code == 3
    assert [p["code"] for p in found["problems"]] == ["CALL-001"]


def test_an_unknown_workflow_is_a_warning_among_several_files(validate, write):
    write(alpha="gamma_service", beta="alpha")

    code, found = validate("flows")

    assert code == 0
    assert [(p["code"], p["severity"], p["file"]) for p in found["problems"]] == [
        ("CALL-002", "warning", "flows/alpha.yaml")
    ]
    assert validate("flows", "--strict")[0] == 3


def test_a_file_alone_may_call_a_workflow_it_does_not_know(validate, write):
    write(alpha="gamma_service")

    code, found = validate("flows/alpha.yaml", "--strict")

    assert (code, found["problems"]) == (0, [])


def test_a_document_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others(validate, write, tmp_path):
    write(alpha="beta", beta="alpha")
    (tmp_path / "flows" / "broken.yaml").write_text("automata: 1\nname: Broken\nnods: {}\n")

    _, found = validate("flows")

    assert {p["code"] for p in found["problems"]} >= {"CALL-001", "DOC-021"}


def test_a_workflow_that_is_there_but_broken_is_not_unknown(validate, write, tmp_path):
    write(alpha="Broken", beta="alpha")
    (tmp_path / "flows" / "broken.yaml").write_text("automata: 1\nname: Broken\nnods: {}\n")
    (tmp_path / "flows" / "list.yaml").write_text("- automata: 1\n")

    _, found = validate("flows", "flows/list.yaml")

    assert "CALL-002" not in {p["code"] for p in found["problems"]}
    assert {p["file"] for p in found["problems"]} == {"flows/broken.yaml", "flows/list.yaml"}


def test_fix_corrects_a_mistyped_workflow_by_the_names_of_the_other_files(validate, write, tmp_path):
    write(alpha="betta", beta="gamma_service")

    code, found = validate("flows", "--fix")

    assert code == 0
    assert [p["file"] for p in found["problems"]] == ["flows/beta.yaml"]
    assert (tmp_path / "flows" / "alpha.yaml").read_text() == CALLER.format(name="alpha", called="beta")
