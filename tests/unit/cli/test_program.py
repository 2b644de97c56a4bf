"""The one place exceptions end."""

import sys

import pytest

from automata.cli.program import COMMANDS


def test_the_help_page_names_every_command(automata):
    done = automata("--help")

    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)


@pytest.mark.parametrize("command", [*COMMANDS, "plugins list", "plugins info", "plugins hooks"])
def test_every_command_has_a_help_page_with_examples(automata, command):
    done = automata(*command.split(), "--help")

    assert done.code == 0
    assert "Global options" in done.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], 2), (["vaildate"], 2), (["zzz"], 2), (["run", "--nope"], 2), (["plugins"], 2), (["--version", "-v"], 0)],
    ids=str,
)
def test_misuse_exits_with_2(automata, arguments, code):
    done = automata(*arguments)

    assert done.code == code
    assert "Traceback" not in done.err


def test_a_typo_names_the_command_that_was_meant(automata):
    assert "did you mean 'validate'" in automata("vaildate").err


def test_what_nobody_foresaw_is_logged_and_exits_with_1(automata, folder, monkeypatch):
    monkeypatch.setitem(COMMANDS, "schema", ("absent", "A command whose module is missing."))

    calm, loud = automata("schema", "workflow"), automata("schema", "workflow", "--json")

    assert (calm.code, loud.code) == (1, 1)
    assert "unforeseen" in calm.err
    assert '"exit": 1' in loud.out or loud.out == ""
    assert "Traceback" in next((folder / ".state" / "automata" / "logs").glob("crash-*.log")).read_text()


def test_vv_shows_the_traceback(automata, monkeypatch):
    monkeypatch.setitem(COMMANDS, "schema", ("absent", "A command whose module is missing."))

    assert "Traceback" in automata("-vv", "schema", "workflow").err


def test_a_file_one_may_not_write_exits_with_5(automata, folder):
    from automata.cli.failure import from_os_error

    assert from_os_error(PermissionError(13, "Permission denied", "x")).exit == 5


def test_ctrl_c_outside_a_run_exits_with_130(automata, monkeypatch):
    class Pressed:
        def isatty(self):
            return False

        @property
        def buffer(self):
            raise KeyboardInterrupt

    from automata.cli.main import main

    monkeypatch.setattr(sys, "stdin", Pressed())

    assert main(["validate", "-"]) == 130
