"""Writing ``automata.json`` from a plugin's code, and telling when the written one no longer fits. Runs the plugin."""

from __future__ import annotations

import json

from automata._core.manifest.document import FORMAT, KINDS, read_manifest
from automata._core.manifest.records import shapes
from automata.errors import FixInput
from automata.model import Json


def build_manifest(plugin: object, *, name: str, version: str, entry_point: str, kernel: str = "") -> dict[str, Json]:
    """Return the manifest of an imported plugin.

    Args:
        plugin: Module or object with hook implementations; its hooks are called.
        name: Distribution.
        version: Version of the distribution.
        entry_point: Value of the entry point that names *plugin*.
        kernel: Range of kernel versions, as in ``Requires-Dist``.

    Raises:
        FixInput: What the hooks return cannot stand in a manifest.
    """
    from automata._core.manifest.hooks import implemented, supplied  # brings pluggy, which reading needs not

    hooks = implemented(plugin)
    result: dict[str, Json] = {"manifest": FORMAT, "name": name, "version": version, "entry_point": entry_point}
    if kernel:
        result["kernel"] = kernel
    result["hooks"] = sorted(hooks)
    for hook, member in KINDS.items():
        if hook in hooks:
            result[member] = [_entry(member, record) for record in supplied(plugin, hook)]
    try:
        read_manifest(dump_manifest(result))
    except (ValueError, TypeError) as error:
        raise FixInput(f"The plugin {name!r} cannot be described by a manifest: {error}") from error
    return result


def dump_manifest(manifest: dict[str, Json]) -> str:
    """Return the text to commit: sorted as built, two spaces, a line end."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def find_stale(written: str | bytes, fresh: dict[str, Json]) -> tuple[str, ...]:
    """Return what differs between the committed manifest and a fresh one, as sentences; empty when it is up to date."""
    try:
        read_manifest(written)
    except ValueError as error:
        return (f"The manifest cannot be read: {error}",)
    old, new = json.loads(written), json.loads(dump_manifest(fresh))
    differences: list[str] = []
    for member in sorted({*old, *new}):
        if old.get(member) == new.get(member):
            continue
        shape = shapes().get(member)
        key = shape.key if shape else ""
        differences += _compare(member, old.get(member), new.get(member), key)
    return tuple(differences)


def _entry(member: str, record: object) -> dict[str, Json]:
    shape = shapes()[member]
    if not isinstance(record, shape.record):
        raise FixInput(f"A hook for {member!r} gave {type(record).__name__}, not {shape.record.__name__}")
    return shape.write(record)


def _compare(member: str, old: Json, new: Json, key: str) -> list[str]:
    if not key or not isinstance(old, list | None) or not isinstance(new, list | None):
        return [f"Member {member!r} is {old!r}, the code says {new!r}"]
    before = {entry[key]: entry for entry in old or () if isinstance(entry, dict)}
    after = {entry[key]: entry for entry in new or () if isinstance(entry, dict)}
    gone = [f"{member}: {name!r} is no longer in the code" for name in before if name not in after]
    added = [f"{member}: {name!r} is missing" for name in after if name not in before]
    changed = [f"{member}: {name!r} has changed" for name in after if name in before and before[name] != after[name]]
    return [*gone, *added, *changed] or [f"{member}: the order has changed"]
