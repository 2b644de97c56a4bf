"""The reference says what the code says."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import automata
from automata import hookspecs

MODULES = sorted(
    info.name for info in pkgutil.walk_packages(automata.__path__, "automata.") if "__main__" not in info.name
)
PUBLIC = [
    info.name
    for info in pkgutil.iter_modules(automata.__path__)
    if not info.name.startswith("_") and info.name != "cli"
]
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("automata_"))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_docstring_run(name):
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)

    assert failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_stands_in_the_reference(root, name):
    pages = [page.read_text() for page in (root / "docs" / "reference" / "python").glob("*.md")]

    assert any(re.search(rf"automodule:: automata\.{name}\b", page) for page in pages)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_when_it_is_called_and_shows_an_example(name):
    text = inspect.getdoc(getattr(hookspecs, name))

    assert "Called" in text
    assert "Example::" in text
    assert f"def {name}(" in text


@pytest.mark.parametrize("name", HOOKS)
def test_an_example_of_a_hook_is_python(name):
    example = inspect.cleandoc(inspect.getdoc(getattr(hookspecs, name)).partition("Example::")[2])

    compile(example, name, "exec")


def test_every_node_type_has_a_section(generator):
    page = generator.node_types()

    assert [t.name for t in generator.installed_types() if f"## `{t.name}`" not in page] == []


def test_every_node_type_has_a_title_and_a_summary(generator):
    assert [t.name for t in generator.installed_types() if not (t.title and t.summary)] == []


def test_pages_of_a_former_build_are_removed(generator, tmp_path, monkeypatch):
    monkeypatch.setattr(generator, "PAGES", {"now.md": lambda: "# Now\n"})
    monkeypatch.setattr(generator, "examples", list)
    (tmp_path / "then.md").write_text("# Then\n")

    generator.generate(tmp_path)

    assert [page.name for page in tmp_path.glob("*.md")] == ["now.md"]


def test_a_page_that_did_not_change_is_not_written_again(generator, tmp_path):
    page = generator.write(tmp_path / "a.md", "# A\n")
    before = page.stat().st_mtime_ns

    generator.write(page, "# A\n")

    assert page.stat().st_mtime_ns == before


def test_a_table_leaves_out_columns_nobody_filled(generator):
    assert generator.table(("A", "B"), [("x|y", ""), ("z", "")]) == "| A |\n| --- |\n| x\\|y |\n| z |\n"


def test_a_table_without_rows_is_not_written(generator):
    assert generator.table(("A", "B"), []) == ""


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_a_link_of_a_page_at_the_top_leads_somewhere(root, name):
    targets = re.findall(r"\]\(([^)#:]+)\)", (root / name).read_text())

    assert [target for target in targets if not (root / target).exists()] == []


def test_a_path_the_top_pages_name_exists(root):
    text = (root / "README.md").read_text() + (root / "CONTRIBUTING.md").read_text()

    paths = re.findall(r"`((?:docs|tests|src|tools)/[\w./-]+|[A-Z]+\.md)`", text)

    assert [path for path in paths if not (root / path).exists()] == []
