"""``files.write_csv``: put rows into a CSV file."""

from __future__ import annotations

from collections.abc import Sequence

from automata.sdk import Context, Effect, InvalidInput, Json, JsonObject, NodeType
from automata_files.content import encode_csv
from automata_files.model import DELIMITER, HEADER, MAX_BYTES_FIELD, PATH, WRITTEN, read, read_delimiter, schema
from automata_files.service import write_content


async def write_csv(context: Context, parameters: JsonObject) -> Json:
    """Replace the file by the rows as CSV, whole or not at all."""
    rows = parameters.get("rows")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise InvalidInput("Parameter 'rows' must be a list", sent=False)
    content = encode_csv(
        rows,
        header=read(parameters, "header", bool, True),
        delimiter=read_delimiter(parameters),
        escape_formulas=read(parameters, "escape_formulas", bool, True),
    )
    return await write_content(context, parameters, content)


WRITE_CSV = NodeType(
    name="files.write_csv",
    title="Write a CSV file",
    summary="Replaces a file by rows as CSV",
    effect=Effect.IDEMPOTENT,
    parameters=schema(
        ("path", "rows"),
        path=PATH,
        rows={
            "title": "Rows",
            "description": "Objects by column name, or lists of cells",
            "type": "array",
            "items": {"type": ["object", "array"]},
        },
        header=HEADER,
        delimiter=DELIMITER,
        escape_formulas={
            "title": "Escape formulas",
            "description": "Put ' before texts a spreadsheet would run as a formula (first character = + - @)",
            "type": "boolean",
            "default": True,
        },
        max_bytes=MAX_BYTES_FIELD,
    ),
    output=WRITTEN,
    examples=({"use": "files.write_csv", "with": {"path": "out/orders.csv", "rows": [{"id": 1, "total": 9.5}]}},),
    run=write_csv,
    icon="icon.svg",
)
"""The record the catalog gets."""
