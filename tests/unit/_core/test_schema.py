"""Schemas from strangers: judged before use, never fetched, bounded in work."""

from __future__ import annotations

import socket
import time
from threading import Thread

import pytest

from automata._core.schema import check_pattern, check_schema, validator

LADDER = {"$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(20)} | {"d20": {}}}
SPLIT = {"$defs": {"t": {"allOf": [{"properties": {"x": {"$ref": "#/$defs/t"}}}] * 2}}, "$ref": "#/$defs/t"}
REFUSED = {
    "not an object": (3, "not an object"),
    "http reference": ({"$ref": "http://127.0.0.1:1/x"}, "/$ref: Only local references"),
    "file reference": ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "/properties/a/$ref: Only local"),
    "id with scheme": ({"$id": "http://x.example/"}, "/$id: An id with a scheme"),
    "id inside": ({"properties": {"a": {"$id": "b"}}}, "/properties/a/$id: Only the whole"),
    "dynamic": ({"$dynamicRef": "#x"}, "Dynamic references"),
    "other draft": ({"$schema": "http://json-schema.org/draft-07/schema#"}, "Only JSON Schema 2020-12"),
    "reference to nothing": ({"$ref": "#/$defs/x"}, "There is no schema at"),
    "reference into a constant": ({"const": {"a": {"pattern": "(a+)+"}}, "$ref": "#/const/a"}, "There is no schema at"),
    "self-reference": ({"$ref": "#"}, "leads back to itself"),
    "loop of two": ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "leads back to itself"),
    "allOf bomb": (LADDER | {"$ref": "#/$defs/d0"}, "expand to more than"),
    "depth": ({"a": __import__("functools").reduce(lambda inner, _: [inner], range(100), 0)}, "levels"),
    "size": ({"enum": list(range(30_000))}, "larger than"),
    "pattern": ({"properties": {"a": {"pattern": "(a+)+$"}}}, "/properties/a/pattern: "),
    "property pattern": ({"patternProperties": {"(a|a)*": {}}}, "/patternProperties/(a|a)*"),
    "wrong type": ({"type": "int"}, "/type: Must be a type"),
    "wrong required": ({"required": "a"}, "/required: Must be"),
    "wrong items": ({"items": 3}, "/items: Must be a schema"),
    "endless number": ({"minLength": float("inf")}, "/minLength: Must be"),
    "not JSON": ({"const": object()}, "which is not JSON"),
    "key": ({1: 2}, "not a string"),
}


@pytest.mark.parametrize(("schema", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_schema_that_must_not_be_used_is_refused_with_its_place(schema, reason):
    started = time.process_time()

    faults = check_schema(schema)

    assert any(reason in fault for fault in faults), faults
    assert time.process_time() - started < 0.5
    with pytest.raises(ValueError, match=r"\w"):
        validator(schema)


@pytest.mark.parametrize("place", ["$ref", "$dynamicRef", "$schema", "$id"])
def test_no_keyword_makes_a_connection(place):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        calls = []

        def listen():
            try:
                calls.append(server.accept())
            except TimeoutError:
                return

        listener = Thread(target=listen)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        with pytest.raises(ValueError, match=r"\w"):
            validator({"properties": {"a": {place: address}}})
        listener.join()

    assert calls == []


TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["name"],
}
FITS = [
    ({}, {"anything": 1}, ()),
    ({"type": "integer"}, "x", (("", "type"),)),
    (TREE, {"name": "a", "children": [{"name": "b", "children": []}]}, ()),
    (TREE, {"name": "a", "children": [{"name": 3}, {}]}, (("/children/0/name", "type"), ("/children/1", "required"))),
    ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}], (("", "uniqueItems"),)),
    ({"uniqueItems": True}, [1, True, "1", None], ()),
    ({"uniqueItems": False}, [1, 1], ()),
    ({"uniqueItems": True}, "text", ()),
    ({"pattern": "^a"}, "ba", (("", "pattern"),)),
    ({"pattern": "^a"}, 3, ()),
    ({"patternProperties": {"^n_": {"type": "integer"}}}, {"n_a": "x", "b": "x"}, (("/n_a", "type"),)),
    ({"patternProperties": {"^n_": {"type": "integer"}}}, 4, ()),
    ({"properties": {"a/b": {"type": "null"}}}, {"a/b": 1}, (("/a~1b", "type"),)),
    ({"$defs": {"a~b": {"type": "null"}}, "$ref": "#/$defs/a~0b"}, 1, (("", "type"),)),
    ({"$ref": "#/allOf/0", "allOf": ({"type": "null"},)}, None, ()),
]


@pytest.mark.parametrize(("schema", "value", "expected"), FITS)
def test_violations_name_place_and_keyword(schema, value, expected):
    assert tuple((found.pointer, found.keyword) for found in validator(schema)(value)) == expected


def test_many_items_are_compared_in_linear_time():
    items = [{"id": number, "tags": ["a", "b"]} for number in range(3000)]
    validate = validator({"type": "array", "uniqueItems": True})
    started = time.process_time()

    assert validate(items) == ()
    assert time.process_time() - started < 0.5


def test_a_recursion_that_doubles_at_each_level_of_the_value_is_stopped():
    value = {}
    for _ in range(60):
        value = {"x": value}
    started = time.process_time()

    violations = validator(SPLIT)(value)

    assert "too much work" in violations[0].message
    assert time.process_time() - started < 0.5


def test_violations_are_bounded():
    assert len(validator({"items": {"type": "string"}})(list(range(1000)))) == 100


def test_a_deep_value_is_a_violation_and_no_crash():
    value = []
    for _ in range(900):
        value = [value]

    assert validator({"items": {"$ref": "#"}, "type": "array"})(value)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+", "repeated group"),
        ("(a|b)*c", "repeated group"),
        ("((ab)*c)+", "repeated group"),
        ("(a?){30}a{30}", "repeated group"),
        ("(?=a)b", "Look-around"),
        ("(?<!a)b", "Look-around"),
        (r"(a)\1", "References"),
        ("(?P<n>a)(?P=n)", "Look-around"),
        ("(", "Not a pattern"),
        ("a" * 1001, "longer than"),
        (3, "is a string"),
    ],
)
def test_a_pattern_that_may_take_exponential_time_is_refused(pattern, reason):
    assert reason in check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["^[a-z][a-z0-9_]{0,62}$", r"^\d{4}-\d\d$", "^(GET|POST)$", r"\(a+\)+", "(?:ab)+c", "[(*]+"]
)
def test_an_ordinary_pattern_is_admitted(pattern):
    assert check_pattern(pattern) is None


def test_a_long_text_is_not_held_against_a_slow_pattern():
    started = time.process_time()

    violations = validator({"pattern": "^a*a*a*$"})("a" * 5000 + "b")

    assert "too long to be held against" in violations[0].message
    assert time.process_time() - started < 0.5


def test_a_long_way_of_references_is_refused_without_a_crash():
    steps = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}]} for i in range(3_000)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**steps, "d3000": {}}}

    assert check_schema(schema) == (": References lead on too long a way",)
