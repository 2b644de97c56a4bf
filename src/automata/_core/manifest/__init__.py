"""The static manifest ``automata.json``: what a plugin supplies, readable without importing it."""

from automata._core.manifest.document import KINDS, Manifest, manifest_schema, read_manifest
from automata._core.manifest.records import Record, Reference, shapes
from automata._core.manifest.writer import build_manifest, dump_manifest, find_stale

__all__ = [
    "KINDS",
    "Manifest",
    "Record",
    "Reference",
    "build_manifest",
    "dump_manifest",
    "find_stale",
    "manifest_schema",
    "read_manifest",
    "shapes",
]
