"""What is run, and where."""

import pytest

from automata.cli.failure import Failure
from automata.cli.target import home, is_document, published


@pytest.fixture
def alone(folder, monkeypatch):
    """A folder without a project, for a user who has no database."""
    monkeypatch.delenv("AUTOMATA_DATABASE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    return folder


@pytest.mark.parametrize(
    ("target", "document"),
    [("first.yaml", True), ("gone.yml", True), ("-", True), (".", True), ("Orders", False), ("a.b", False)],
)
def test_a_name_is_what_is_neither_there_nor_looks_like_a_file(alone, target, document):
    assert is_document(target) is document


def test_a_document_is_run_in_memory_unless_a_database_is_named(alone, monkeypatch):
    assert home("first.yaml", None, detached=False) is None
    assert home("first.yaml", "x.db", detached=False) == f"sqlite:///{alone / 'x.db'}"

    monkeypatch.setenv("AUTOMATA_DATABASE", "postgresql://a@b/c")
    assert home("first.yaml", None, detached=False) == "postgresql+psycopg://a@b/c"


def test_a_run_nobody_stands_by_lives_in_the_database_of_the_project(alone):
    (alone / "automata.toml").write_text("")

    assert home("first.yaml", None, detached=True) == f"sqlite:///{alone / '.automata' / 'automata.db'}"


def test_looking_for_a_name_makes_no_database(alone):
    with pytest.raises(Failure, match="No file 'first', and no database") as caught:
        home("first", None, detached=False)

    assert "first.yaml" in caught.value.fix
    assert not (alone / "data").exists()


def test_an_unknown_name_is_told_with_what_may_be_meant(alone, automata):
    automata("db", "upgrade", "--database", "x.db")

    with pytest.raises(Failure, match=r"No file 'Frist'\. No workflow 'Frist' is published") as caught:
        published(f"sqlite:///{alone / 'x.db'}", "Frist")

    assert caught.value.exit == 4
