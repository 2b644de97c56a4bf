"""New files come from the templates and never replace what stands there."""

import pytest

from automata.cli.exits import Exit
from automata.cli.failure import Failure
from automata.cli.scaffold import PROJECT, plan, template, write


def test_an_empty_folder_lacks_every_file(folder):
    assert {path.relative_to(folder / "new").as_posix() for path in plan(folder / "new")} == set(PROJECT)


def test_what_is_there_already_is_not_written_again(folder):
    for path, text in plan(folder / "new").items():
        write(path, text)

    assert plan(folder / "new") == {}

    (folder / "new" / "README.md").unlink()

    assert plan(folder / "new") == {folder / "new" / "README.md": template("README.md")}


def test_a_file_of_another_content_is_a_conflict(folder):
    (folder / "README.md").write_bytes(b"mine \xff")

    with pytest.raises(Failure, match="is not overwritten") as told:
        plan(folder)

    assert told.value.exit is Exit.CONFLICT
    assert told.value.fix


def test_writing_over_a_file_is_a_conflict_and_leaves_it(folder):
    with pytest.raises(Failure, match="is not overwritten") as told:
        write(folder / "first.yaml", "")

    assert told.value.exit is Exit.CONFLICT
    assert (folder / "first.yaml").read_text()


def test_the_first_workflow_of_a_project_is_a_document(folder):
    from automata.cli.documents import documents

    for path, text in plan(folder / "new").items():
        write(path, text)

    assert documents([str(folder / "new")]) == [str(folder / "new" / "workflows" / "first.yaml")]
