"""Running from the command line."""

import json


def test_a_run_is_one_documented_object(automata):
    result = json.loads(automata("run", "first.yaml", "--json").out)

    assert list(result) == ["run", "workflow", "version", "status", "output", "error", "steps"]


def test_a_failed_run_exits_with_9_and_says_what_next(automata, folder):
    (folder / "f.yaml").write_text(
        "automata: 1\nname: F\nnodes: {boom: {use: fail, with: {class: broken, message: No}}}\n"
    )

    done = automata("run", "f.yaml")

    assert done.code == 9
    assert "dry-run" in done.err


def test_a_call_finds_the_document_beside(automata, folder):
    (folder / "c.yaml").write_text(
        'automata: 1\nname: C\nnodes: {c: {use: call, with: {workflow: First}}}\noutput: "${c}"\n'
    )

    assert automata("run", "c.yaml", "--json").code == 0
