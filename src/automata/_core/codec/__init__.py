"""The workflow document between text and typed records; knows no node type and runs nothing.

``text -> read_text -> Source -> decode -> Workflow -> encode -> text``; problems carry codes ``DOC-0xx``.
"""

from automata._core.codec.codes import CODES
from automata._core.codec.document import (
    Loaded,
    canonical_form,
    decode,
    document_schema,
    dump_json,
    dump_yaml,
    encode,
    encode_shorthand,
    load,
    version,
)
from automata._core.codec.edges import ID, PORT, edge_pointers
from automata._core.codec.format import RESERVED
from automata._core.codec.source import Format, Source, read_text

__all__ = [
    "CODES",
    "ID",
    "PORT",
    "RESERVED",
    "Format",
    "Loaded",
    "Source",
    "canonical_form",
    "decode",
    "document_schema",
    "dump_json",
    "dump_yaml",
    "edge_pointers",
    "encode",
    "encode_shorthand",
    "load",
    "read_text",
    "version",
]
