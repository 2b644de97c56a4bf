"""Which files are documents, and what is said of those that are not."""

import io
import sys
from pathlib import Path

import pytest

from automata.cli.console import Console
from automata.cli.documents import (
    LIMIT_BYTES,
    documents,
    errors_in,
    is_document,
    read,
    read_workflow,
    shown,
    siblings,
)
from automata.cli.exits import Exit
from automata.cli.failure import Failure, ReportedError
from automata.model import Problem, Severity


def test_a_folder_is_searched_but_not_what_is_hidden_or_installed(folder):
    for place in ("sub/one.yml", ".git/two.yaml", "node_modules/three.yaml", "sub/build/four.yaml"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text("automata: 1\n")
    (folder / "sub" / "note.yaml").write_text("key: 1\n")
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)

    assert documents([]) == ["first.yaml", str(Path("sub") / "one.yml")]


def test_a_document_named_twice_is_checked_once(folder):
    assert documents(["first.yaml", "-", "first.yaml"]) == ["first.yaml", "-"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "# top\nautomata: 1\n", True),
        ("a.json", '{"automata": 1}', True),
        ("a.json", '{\n  "automata" : 1}', True),
        ("a.yml", "'automata': 1\n", True),
        ("a.yaml", "automatas: 1\n", False),
        ("a.yaml", "use: automata\n", False),
        ("a.txt", "automata: 1\n", False),
    ],
)
def test_a_document_is_known_by_its_ending_and_its_mark(folder, name, text, expected):
    (folder / name).write_text(text)

    assert is_document(folder / name) is expected


@pytest.mark.parametrize("find", [lambda path: documents([path]), read])
def test_a_missing_file_is_not_found_and_the_nearest_is_named(folder, find):
    with pytest.raises(Failure) as told:
        find("frist.yaml")

    assert told.value.exit is Exit.NOT_FOUND
    assert "first.yaml" in told.value.fix


def test_in_a_missing_folder_nothing_is_near(folder):
    with pytest.raises(Failure) as told:
        read(str(Path("nowhere") / "first.yaml"))

    assert told.value.fix == ""


def test_a_folder_is_not_read_as_a_document(folder):
    with pytest.raises(Failure, match="is a folder") as told:
        read(".")

    assert told.value.exit is Exit.USAGE


def test_no_more_than_the_limit_is_read(folder, monkeypatch):
    with (folder / "big.yaml").open("wb") as file:
        file.truncate(LIMIT_BYTES + 1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"automata: 1")))

    assert len(read("big.yaml")) == LIMIT_BYTES
    assert read("-") == b"automata: 1"


def test_a_document_whose_structure_is_wrong_is_reported_and_refused(folder, capsys):
    (folder / "bad.yaml").write_text("automata: 1\nnodes: 3\n")

    with pytest.raises(ReportedError) as ended:
        read_workflow("bad.yaml", Console())

    assert ended.value.exit is Exit.INVALID
    assert "DOC-" in "".join(capsys.readouterr())
    assert read_workflow("first.yaml", Console()).name == "First"


def test_siblings_are_the_other_documents_that_can_be_read(folder):
    (folder / "second.yaml").write_text("automata: 1\nname: Second\nnodes: {a: {use: set}}\n")
    (folder / "broken.yaml").write_text("automata: 1\nnodes: 3\n")
    (folder / "note.yaml").write_text("key: 1\n")

    assert [each.name for each in siblings("first.yaml")] == ["Second"]
    assert siblings("-") == ()


def test_standard_input_has_a_name_people_know():
    assert (shown("-"), shown("a.yaml")) == ("<stdin>", "a.yaml")


def test_a_warning_is_no_error():
    problems = [Problem(code="X-001", message="m", pointer="", severity=level) for level in Severity]

    assert errors_in(problems) == 1
