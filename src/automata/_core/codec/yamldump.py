"""Writes JSON values as YAML that every version of YAML reads the same."""

from __future__ import annotations

import re

import yaml

from automata.model import Json

_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or this project would not read as a text; writes no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        """Write a value out each time it occurs."""
        del data
        return True


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"), list("-0123456789")
)


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = (
        "|"
        if "\n" in text and not re.search(r"[^\S\n]\n|^\s|[^\n -\U0010ffff]|[\x7f-\xa0\u2028\u2029\ufeff]", text)
        else None
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _write_object(dumper: yaml.SafeDumper, members: dict[str, Json]) -> yaml.MappingNode:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", members)
    for key, value in node.value:
        if key.value == "edges":
            node.flow_style = value.flow_style = False  # one edge a line
    return node


_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(dict, _write_object)


def dump(value: Json) -> str:
    """Write *value* as a block of YAML: small collections on one line, texts of several lines as literal blocks."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None)
    return str(text)
