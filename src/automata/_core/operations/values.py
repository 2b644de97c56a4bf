"""Values from outside, held to the schemas that documents give for them."""

from __future__ import annotations

from automata.errors import InvalidValue
from automata.model import Json, JsonSchema

_SHOWN = 3


def require_fit(value: Json, schema: JsonSchema, what: str) -> None:
    """Refuse a value that does not fit.

    Args:
        value: The value.
        schema: What it must fit.
        what: How the message calls it.

    Raises:
        InvalidValue: It does not fit; the message names the first places.
    """
    from automata._core.schema import validator

    violations = validator(schema)(value)
    if violations:
        told = "; ".join(f"{v.pointer or 'the whole'}: {v.message}" for v in violations[:_SHOWN])
        more = f"; and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else ""
        raise InvalidValue(f"{what} does not fit its schema: {told}{more}")
