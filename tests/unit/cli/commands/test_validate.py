"""Checking documents from the command line."""

import json
import threading

import pytest

from automata.cli.commands import validate

TYPO = """automata: 1
name: Typo # kept
nodes:
  a: {use: set, with: {x: 1}}
  b: {use: set, with: {y: "${a.z}"}} # kept
edges: [a -> b]
"""


@pytest.fixture
def typo(folder):
    (folder / "typo.yaml").write_text(TYPO)
    return folder / "typo.yaml"


def test_folders_are_searched_and_all_is_well(automata):
    done = automata("validate", "--json")

    assert done.code == 0
    assert json.loads(done.out)["files"] == [{"file": "first.yaml", "valid": True, "fixed": 0}]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_every_format_has_code_file_and_line(automata, typo, form):
    done = automata("validate", "typo.yaml", "--format", form)

    assert done.code == 3
    assert "REF-" in done.out
    assert "typo.yaml" in done.out
    assert "5" in done.out


def test_a_fix_is_applied_and_comments_survive(automata, typo):
    done = automata("validate", "typo.yaml", "--fix")

    assert done.code == 0
    assert "${a.x}" in typo.read_text()
    assert typo.read_text().count("# kept") == 2


def test_the_hint_names_the_way_on(automata, typo):
    assert "Next: automata validate --fix" in automata("validate", "typo.yaml").err


def test_standard_input_is_checked_and_never_written(automata):
    assert automata("validate", "-", "--fix", stdin=TYPO).code == 3
    assert "<stdin>" in automata("validate", "-", stdin="automata: 1").out


def test_watch_checks_again_when_a_file_changes(automata, typo, monkeypatch):
    rounds = []

    def change(_seconds):
        rounds.append(1)
        if len(rounds) > 1:
            raise KeyboardInterrupt
        typo.write_text(TYPO.replace("a.z", "a.x") + "\n")

    monkeypatch.setattr(validate.time, "sleep", change)

    done = automata("validate", "typo.yaml", "--watch")

    assert done.code == 130
    assert done.err.count("1 file") == 2
    assert threading.active_count() >= 1
