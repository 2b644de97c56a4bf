"""The entry point."""

import sys

from automata import __version__


def test_version_is_printed(automata, monkeypatch):
    assert automata("--version").out == f"automata {__version__}\n"
    assert automata("--json", "--version").out.strip().startswith("{")


def test_the_arguments_of_the_process_are_used(capsys, monkeypatch):
    from automata.cli.main import main

    monkeypatch.setattr(sys, "argv", ["automata", "--version"])

    assert main() == 0
