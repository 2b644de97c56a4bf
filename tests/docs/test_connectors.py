"""The reference pages of the connectors name everything the records do."""

from pathlib import Path

import pytest

from automata_files.hooks import automata_node_types as files_types
from automata_http.hooks import automata_node_types as http_types

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "connectors"


@pytest.mark.parametrize(("page", "types"), [("http.md", http_types), ("files.md", files_types)], ids=["http", "files"])
def test_every_action_and_parameter_is_on_its_page(page, types):
    text = (PAGES / page).read_text()

    for node_type in types():
        section = text.split(f"## {node_type.name}\n")[1].split("\n## ")[0]
        assert node_type.summary in section
        for name, schema in node_type.parameters["properties"].items():
            assert f"| `{name}` |" in section
            assert schema["description"] in section
