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


def test_a_run_with_a_database_is_there_after_it(automata, database):
    result = json.loads(automata("run", "first.yaml", "--json").out)

    shown = json.loads(automata("runs", "show", result["run"], "--json").out)
    assert (shown["status"], shown["output"]) == ("succeeded", 1)


def test_a_published_workflow_is_run_by_its_name(automata, database, folder):
    automata("workflows", "publish", "first.yaml")
    (folder / "first.yaml").unlink()

    done = automata("run", "First")

    assert done.code == 0
    assert "of First (version" in done.out
    assert "automata runs show" in done.err


def test_the_same_key_gives_the_same_run(automata, database):
    first, second = (json.loads(automata("run", "first.yaml", "--key", "k", "--json").out) for _ in range(2))

    assert first == second


def test_a_name_nobody_published_is_not_found(automata, database):
    done = automata("run", "first")

    assert done.code == 4
    assert "first.yaml" in done.err


def test_a_run_that_is_parked_exits_with_7(automata, folder):
    (folder / "p.yaml").write_text(
        "automata: 1\nname: P\nsettings: {on_error: park}\n"
        "nodes: {boom: {use: fail, with: {class: broken, message: No}}}\n"
    )

    assert automata("run", "p.yaml").code == 7


def test_an_approval_is_answered_in_a_database_too(automata, database, folder):
    (folder / "a.yaml").write_text(
        'automata: 1\nname: A\nnodes: {ask: {use: approval, with: {message: "?"}}}\noutput: "${ask.by}"\n'
    )

    assert json.loads(automata("run", "a.yaml", "--approve", "ask=yes", "--json").out)["output"] == "command line"
