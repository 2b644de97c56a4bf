"""What every command shares: global flags in any place, and a help page in one order."""

import click
import pytest

from automata.cli.command import Command, Group, console, is_global
from automata.cli.console import Console


@click.command(cls=Command, examples=["tool one --name Ada"])
@click.option("--name", help="Who.")
@click.pass_context
def one(context, name):
    """Do one thing."""


@click.group(cls=Group, examples=["tool one"])
def tool():
    """Hold one thing."""


tool.add_command(one)


def run(*arguments):
    """The console as one invocation leaves it."""
    out = Console()
    tool.main(list(arguments), prog_name="tool", standalone_mode=False, obj=out)
    return out


@pytest.mark.parametrize(
    ("flags", "name", "value"),
    [
        (["--json"], "format", "json"),
        (["-o", "yaml"], "format", "yaml"),
        (["-q"], "quiet", True),
        (["-vv"], "verbosity", 2),
        (["--no-color"], "color", False),
        (["--no-input"], "input", False),
    ],
)
def test_a_global_flag_stands_before_or_after_the_command(flags, name, value):
    assert getattr(run(*flags, "one"), name) == value
    assert getattr(run("one", *flags), name) == value
    assert getattr(run("one"), name) != value


def test_the_louder_of_two_places_counts():
    assert run("-vv", "one", "-v").verbosity == 2


def page(*arguments, capsys):
    tool.main([*arguments, "--help"], prog_name="tool", standalone_mode=False, obj=Console())
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sections"),
    [
        (["one"], ["Options:", "--name", "Global options:", "--json", "Examples:"]),
        ([], ["Commands:", "Global options:"]),
    ],
)
def test_a_help_page_has_its_own_parts_first_and_examples_last(capsys, arguments, sections):
    text = page(*arguments, capsys=capsys)
    places = [text.index(section) for section in sections]

    assert places == sorted(places)


def test_an_example_is_one_line_however_long(capsys):
    long = "tool " + "x" * 200

    @click.command(cls=Command, examples=[long])
    def wide():
        """Say."""

    wide.main(["--help"], standalone_mode=False, obj=Console())

    assert long in capsys.readouterr().out


@pytest.mark.parametrize(("name", "guess"), [("oen", "'one'"), ("zzzzzz", "")])
def test_an_unknown_command_names_the_nearest_if_there_is_one(name, guess):
    with pytest.raises(click.UsageError, match=f"Unknown command '{name}'") as told:
        run(name)

    assert ("did you mean" in told.value.message) == bool(guess)
    assert told.value.guess == guess


def test_only_the_flags_of_every_command_are_global():
    flags = {parameter.name: is_global(parameter) for parameter in one.params}

    assert flags.pop("name") is False
    assert set(flags.values()) == {True}


def test_a_context_without_a_console_gets_one():
    context = click.Context(one)

    assert console(context) is console(context)
