"""Data goes to stdout in the form asked for, words to stderr."""

import json

import pytest
import yaml


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml"])
def test_each_format_is_read_back(automata, form):
    done = automata("plugins", "hooks", "-o", form)

    read = {
        "json": lambda text: json.loads(text)["hooks"],
        "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
        "yaml": lambda text: yaml.safe_load(text)["hooks"],
    }[form](done.out)
    assert "automata_node_types" in [entry["name"] for entry in read]


def test_jsonl_of_one_object_is_one_line(automata):
    assert automata("docs", "exit-codes", "-o", "jsonl").out.count("\n") == 1


def test_quiet_silences_hints_and_no_data(automata):
    loud, quiet = automata("run", "first.yaml"), automata("run", "first.yaml", "-q")

    assert "Next:" in loud.err
    assert quiet.err == ""
    assert quiet.out


def test_colours_are_for_terminals_only(automata, terminal, monkeypatch):
    assert "\x1b[" in terminal("run", "first.yaml").out
    assert "\x1b[" not in terminal("run", "first.yaml", "--no-color").out
    assert "\x1b[" not in automata("run", "first.yaml").out

    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[" not in terminal("run", "first.yaml").out


def test_a_reader_that_left_is_no_error(folder):
    import os
    import sys

    from automata.cli.console import Console

    read, write = os.pipe()
    os.close(read)
    out, before = Console(), sys.stdout
    with os.fdopen(write, "w") as stream:
        sys.stdout = stream
        try:
            out.lines(["x"])
            out.flush()
            assert not out.raw("y")
            out.lines(["x"])
        finally:
            sys.stdout = before
