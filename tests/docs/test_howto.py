"""The commands of the how-to pages work as they are written."""

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


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_succeeds(root, tmp_path, monkeypatch, capsys, page):
    text = (root / "docs" / "howto" / f"{page}.md").read_text(encoding="utf-8")
    (tmp_path / "hello.yaml").write_text(HELLO)
    monkeypatch.chdir(tmp_path)

    commands = re.findall(r"^\$ automata (.*)$", text, re.MULTILINE)

    assert commands
    assert {line: code for line in commands if (code := main(shlex.split(line)))} == {}
