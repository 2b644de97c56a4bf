"""What a JSON value is, for the type checker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"
"""A JSON value, read-only by type so that a ``dict[str, str]`` is one; at run time made of dict, list and scalars."""

JsonObject: TypeAlias = "Mapping[str, Json]"
"""A JSON object."""

JsonSchema: TypeAlias = "Mapping[str, Json]"
"""A JSON Schema 2020-12 object with local references only."""
