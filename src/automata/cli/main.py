"""The entry point of the ``automata`` program: answers ``--version`` at once, starts the rest when it is needed."""

from __future__ import annotations

import sys

from automata._version import __version__


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code.

    Args:
        arguments: What follows the program's name; the process's own arguments when None.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given == ["--version"]:
        sys.stdout.write(f"automata {__version__}\n")
        return 0
    from automata.cli.program import run_program

    return run_program(given)
