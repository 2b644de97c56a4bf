"""What the meta-schema of JSON Schema 2020-12 says of each keyword's value, as a table. Unknown keywords pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})


def check_keywords(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each keyword of this schema (not of those inside it) whose value is of the wrong form."""
    for keyword, value in schema.items():
        form = _FORMS.get(keyword)
        if form is not None and not form[0](value):
            yield f"{keyword}: Must be {form[1]}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_schema(value: Any) -> bool:
    return isinstance(value, Mapping | bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and float(value).is_integer()


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_schemas(value: Any) -> bool:
    return _is_list(value) and len(value) > 0 and all(map(_is_schema, value))


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_schema, value.values()))


def _is_names(value: Any) -> bool:
    return _is_list(value) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:
    return value in _TYPES if _is_text(value) else _is_names(value) and len(value) > 0 and set(value) <= _TYPES


def _is_dependent(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_names, value.values()))


Form = tuple[Callable[[Any], bool], str]
_TEXT: Form = (_is_text, "a string")
_FLAG: Form = (lambda value: isinstance(value, bool), "true or false")
_SCHEMA: Form = (_is_schema, "a schema")
_SCHEMAS: Form = (_is_schemas, "a list of schemas, not empty")
_MAP: Form = (_is_map, "an object of schemas")
_NUMBER: Form = (_is_number, "a number")
_COUNT: Form = (_is_count, "a whole number, not negative")
_LIST: Form = (_is_list, "a list")
_FORMS: Mapping[str, Form] = {
    **dict.fromkeys(
        ("$id", "$schema", "$ref", "$anchor", "$comment", "title", "description", "format", "pattern"), _TEXT
    ),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), _TEXT),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _FLAG),
    **dict.fromkeys(
        ("items", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not"), _SCHEMA
    ),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "contentSchema"), _SCHEMA),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _SCHEMAS),
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), _MAP),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _COUNT),
    **dict.fromkeys(("minContains", "maxContains"), _COUNT),
    **dict.fromkeys(("enum", "examples"), _LIST),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number greater than 0"),
    "required": (_is_names, "a list of different names"),
    "type": (_is_type, "a type or a list of different types"),
    "dependentRequired": (_is_dependent, "an object of lists of different names"),
}
