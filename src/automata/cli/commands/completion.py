"""``automata completion``: the script that teaches a shell the commands and flags."""

from __future__ import annotations

import click

from automata.cli.command import Command, console


@click.command(
    "completion",
    cls=Command,
    short_help="Print the completion script of a shell.",
    help="Print the completion script of a shell, to be evaluated at its start.",
    examples=(
        'eval "$(automata completion bash)"',
        "automata completion fish > ~/.config/fish/completions/automata.fish",
    ),
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script; it does not run the shell it is for."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    root = context.find_root().command
    if kind is not None:
        completer = kind(root, {}, "automata", "_AUTOMATA_COMPLETE")
        console(context).raw(completer.source_template % completer.source_vars())
