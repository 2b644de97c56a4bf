"""The shape of every command's JSON, held to tests/cases/cli."""

import json
import os
from pathlib import Path

import pytest

CASES = Path(__file__).parents[2] / "cases" / "cli"
COMMANDS = {
    "validate": ["validate", "bad.yaml"],
    "run": ["run", "first.yaml"],
    "dry-run": ["dry-run", "first.yaml"],
    "test": ["test", "first.yaml"],
    "graph": ["graph", "first.yaml"],
    "diff": ["diff", "first.yaml", "bad.yaml"],
    "schema": ["schema", "nodetype", "set"],
    "plugins-list": ["plugins", "list"],
    "plugins-info": ["plugins", "info", "automata-http"],
    "plugins-hooks": ["plugins", "hooks"],
    "doctor": ["doctor"],
    "docs": ["docs", "exit-codes"],
    "init": ["init", "demo"],
    "new": ["new", "workflow", "second"],
    "failure": ["run", "nowhere.yaml"],
    "refused": ["run", "bad.yaml"],
}


def shape(value):
    """Names and kinds, without what differs from machine to machine."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "null" if value is None else type(value).__name__


@pytest.mark.parametrize("name", COMMANDS)
def test_json_keeps_its_shape(automata, folder, request, name):
    if name in {"plugins-list", "plugins-info"}:
        request.getfixturevalue("connectors")
    text = (folder / "first.yaml").read_text()
    (folder / "bad.yaml").write_text(text.replace("a.x}", "a.z}"))

    found = shape(json.loads(automata(*COMMANDS[name], "--json").out))

    place = CASES / f"{name}.json"
    if os.environ.get("AUTOMATA_TEST_UPDATE"):
        place.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(place.read_text())
