"""The click classes every command is made of: global flags, help page, and where a command finds its console."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from automata.cli.console import FORMATS, Console

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_Value = TypeVar("_Value")


def console(context: click.Context) -> Console:
    """The console of this invocation, shared by the program and its command."""
    return context.ensure_object(Console)


class Command(click.Command):
    """A command with the global flags; its callback returns an exit code or None.

    Args:
        examples: Lines shown below the options, ready to paste.
    """

    def __init__(self, *arguments: object, examples: Sequence[str] = (), **keywords: object) -> None:
        keywords.setdefault("context_settings", SETTINGS)
        super().__init__(*arguments, **keywords)  # type: ignore[arg-type] # click's own signature, passed through
        self.examples = tuple(examples)
        self.params.extend(global_flags())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first and the global ones below."""
        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        write_examples(self.examples, formatter)


class Group(click.Group):
    """A command with commands of its own, which must be given."""

    command_class = Command

    def __init__(self, *arguments: object, examples: Sequence[str] = (), **keywords: object) -> None:
        keywords.setdefault("context_settings", SETTINGS)
        super().__init__(*arguments, **keywords)  # type: ignore[arg-type] # click's own signature, passed through
        self.examples = tuple(examples)
        self.params.extend(global_flags())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first: they are what a reader looks for."""
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        write_examples(self.examples, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            raise UnknownCommandError(name, self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class UnknownCommandError(click.UsageError):
    """No command of that name exists; carries the nearest ones."""

    def __init__(self, name: str, known: Sequence[str], context: click.Context) -> None:
        import difflib

        near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
        self.guess = " or ".join(repr(each) for each in near)
        super().__init__(f"Unknown command {name!r}" + (f"; did you mean {self.guess}?" if near else ""), context)


def global_flags() -> list[click.Option]:
    """The flags every command takes, before or after the command's name."""
    return [
        _flag(["--json"], "Print JSON on stdout (the same as `-o json`).", _chosen(lambda c, _: _format(c, "json"))),
        click.Option(
            ["-o", "--output"],
            type=click.Choice(FORMATS),
            help="How stdout is written; a terminal gets a table by default.",
            expose_value=False,
            callback=_chosen(lambda c, value: _format(c, str(value))),
        ),
        _flag(["-q", "--quiet"], "Say nothing but warnings and errors on stderr.", _chosen(_quiet)),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            help="Say more; twice shows tracebacks.",
            expose_value=False,
            callback=_chosen(_verbose),
        ),
        _flag(["--no-color"], "No colours, as `NO_COLOR=1` does.", _chosen(_colorless)),
        _flag(["--no-input"], "Ask nothing; fail where an answer is needed.", _chosen(_silent)),
    ]


GLOBAL = frozenset({"json", "output", "quiet", "verbose", "no_color", "no_input"})


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write two sections: the command's options, then the global ones."""
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            (shared if is_global(parameter) else own).append(record)
    for title, records in (("Options", own), ("Global options", shared)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Write examples as they are typed, one a line."""
    if examples:
        with formatter.section("Examples"):
            formatter.write("".join(f"{' ' * formatter.current_indent}{line}\n" for line in examples))


def is_global(parameter: click.Parameter) -> bool:
    """Whether *parameter* is one of the global flags."""
    return parameter.name in GLOBAL and not parameter.expose_value


def _flag(names: list[str], text: str, callback: Callable[..., object]) -> click.Option:
    return click.Option(names, is_flag=True, help=text, expose_value=False, callback=callback)


def _chosen(apply: Callable[[Console, _Value], None]) -> Callable[[click.Context, click.Parameter, _Value], _Value]:
    """Make an option callback that touches the console only when the flag was given."""

    def callback(context: click.Context, _parameter: click.Parameter, value: _Value) -> _Value:
        if value:
            apply(console(context), value)
        return value

    return callback


def _format(target: Console, name: str) -> None:
    target.format = name


def _quiet(target: Console, _value: bool) -> None:  # noqa: FBT001 - the shape click calls
    target.quiet = True


def _verbose(target: Console, value: int) -> None:
    target.verbosity = max(target.verbosity, value)


def _colorless(target: Console, _value: bool) -> None:  # noqa: FBT001 - the shape click calls
    target.color = False


def _silent(target: Console, _value: bool) -> None:  # noqa: FBT001 - the shape click calls
    target.input = False
