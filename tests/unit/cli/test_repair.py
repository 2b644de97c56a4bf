"""Fixes change what they must and nothing else."""

import json

import pytest


def test_a_json_file_is_fixed(automata, folder):
    nodes = {"a": {"use": "set", "with": {"x": 1}}, "b": {"use": "set", "with": {"y": "${a.z}"}}}
    (folder / "t.json").write_text(json.dumps({"automata": 1, "name": "T", "nodes": nodes, "edges": ["a -> b"]}))

    assert automata("validate", "t.json", "--fix").code == 0
    assert json.loads((folder / "t.json").read_text())["nodes"]["b"]["with"]["y"] == "${a.x}"


def test_a_structural_fix_of_yaml_needs_a_word(automata, folder):
    path = folder / "t.yaml"
    text = "automata: 1\nname: T # c\nnodes:\n  a: {use: set, wiht: {x: 1}}\n"
    path.write_text(text)

    automata("validate", "t.yaml", "--fix")
    assert path.read_text() == text

    if automata("validate", "t.yaml", "--fix", "--yes").code == 0:
        assert "with" in path.read_text()


HEAD = "automata: 1\nname: T # kept\nnodes:\n  a: {use: set, with: {x: 1}}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y: '${a.z}'", "y: '${a.x}'"),
        ('y: "${a.z}"', 'y: "${a.x}"'),
        ("y: '${a.z} it''s'", "y: '${a.x} it''s'"),
        ("y: é ${a.z}", 'y: "é ${a.x}"'),
    ],
)
def test_a_scalar_keeps_its_quotes_unless_it_needs_some(automata, folder, before, after):
    path, text = (
        folder / "t.yaml",
        HEAD + "  b: {use: set, with: {w: ok}} # kept\n  c:\n    use: set\n    with:\n      ",
    )
    path.write_text(f"{text}{before} # kept\nedges: [a -> b -> c]\n", encoding="utf-8")

    assert automata("validate", "t.yaml", "--fix").code == 0
    assert path.read_text(encoding="utf-8") == f"{text}{after} # kept\nedges: [a -> b -> c]\n"


def test_a_plain_name_stays_plain(automata, folder):
    (folder / "t.yaml").write_text(HEAD.replace("use: set", "use: sett"))

    assert automata("validate", "t.yaml", "--fix").code == 0
    assert (folder / "t.yaml").read_text() == HEAD


@pytest.mark.parametrize(
    "rest",
    [
        "edges: [a -> a]\n",
        "  b:\n    use: set\n    with:\n      y: |\n        ${a.z}\nedges: [a -> b]\n",
        '  b: {use: set, with: {y: "\\x24{a.z}"}}\nedges: [a -> b]\n',
        "  b: {use: set}\nedges: [{from: a, to: bb}]\n",
    ],
)
def test_what_is_no_scalar_in_one_place_needs_the_whole_file_rewritten(automata, folder, rest):
    path = folder / "t.yaml"
    path.write_text(HEAD + rest)

    assert "add --yes" in automata("validate", "t.yaml", "--fix").err
    assert path.read_text() == HEAD + rest

    assert automata("validate", "t.yaml", "--fix", "--yes").code == 0
    assert "kept" not in path.read_text()


def test_an_edge_that_is_an_object_is_fixed_in_json(automata, folder):
    nodes = {"a": {"use": "set"}, "b": {"use": "set"}}
    document = {"automata": 1, "name": "T", "nodes": nodes, "edges": [{"from": "a", "to": "bb"}]}
    (folder / "t.json").write_text(json.dumps(document))

    automata("validate", "t.json", "--fix")

    assert json.loads((folder / "t.json").read_text())["edges"] == [{"from": "a", "to": "b"}]


def test_what_cannot_be_read_is_left_alone(automata, folder):
    (folder / "t.json").write_text("{")

    assert automata("validate", "t.json", "--fix").code == 3
    assert (folder / "t.json").read_text() == "{"


def test_a_number_is_replaced_where_it_stands(automata, folder):
    text = HEAD + (
        "  s: {use: set}\n  c: {use: if, with: {condition: true}}\n  j: {use: set, join: 2} # kept\n"
        "edges: [a -> s -> c, s -> j, c.true -> j]\n"
    )
    (folder / "t.yaml").write_text(text)

    automata("validate", "t.yaml", "--fix")

    assert (folder / "t.yaml").read_text() == text.replace("join: 2", "join: merge")
