"""Reading values from the command line: ``K=V``, ``K:=json``, ``@file.json`` and ``-``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automata.cli.exits import Exit
from automata.cli.failure import Failure

if TYPE_CHECKING:
    from automata.model import Json


_DOCUMENT_BYTES = 1024 * 1024
"""Characters up to which mistakes are shown with their place."""


def read_input(values: Sequence[str]) -> Json:
    """Make the start input of what ``--input`` was given; None when it was not.

    ``@file.json`` and ``-`` (standard input) are whole JSON values, and so is a text that starts with ``{`` or ``[``.
    ``name=text`` and ``name:=json`` set members of an object; they may be repeated, and add to an object given before.

    Raises:
        Failure: A value cannot be read.
    """
    whole: Json = None
    members: dict[str, Json] = {}
    for text in values:
        if text == "-" or text[:1] in {"@", "{", "["}:
            whole = read_value(text)
        else:
            name, value = _member(text)
            members[name] = value
    if not members:
        return whole
    if whole is not None and not isinstance(whole, Mapping):
        raise Failure("Members cannot be added to an input that is not an object", exit=Exit.USAGE)
    return {**(whole or {}), **members}


def read_value(text: str) -> Json:
    """Read one JSON value: ``@file.json``, ``-`` for standard input, or the JSON itself.

    Raises:
        Failure: It cannot be read.
    """
    if text == "-":
        return _parsed(sys.stdin.read(), "standard input")
    if text.startswith("@"):
        return _parsed(_file(text[1:]), repr(text[1:]))
    return _parsed(text, "the value")


def read_pairs(values: Sequence[str], flag: str) -> dict[str, str]:
    """Split ``NAME=VALUE`` texts.

    Raises:
        Failure: One has no ``=``.
    """
    pairs = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Failure(f"{flag} {text!r} is not NAME=VALUE", exit=Exit.USAGE)
        pairs[name] = value
    return pairs


def _member(text: str) -> tuple[str, Json]:
    name, equals, value = text.partition("=")
    if not equals or not name.rstrip(":"):
        fix = "write --input name=text, --input name:=JSON, --input @file.json or --input -"
        raise Failure(f"--input {text!r} is not NAME=VALUE", exit=Exit.USAGE, fix=fix)
    if name.endswith(":"):
        return name[:-1], _parsed(value, f"the value of {name[:-1]!r}")
    return name, _file(value[1:]) if value.startswith("@") else value


def _file(path: str) -> str:
    from automata._core.large import LARGEST_BYTES

    file = Path(path)
    if file.is_file() and (size := file.stat().st_size) > 2 * LARGEST_BYTES:  # Half of it may be indentation.
        raise _too_large(f"The file {path!r}", size)
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{path!r} is not UTF-8 text", exit=Exit.USAGE) from error


def _parsed(text: str, what: str) -> Json:
    from automata._core.codec import read_text

    if len(text) > _DOCUMENT_BYTES:
        return _large(text, what)
    source, problems = read_text(text, format="json")
    if source is None or problems:
        because = problems[0].message if problems else ""
        place = problems[0].position if problems else None
        because += f" (line {place.line}, column {place.column})" if place else ""
        raise Failure(f"Cannot read {what} as JSON", exit=Exit.USAGE, because=because)
    return json.loads(json.dumps(source.raw))  # type: ignore[no-any-return] # a JSON value by construction


def _large(text: str, what: str) -> Json:
    """Read what is too large to be searched for the places of its mistakes."""
    from automata._core.large import LARGEST_BYTES, weight
    from automata._core.payload import settle
    from automata.errors import StepError

    try:
        value: Json = json.loads(text)
        if (size := weight(value, 2 * LARGEST_BYTES)) > LARGEST_BYTES:
            raise _too_large(what[0].upper() + what[1:], size)
        return settle(value)
    except StepError as error:
        because = error.message.replace("The output", "It")
    except (ValueError, RecursionError) as error:
        because = str(error) or type(error).__name__
    raise Failure(f"Cannot read {what} as JSON", exit=Exit.USAGE, because=because)


def _too_large(what: str, size: int) -> Failure:
    from automata._core.blobs import sized
    from automata._core.large import LARGEST_BYTES

    return Failure(
        f"{what} has {sized(size)}; an input may have {sized(LARGEST_BYTES)}",
        exit=Exit.LIMIT,
        fix="keep it in a file or an object store, and give where it is",
    )
