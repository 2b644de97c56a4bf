"""Distributions for tests, as an installer would leave them."""

import json
from importlib import metadata

import pytest

from automata.sdk import NodeType, hookimpl
from automata.testing.plugins import write_distribution, write_manifest


class Greeter:
    @hookimpl
    def automata_node_types(self):
        return [NodeType(name="acme.greet", title="Greet", summary="Greets.")]


def installed(folder):
    return {found.name: found for found in metadata.distributions(path=[str(folder)])}


def test_a_distribution_is_found_by_its_metadata(tmp_path):
    package = write_distribution(tmp_path, "acme-greet", "X = 1", version="2.1", requires=["acme-base>=1"])

    found = installed(tmp_path)["acme-greet"]

    assert (found.version, found.requires) == ("2.1", ["acme-base>=1"])
    assert [(entry.group, entry.name, entry.value) for entry in found.entry_points] == [
        ("automata", "acme_greet", "acme_greet")
    ]
    assert (package / "__init__.py").read_text() == "X = 1"
    assert all(file.locate().exists() for file in found.files if not str(file).endswith("RECORD"))


def test_files_and_entry_points_can_be_named(tmp_path):
    package = write_distribution(
        tmp_path, "acme", {"__init__.py": "", "hooks.py": "Y = 2"}, entry_points={"one": "acme.hooks"}
    )

    assert (package / "hooks.py").read_text() == "Y = 2"
    assert [entry.value for entry in installed(tmp_path)["acme"].entry_points] == ["acme.hooks"]


def test_an_empty_list_of_entry_points_is_kept(tmp_path):
    write_distribution(tmp_path, "acme", "", entry_points={})

    assert list(installed(tmp_path)["acme"].entry_points) == []


def test_the_same_distribution_is_not_written_twice(tmp_path):
    write_distribution(tmp_path, "acme", "")

    with pytest.raises(FileExistsError):
        write_distribution(tmp_path, "acme", "")


def test_the_manifest_describes_what_the_hooks_give(tmp_path):
    package = write_distribution(tmp_path, "acme", "")

    manifest = write_manifest(Greeter(), package, name="acme", version="1.0")

    written = json.loads((package / "automata.json").read_text())
    assert written == manifest
    assert written["node_types"] == [{"name": "acme.greet", "title": "Greet", "summary": "Greets."}]
