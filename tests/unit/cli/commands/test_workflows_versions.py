"""What is published."""

import json

import pytest


@pytest.fixture
def published(automata, database, folder):
    automata("workflows", "publish", "orders.yaml")
    text = (folder / "orders.yaml").read_text()
    (folder / "orders.yaml").write_text(text.replace("the click", "a click"))
    automata("workflows", "publish", "orders.yaml")


def test_nothing_published_says_what_to_do(automata, database):
    found = automata("workflows", "list")

    assert found.out == "Nothing is published yet\n"
    assert "automata workflows publish FILE" in found.err


def test_a_list_has_the_current_versions(automata, published):
    found = automata("workflows", "list")

    assert found.out.splitlines()[0].split() == ["WORKFLOW", "VERSION", "PUBLISHED", "TRIGGERS"]
    assert len(found.out.splitlines()) == 2
    assert json.loads(automata("workflows", "list", "--json").out)["workflows"][0]["enabled"] is True


def test_a_workflow_shows_its_versions(automata, published):
    found = automata("workflows", "show", "Orders").out

    assert "Orders, from a click to the parcel." in found
    assert found.count("current") == 1
    assert len(found.splitlines()) == 6


def test_an_older_version_shows_its_document(automata, published):
    versions = json.loads(automata("workflows", "show", "Orders", "--json").out)["versions"]
    older = next(each["version"] for each in versions if not each["current"])

    found = automata("workflows", "show", "Orders", "--version", older[:12], "--document")

    assert "from the click" in found.out
    assert found.out.startswith("automata: 1\n")
