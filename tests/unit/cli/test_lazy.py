"""Groups whose commands stand in a table."""

import click

from automata.cli.lazy import LazyGroup

GROUP = LazyGroup(
    "things",
    {
        "run": ("run", "A command."),
        "other": ("plugins:info", "A part of a module."),
        "odd": ("run:read", "No command."),
    },
    about="Do things.",
    more="Or more.",
)


def test_a_command_is_imported_when_it_is_asked_for():
    context = click.Context(GROUP)

    assert GROUP.get_command(context, "run").name == "run"
    assert GROUP.get_command(context, "other").name == "info"


def test_what_is_no_command_or_not_in_the_table_is_none():
    context = click.Context(GROUP)

    assert GROUP.get_command(context, "odd") is None
    assert GROUP.get_command(context, "gone") is None
    assert GROUP.list_commands(context) == ["run", "other", "odd"]


def test_the_help_is_the_summary_and_the_rest():
    assert (GROUP.short_help, GROUP.help) == ("Do things.", "Do things. Or more.")
