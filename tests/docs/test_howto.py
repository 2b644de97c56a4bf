"""The commands of the how-to pages work as they are written, and print what the pages show."""

from __future__ import annotations

import re
import shlex

import pytest

from automata.cli.main import main

PAGES = ["validate-in-ci", "run-a-workflow", "test-a-workflow", "compare-two-versions", "draw-a-workflow"]
HELLO = """automata: 1
name: Hello
input: {type: object, properties: {name: {type: string}}, required: [name]}
nodes:
  greet: {use: set, with: {text: "Hello, ${input.name}!"}}
output: "${greet.text}"
tests:
  - name: greets by name
    event: {name: Ada}
    expect: {path: [greet], output: "Hello, Ada!"}
"""


_VARIES = re.compile(r"\b[0-9a-f]{16}\b|\d+(?:\.\d+)?(?= (?:ms|s)\b)")
"""The id of a run, and how long something took."""


@pytest.fixture
def automata(tmp_path, monkeypatch, capsys):
    """Run a command line where a reader of the pages stands; gives its exit code and what a terminal would show."""
    (tmp_path / "hello.yaml").write_text(HELLO)
    monkeypatch.chdir(tmp_path)

    def run(line):
        code = main(shlex.split(line))
        return code, "".join(capsys.readouterr())

    return run


def commands(root, page):
    """Each command of a page with the lines shown below it."""
    text = (root / "docs" / "howto" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ automata ", block, flags=re.MULTILINE)[1:]]
    return [(line, shown) for line, _, shown in (part.partition("\n") for part in parts)]


def steady(text):
    return [_VARIES.sub("#", line.rstrip()) for line in text.strip().splitlines()]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_succeeds_and_prints_what_is_shown(root, automata, page):
    found = [(line, shown, *automata(line)) for line, shown in commands(root, page)]

    assert found
    assert {line: code for line, _, code, _ in found if code} == {}
    assert [steady(text) for _, shown, _, text in found if shown] == [
        steady(shown) for _, shown, _, _ in found if shown
    ]


def test_output_is_shown_on_every_page(root):
    assert [page for page in PAGES if not any(shown for _, shown in commands(root, page))] == []
