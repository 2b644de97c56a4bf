"""A plausible value for a schema."""

import pytest

from automata._core.sample import sample


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, None),
        ({"const": 7}, 7),
        ({"default": None, "type": "string"}, None),
        ({"examples": ["a", "b"]}, "a"),
        ({"examples": [], "enum": [3]}, 3),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 1),
        ({"oneOf": [], "type": "boolean"}, True),
        ({"type": ["null", "number"]}, 1.5),
        ({"type": ["null"]}, None),
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "array", "items": {"type": "null"}}, [None]),
        ({"type": "array"}, []),
        ({"type": "object"}, {}),
        ({"properties": {"a": {"type": "string"}, "b": True}}, {"a": "text", "b": None}),
        ({"type": "odd"}, None),
    ],
)
def test_a_sample_fits_what_the_schema_plainly_says(schema, value):
    assert sample(schema) == value


def test_depth_is_limited():
    schema = {"type": "array"}
    schema["items"] = schema
    tree = {"type": "object", "properties": {}}
    tree["properties"]["x"] = tree

    assert sample(schema, 2) == [[[]]]
    assert sample(tree, 2) == {"x": {"x": {}}}
