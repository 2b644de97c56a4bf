"""The program inside this process: its exit code and what it wrote to either stream."""

import io
import sys
from typing import NamedTuple

import pytest

from automata.cli.main import main

FIRST = """automata: 1
name: First
nodes:
  a: {use: set, with: {x: 1}} # kept
output: "${a.x}"
tests:
  - name: gives one
    expect: {path: [a], output: 1}
"""


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An own working folder and home, with one document in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "first.yaml").write_text(FIRST)
    return tmp_path


@pytest.fixture
def automata(folder, capsys, monkeypatch):
    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capsys.readouterr()
        code = main(list(arguments))
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def terminal(folder, monkeypatch):
    """Run with all streams being a terminal; gives exit code, stdout and stderr."""

    def run(*arguments, stdin=""):
        streams = {"stdin": Terminal(stdin), "stdout": Terminal(), "stderr": Terminal()}
        with monkeypatch.context() as patch:
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            code = main(list(arguments))
        return Done(code, streams["stdout"].getvalue(), streams["stderr"].getvalue())

    return run
