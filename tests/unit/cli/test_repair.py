"""Fixes change what they must and nothing else."""

import json


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
