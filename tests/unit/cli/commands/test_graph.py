"""Pictures from the command line."""

import pytest


@pytest.mark.parametrize("form", ["text", "mermaid", "svg", "json"])
def test_each_format_names_the_node(automata, form):
    assert "set" in automata("graph", "first.yaml", "--format", form).out


def test_a_picture_goes_to_a_file(automata, folder):
    assert automata("graph", "first.yaml", "--format", "svg", "--to", "x.svg").out == ""
    assert (folder / "x.svg").read_text().startswith("<svg")


def test_json_needs_no_format(automata):
    assert automata("graph", "first.yaml", "--json").out.startswith("{")


def test_a_broken_document_is_refused(automata, folder):
    (folder / "bad.yaml").write_text("automata: 1\n")

    assert automata("graph", "bad.yaml").code == 3
    assert automata("graph", "nope.yaml").code == 4
    assert automata("graph", ".").code == 2
