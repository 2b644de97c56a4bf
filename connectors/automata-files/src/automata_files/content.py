"""Bytes to values and back: UTF-8 text, strict JSON, CSV. Pure."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence

from automata.sdk import InvalidInput, Json, ProviderBroke

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters a spreadsheet takes for a formula (OWASP, CSV Injection)."""


def decode_text(content: bytes, path: str) -> str:
    """UTF-8 text, a byte-order mark removed.

    Raises:
        ProviderBroke: Naming the first byte that is not UTF-8.
    """
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ProviderBroke(
            f"File {path!r} is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}",
            details={"path": path, "byte": error.start},
            sent=False,
        ) from error


def encode_text(text: str) -> bytes:
    """UTF-8; raises InvalidInput for a lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"Text has a lone surrogate at character {error.start}", sent=False) from error


def decode_json(content: bytes, path: str) -> Json:
    """One strict JSON value: no NaN, no repeated key, no number that overflows.

    Raises:
        ProviderBroke: Naming line and column where it is known.
    """
    text = decode_text(content, path)
    try:
        value: Json = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_refuse_duplicates
        )
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate does not encode
    except (ValueError, RecursionError) as error:
        raise ProviderBroke(f"File {path!r} is not JSON: {error}", details={"path": path}, sent=False) from error
    return value


def encode_json(value: Json, indent: int | None) -> bytes:
    """JSON with a final line break; keys stay in their order."""
    return encode_text(json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False) + "\n")


def decode_csv(content: bytes, path: str, *, header: bool, delimiter: str, typed: bool) -> list[Json]:
    """Rows as objects (with a header) or lists of texts (without); blank lines are left out.

    Args:
        content: Bytes of the file, UTF-8.
        path: For messages.
        header: Whether the first row names the columns.
        delimiter: One character.
        typed: Read ``true``, ``false``, numbers and empty cells as what they look like.

    Raises:
        ProviderBroke: Naming the line of a row that has another number of cells than the header, or of a bad quote.
    """
    reader = csv.reader(io.StringIO(decode_text(content, path), newline=""), delimiter=delimiter, strict=True)
    rows: list[Json] = []
    names: list[str] | None = None
    try:
        for row in reader:
            if not row:
                continue
            if header and names is None:
                names = _column_names(row, path)
                continue
            cells = [_typed(cell) if typed else cell for cell in row]
            rows.append(cells if names is None else _named(names, cells))
    except csv.Error as error:
        raise ProviderBroke(
            f"File {path!r} is not CSV: line {reader.line_num}: {error}",
            details={"path": path, "line": reader.line_num},
            sent=False,
        ) from error
    return rows


def encode_csv(rows: Sequence[Json], *, header: bool, delimiter: str, escape_formulas: bool) -> bytes:
    """Rows as CSV (RFC 4180, lines ended by CR LF).

    Columns of objects are all keys in the order of their first appearance; a missing one is an empty cell.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    names = list(dict.fromkeys(name for row in rows if isinstance(row, Mapping) for name in row))
    if header and names:
        writer.writerow([_escaped(name, escape_formulas=escape_formulas) for name in names])
    for number, row in enumerate(rows):
        writer.writerow([_escaped(cell, escape_formulas=escape_formulas) for cell in _cells(row, names, number)])
    return encode_text(out.getvalue())


def _named(names: list[str], cells: list[Json]) -> Json:
    if len(cells) != len(names):
        raise csv.Error(f"row has {len(cells)} cells, the header {len(names)}")
    return dict(zip(names, cells, strict=True))


def _cells(row: Json, names: list[str], number: int) -> list[Json]:
    if isinstance(row, Mapping):
        return [row.get(name) for name in names]
    if isinstance(row, Sequence) and not isinstance(row, str) and not names:
        return list(row)
    raise InvalidInput(f"Row {number} must be {'an object' if names else 'a list'}, like the others", sent=False)


def _escaped(cell: Json, *, escape_formulas: bool) -> str:
    text = cell if isinstance(cell, str) else "" if cell is None else json.dumps(cell, ensure_ascii=False)
    if escape_formulas and isinstance(cell, str) and text.startswith(FORMULA_STARTS):
        return "'" + text
    return text


def _column_names(row: list[str], path: str) -> list[str]:
    if len(set(row)) != len(row):
        raise ProviderBroke(f"File {path!r} names a column twice in its header", details={"path": path}, sent=False)
    return row


def _typed(cell: str) -> Json:
    if cell in {"", "true", "false"}:
        return None if not cell else cell == "true"
    try:
        value = json.loads(cell, parse_constant=_refuse_constant, parse_float=_finite)
    except ValueError:
        return cell
    return value if isinstance(value, int | float) else cell


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"number {text[:40]} is too large")
    return number


def _refuse_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found
