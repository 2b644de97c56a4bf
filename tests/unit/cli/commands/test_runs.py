"""The group of commands about runs."""

import importlib

import pytest

from automata.cli.commands import runs


@pytest.mark.parametrize("name", runs.TABLE)
def test_every_command_of_the_table_has_a_help_page_with_examples(automata, name):
    done = automata("runs", name, "--help")

    assert done.code == 0
    assert "Examples:" in done.out
    assert "--database" in done.out


def test_the_help_page_of_the_group_imports_no_command(automata, monkeypatch):
    def refuse(name, *_):
        raise AssertionError(f"{name} was imported")

    automata("runs", "--help")
    with monkeypatch.context() as patch:
        patch.setattr(importlib, "import_module", lambda name: runs if name.endswith(".runs") else refuse(name))
        done = automata("runs", "--help")

    assert all(name in done.out for name in runs.TABLE)


def test_an_unknown_command_names_the_one_that_was_meant(automata):
    assert "did you mean 'list'" in automata("runs", "lst").err


def test_a_run_that_is_not_there_exits_with_4_and_says_where_to_look(automata, waiting):
    found = automata("runs", "show", "aaab")

    assert found.code == 4
    assert f"did you mean '{'a' * 16}'" in found.err
    assert "fix: automata runs list" in found.err


def test_a_beginning_of_several_ids_exits_with_2(automata, told):
    told("ab" * 16)
    told("ac" * 16)

    assert automata("runs", "show", "a").code == 2


def test_a_run_that_is_over_exits_with_6(automata, failed):
    for line in (["cancel"], ["pause"], ["resume"], ["signal", "x"], ["approve"], ["resolve", "--retry"]):
        name, *rest = line
        assert automata("runs", name, failed, *rest).code == 6


def test_a_database_that_does_not_answer_exits_with_8(automata, database):
    found = automata("runs", "list", "--database", "postgresql://nobody@127.0.0.1:9/none")

    assert found.code == 8
    assert "fix: automata db status" in found.err
    assert "Traceback" not in found.err
