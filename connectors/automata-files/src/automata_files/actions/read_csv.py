"""``files.read_csv``: the rows of a CSV file."""

from __future__ import annotations

from collections.abc import Mapping

from automata.sdk import Context, Effect, Json, JsonObject, JsonSchema, NodeType
from automata_files.content import decode_csv
from automata_files.model import DELIMITER, HEADER, MAX_BYTES_FIELD, PATH, read, read_delimiter, schema
from automata_files.service import read_content


async def read_csv(context: Context, parameters: JsonObject) -> Json:
    """The rows: objects by column name, or lists when there is no header."""
    content, path = await read_content(context, parameters)
    return decode_csv(
        content,
        path,
        header=read(parameters, "header", bool, True),
        delimiter=read_delimiter(parameters),
        typed=read(parameters, "typed", bool, False),
    )


def compute_output(parameters: JsonObject, _types: Mapping[str, JsonSchema]) -> JsonSchema:
    """Rows are objects with a header, lists without; cells are strings unless ``typed``."""
    cell: JsonObject = {} if parameters.get("typed", False) is not False else {"type": "string"}
    rows: dict[object, JsonObject] = {
        True: {"type": "object", "additionalProperties": cell},
        False: {"type": "array", "items": cell},
    }
    header = parameters.get("header", True)
    return {"type": "array", "items": rows.get(header, {}) if isinstance(header, bool) else {}}


READ_CSV = NodeType(
    name="files.read_csv",
    title="Read a CSV file",
    summary="Gives the rows of a CSV file as a list",
    effect=Effect.READ,
    parameters=schema(
        ("path",),
        path=PATH,
        header=HEADER,
        delimiter=DELIMITER,
        typed={
            "title": "Typed",
            "description": "Read numbers, true and false as such, and empty cells as null",
            "type": "boolean",
            "default": False,
        },
        max_bytes=MAX_BYTES_FIELD,
    ),
    output={"type": "array"},
    compute_output=compute_output,
    examples=({"use": "files.read_csv", "with": {"path": "orders.csv", "delimiter": ";", "typed": True}},),
    run=read_csv,
    icon="icon.svg",
)
"""The record the catalog gets."""
