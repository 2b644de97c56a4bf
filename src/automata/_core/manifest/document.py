"""Reading ``automata.json`` strictly: from text to records whose callables are references. Imports no plugin."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Never

from attrs import frozen

from automata._core.manifest.records import Record, Reference, Shape, shapes
from automata.model import Json, JsonObject, JsonSchema

FORMAT = 1
LIMIT_BYTES = 1024 * 1024
KINDS: Mapping[str, str] = {
    "automata_node_types": "node_types",
    "automata_settings": "settings",
    "automata_credential_kinds": "credential_kinds",
    "automata_functions": "functions",
    "automata_graph_rules": "graph_rules",
    "automata_commands": "commands",
}
"""Hook to the member of the manifest that holds its records."""

_HEAD: Mapping[str, str] = {
    "manifest": "integer",
    "name": "string",
    "version": "string",
    "entry_point": "string",
    "kernel": "string",
    "hooks": "array",
}
_HOOK = re.compile(r"automata_[a-z][a-z0-9_]*")


@frozen(kw_only=True)
class Manifest:
    """What ``automata.json`` says of one entry point."""

    name: str
    """Distribution that supplies the plugin."""
    version: str
    """Its version; a manifest of another version than the installed one is stale and not used."""
    entry_point: str
    """Value of the entry point described, ``package.module[:attribute]``."""
    kernel: str = ""
    """Range of kernel versions, as in ``Requires-Dist``."""
    hooks: tuple[str, ...] = ()
    """Every hook the plugin implements."""
    supplies: Mapping[str, tuple[JsonObject, ...]]
    """Member (``node_types``, ``settings``, ...) to its entries as written, checked for shape."""

    def names(self, hook: str) -> tuple[str, ...]:
        """Names of the records *hook* supplies."""
        shape = shapes()[KINDS[hook]]
        return tuple(str(entry[shape.key]) for entry in self.supplies.get(KINDS[hook], ()))

    def records(self, hook: str, reference: Reference) -> tuple[Record, ...]:
        """The records *hook* supplies, with what only code can do as references."""
        shape = shapes()[KINDS[hook]]
        entries = self.supplies.get(KINDS[hook], ())
        return tuple(shape.build(entry, hook, reference) for entry in entries)


def read_manifest(text: str | bytes) -> Manifest:
    """Read and check a manifest.

    Raises:
        ValueError: With every fault that was found, separated by ``; ``.
    """
    if len(text) > LIMIT_BYTES:
        raise ValueError(f"The manifest is larger than {LIMIT_BYTES} bytes")
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except RecursionError as error:
        raise ValueError("The manifest is nested too deeply") from error
    if not isinstance(raw, dict):
        raise ValueError("The manifest is not a JSON object")  # noqa: TRY004 - the text is wrong, not the argument
    faults = [*_check_head(raw), *_check_entries(raw)]
    if faults:
        raise ValueError("; ".join(faults[:20]))
    return Manifest(
        name=raw["name"],
        version=raw["version"],
        entry_point=raw["entry_point"],
        kernel=raw.get("kernel", ""),
        hooks=tuple(raw["hooks"]),
        supplies={member: tuple(raw.get(member, ())) for member in KINDS.values()},
    )


def manifest_schema() -> JsonSchema:
    """Return the JSON Schema (2020-12) of ``automata.json``."""
    properties: dict[str, Json] = {
        "manifest": {"const": FORMAT, "title": "Version of this format"},
        "name": {"type": "string", "title": "Distribution", "minLength": 1},
        "version": {"type": "string", "title": "Version of the distribution", "minLength": 1},
        "entry_point": {"type": "string", "title": "Value of the entry point described", "minLength": 1},
        "kernel": {"type": "string", "title": "Range of kernel versions", "examples": [">=0.1,<1"]},
        "hooks": {
            "type": "array",
            "title": "Hooks the plugin implements",
            "items": {"type": "string", "pattern": f"^{_HOOK.pattern}$"},
            "uniqueItems": True,
        },
    }
    properties |= {member: {"type": "array", "items": shape.schema()} for member, shape in shapes().items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Automata plugin manifest",
        "type": "object",
        "properties": properties,
        "required": [name for name in _HEAD if name != "kernel"],
        "additionalProperties": False,
    }


def _check_head(raw: Mapping[str, Any]) -> list[str]:
    faults = [f"Unknown member {name!r}" for name in raw if name not in _HEAD and name not in KINDS.values()]
    types = {"integer": int, "string": str, "array": list}
    for name, kind in _HEAD.items():
        if name not in raw:
            faults += [] if name == "kernel" else [f"Missing member {name!r}"]
        elif type(raw[name]) is not types[kind]:
            faults.append(f"Member {name!r} is not of type {kind}")
        elif raw[name] == "" and name != "kernel":
            faults.append(f"Member {name!r} is empty")
    if type(raw.get("manifest")) is int and raw["manifest"] != FORMAT:
        faults.append(f"Unknown manifest format {raw['manifest']}, this kernel reads {FORMAT}")
    if isinstance(raw.get("hooks"), list):
        faults += _check_hooks(raw["hooks"], raw)
    return faults


def _check_hooks(hooks: list[Any], raw: Mapping[str, Any]) -> list[str]:
    faults = [f"Not a hook: {name!r}" for name in hooks if not isinstance(name, str) or not _HOOK.fullmatch(name)]
    texts = [name for name in hooks if isinstance(name, str)]
    faults += [f"Hook {name!r} stands twice" for name in sorted({name for name in texts if texts.count(name) > 1})]
    for hook, member in KINDS.items():
        if raw.get(member) and hook not in texts:
            faults.append(f"There are {member!r}, but 'hooks' does not name {hook!r}")
    return faults


def _check_entries(raw: Mapping[str, Any]) -> list[str]:
    faults: list[str] = []
    for member, shape in shapes().items():
        entries = raw.get(member, [])
        if not isinstance(entries, list):
            faults.append(f"Member {member!r} is not of type array")
            continue
        for position, entry in enumerate(entries):
            faults += [f"/{member}/{position}: {fault}" for fault in _faults(shape, entry)]
    return faults


def _faults(shape: Shape, entry: object) -> list[str]:
    return shape.check(entry) if isinstance(entry, dict) else ["Not an object"]


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Key {double!r} stands twice")
    return result
