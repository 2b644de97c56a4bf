"""The program itself: the table of commands, the one place exceptions end, and the exit code."""

from __future__ import annotations

import importlib
import sys

import click

from automata._version import __version__
from automata.cli.command import Command, Group, UnknownCommandError, console
from automata.cli.console import Console
from automata.cli.exits import Exit
from automata.cli.failure import Failure, ReportedError, from_error, from_os_error

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("initialize", "Start a project: settings, a first workflow with tests, a README."),
    "new": ("new", "Write a new workflow document."),
    "validate": ("validate", "Check workflow documents and offer fixes."),
    "run": ("run", "Run a workflow and show what happened."),
    "dry-run": ("dryrun", "Show what a run would do without changing anything outside."),
    "test": ("test", "Run the tests that live in workflow documents."),
    "runs": ("runs", "See and steer runs."),
    "workflows": ("workflows", "Publish workflows and start runs of them."),
    "events": ("events", "Send signals to runs, and see what they wait for."),
    "outbox": ("outbox", "See messages that were not sent, and decide about those given up."),
    "worker": ("worker", "Take up runs of the database and drive them."),
    "db": ("db", "Look after the database runs are kept in."),
    "replay-diff": ("replay_diff", "See what recorded runs would have done under another version."),
    "graph": ("graph", "Draw a workflow as text, Mermaid, SVG or JSON."),
    "diff": ("diff", "Compare two workflow documents and classify the change."),
    "schema": ("schema", "Print the JSON Schema of documents, manifests and node types."),
    "plugins": ("plugins", "See which plugins are installed and what they bring."),
    "doctor": ("doctor", "Check this installation and say what to do about it."),
    "docs": ("docs", "Read about a command, node type, function or problem code, offline."),
    "completion": ("completion", "Print the completion script of a shell."),
}
"""Name to module below ``automata.cli.commands`` and summary; the help page is written without importing any."""


class Program(Group):
    """``automata``: finds a command in the table, then among the plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the kernel's commands; plugins' commands are found when asked for."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, from the kernel or from the plugin that supplies it."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"automata.cli.commands.{COMMANDS[cmd_name][0]}")
            command = module.command
            if isinstance(command, click.Command):
                return command
        from automata.cli.extension import load_command

        return load_command(cmd_name, console(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one."""
        from automata.cli.extension import plugin_commands

        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])
        extra = plugin_commands(console(ctx))
        if extra:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(each.name, each.summary) for each in extra])


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value and not context.resilient_parsing:
        out = console(context)
        out.emit({"version": __version__}, lambda: [f"automata {__version__}"])
        context.exit()


program = Program(
    "automata",
    help="Validate and run workflow documents, and see what they did.",
    params=[
        click.Option(
            ["--version"], is_flag=True, expose_value=False, help="Print the version.", callback=_print_version
        )
    ],
    no_args_is_help=True,
    examples=(
        "automata init demo",
        "automata validate demo/workflows",
        "automata run demo/workflows/first.yaml --input name=Ada",
        "automata docs http.request",
    ),
)


def run_program(arguments: list[str]) -> int:
    """Run one invocation and return its exit code; no exception leaves but the interpreter's own.

    Args:
        arguments: What follows the program's name.
    """
    out = Console()
    _survive_encoding()
    try:
        code = _invoke(arguments, out)
        out.flush()
    except KeyboardInterrupt:
        out.say("Interrupted")
        return int(Exit.INTERRUPTED)
    return int(code)


def _invoke(arguments: list[str], out: Console) -> int:
    from automata.errors import AutomataError

    try:
        result = program.main(arguments, prog_name="automata", standalone_mode=False, obj=out)
        return int(result or 0)
    except ReportedError as reported:
        return reported.exit
    except Failure as failure:
        return _failed(failure, out)
    except AutomataError as error:
        worded = from_error(error)
        return _crashed(error, out) if worded.exit is Exit.UNEXPECTED else _failed(worded, out)
    except click.exceptions.NoArgsIsHelpError as error:
        out.say(error.format_message())
        return Exit.USAGE
    except click.ClickException as error:
        return _failed(_misused(error), out)
    except click.Abort:
        raise KeyboardInterrupt from None
    except OSError as error:
        return _failed(from_os_error(error), out)
    except Exception as error:  # noqa: BLE001 - the program's own fence: a person gets a message, the log the rest
        return _crashed(error, out)


def _failed(failure: Failure, out: Console) -> int:
    out.fail(failure)
    return failure.exit


def _misused(error: click.ClickException) -> Failure:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "automata"
    fix = f"{path} --help"
    if isinstance(error, UnknownCommandError) and error.guess:
        fix = f"automata {error.guess.split(' or ')[0].strip(chr(39))} --help"
    return Failure(error.format_message().rstrip("."), exit=Exit.USAGE, fix=fix)


def _crashed(error: Exception, out: Console) -> int:
    """Log the traceback, tell the person where; ``-vv`` shows it at once."""
    from automata.cli.crash import write_log

    path = write_log(error)
    failure = Failure(
        f"Something unforeseen happened: {type(error).__name__}: {error}",
        exit=Exit.UNEXPECTED,
        because=f"the details are in {path}",
        fix="run the same command with -vv to see them, and please report it",
    )
    if out.verbosity > 1:
        import traceback

        out.warn("traceback follows")
        traceback.print_exception(error)
    return _failed(failure, out)


def _survive_encoding() -> None:
    """Escape what a stream's encoding cannot show, instead of failing half way."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


__all__ = ["COMMANDS", "Command", "Program", "program", "run_program"]
