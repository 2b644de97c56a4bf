"""The group of commands about published workflows."""

import pytest

from automata.cli.commands import workflows


@pytest.mark.parametrize("name", workflows.TABLE)
def test_every_command_of_the_table_has_a_help_page_with_examples(automata, name):
    done = automata("workflows", name, "--help")

    assert done.code == 0
    assert "Examples:" in done.out
    assert "--database" in done.out


def test_a_workflow_nobody_published_exits_with_4_and_says_where_to_look(automata, database):
    automata("workflows", "publish", "orders.yaml")

    for line in (["show", "Order"], ["rollback", "Order"], ["enable", "Order"], ["start", "Order"]):
        found = automata("workflows", *line)
        assert found.code == 4
        assert "did you mean 'Orders'" in found.err
        assert "fix: automata workflows list" in found.err
