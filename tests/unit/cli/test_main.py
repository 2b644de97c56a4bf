"""The entry point."""

import runpy
import sys

import pytest

from automata import __version__


def test_version_is_printed(automata, monkeypatch):
    assert automata("--version").out == f"automata {__version__}\n"
    assert automata("--json", "--version").out.strip().startswith("{")


def test_the_arguments_of_the_process_are_used(capsys, monkeypatch):
    from automata.cli.main import main

    monkeypatch.setattr(sys, "argv", ["automata", "--version"])

    assert main() == 0


def test_the_package_is_the_program_too(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["automata", "--version"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("automata", run_name="__main__")

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"automata {__version__}\n"
