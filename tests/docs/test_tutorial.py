"""The first tutorial works as it is written: its files are saved, its commands are run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "tutorials" / "first-workflow.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(page, tmp_path):
    """What a reader has on disk at the end of the page."""
    for name, text in re.findall(r"Save [\w ]+ as `([\w.]+)`:\n\n```\w+\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    addition = re.search(r"Add this at its end:\n\n```yaml\n(.*?)```", page, re.DOTALL)
    with (tmp_path / "order.yaml").open("a", encoding="utf-8") as file:
        file.write(addition[1])
    return tmp_path


def automata(folder, *arguments):
    command = [sys.executable, "-m", "automata", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8")


def test_every_command_of_the_tutorial_succeeds(page, folder):
    commands = [shlex.split(line) for line in re.findall(r"^\$ automata (.*)$", page, re.MULTILINE)]

    failed = {" ".join(c): done.stdout + done.stderr for c in commands if (done := automata(folder, *c)).returncode}

    assert len(commands) >= 5
    assert failed == {}


def test_the_run_of_the_tutorial_ends_as_the_page_says(folder):
    done = automata(folder, "run", "order.yaml", "--input", "@order.json", "--json")

    assert json.loads(done.stdout)["output"] == {"total": 1080, "verdict": "a person looks at it"}


def test_the_mistake_of_the_tutorial_is_found_at_its_place(folder):
    text = (folder / "order.yaml").read_text(encoding="utf-8").replace("line.price", "line.prize")
    (folder / "order.yaml").write_text(text, encoding="utf-8")

    done = automata(folder, "validate", "order.yaml")

    line = 1 + text[: text.index("line.prize")].count("\n")
    assert done.returncode == 3
    assert f"order.yaml:{line}" in done.stdout + done.stderr
    assert "price" in done.stdout + done.stderr
