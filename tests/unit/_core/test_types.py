import pytest

from automata._core.types import (
    DYN,
    INT,
    NEVER,
    NULL,
    NUMBER,
    STRING,
    TIMESTAMP,
    assignable,
    describe,
    from_schema,
    list_of,
    meet,
    optional_of,
    overlaps,
    to_schema,
    union,
    without,
)

SCALARS = {"null": "null", "boolean": "bool", "integer": "int", "number": "number", "string": "string"}


@pytest.mark.parametrize(("name", "kind"), SCALARS.items())
def test_a_scalar_schema_is_its_kind_and_goes_back(name, kind):
    found = from_schema({"type": name})

    assert found.kind == kind
    assert to_schema(found) == {"type": name}


@pytest.mark.parametrize(
    "schema", [{}, True, {"type": "nonsense"}, {"$ref": "http://example.com/x"}, {"$ref": "#/nope"}]
)
def test_what_is_not_understood_is_unknown(schema):
    assert from_schema(schema) == DYN


def test_listed_properties_close_an_object_and_only_those():
    assert from_schema({"properties": {"a": {}}}).rest is None
    assert from_schema({"type": "object"}).rest == DYN
    assert from_schema({"properties": {"a": {}}, "additionalProperties": True}).rest == DYN
    assert from_schema({"properties": {"a": {}}, "patternProperties": {}}).rest == DYN
    assert from_schema({"additionalProperties": {"type": "string"}}) == DYN
    assert from_schema({"type": "object", "additionalProperties": {"type": "string"}}).rest == STRING


def test_a_recursive_schema_ends():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    found = from_schema({"$ref": "#/$defs/node", "$defs": {"node": node}})

    assert found.fields["next"].type.fields["next"].type.kind == "map"


def test_an_all_of_bomb_ends_quickly():
    defs = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}, {"$ref": f"#/$defs/d{i + 1}"}]} for i in range(40)}

    assert from_schema({"$ref": "#/$defs/d0", "$defs": defs}) == DYN


def test_all_of_joins_the_fields_of_its_parts():
    found = from_schema(
        {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {}}, "required": ["b"]}]}
    )

    assert set(found.fields) == {"a", "b"}
    assert found.fields["b"].required


def test_unions_merge_scalars_and_swallow_by_the_unknown():
    assert union([INT, NUMBER]) == NUMBER
    assert union([STRING, STRING]) == STRING
    assert union([STRING, DYN]) == DYN
    assert union([]) == NEVER
    assert from_schema({"enum": ["a", "b", None]}).members[0].values == ("a", "b")
    assert without(from_schema({"type": ["string", "null"]}), "null") == STRING


def test_arrays_take_items_and_prefix_items():
    assert from_schema({"items": {"type": "string"}}) == list_of(STRING)
    assert from_schema({"prefixItems": [{"type": "string"}], "items": False}) == list_of(STRING)
    assert from_schema({"prefixItems": [{"type": "string"}], "items": {"type": "null"}}).item == union([STRING, NULL])


def obj(required=(), **fields):
    return from_schema({"type": "object", "properties": fields, "required": list(required)})


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (INT, NUMBER, None),
        (NUMBER, INT, "number is not int"),
        (DYN, STRING, None),
        (STRING, DYN, None),
        (TIMESTAMP, STRING, None),
        (union([STRING, NULL]), STRING, "null is not string"),
        (STRING, union([STRING, NULL]), None),
        (INT, union([STRING, NULL]), "int is not string or null"),
        (list_of(INT), list_of(STRING), "in its items, int is not string"),
        (from_schema({"const": "x"}), from_schema({"enum": ["a"]}), "'x' is not one of 'a'"),
        (STRING, from_schema({"enum": ["a"]}), None),
        (obj(a=TEXT), obj(["a"], a=TEXT), None),
        (obj(b=TEXT), obj(["a"], a=TEXT), "field 'a' is missing"),
        (obj(a=WHOLE), obj(a=TEXT), "in field 'a', int is not string"),
        (obj(a=TEXT, b=TEXT), obj(a=TEXT), "field 'b' is not known there"),
        (optional_of(STRING), STRING, "optional of string is not string"),
        (optional_of(STRING), optional_of(INT), "string is not int"),
        (
            obj(a=WHOLE),
            from_schema({"type": "object", "additionalProperties": TEXT}),
            "in field 'a', int is not string",
        ),
    ],
)
def test_assignable_says_why_not(source, target, reason):
    assert assignable(source, target) == reason


def test_overlap_looks_at_kinds_and_known_values():
    assert overlaps(INT, NUMBER)
    assert not overlaps(INT, STRING)
    assert not overlaps(from_schema({"enum": ["a"]}), from_schema({"const": "b"}))
    assert overlaps(obj(a=TEXT), obj(a=TEXT))
    assert not overlaps(obj(a=TEXT), obj(a=WHOLE))


def test_types_are_named_in_words():
    assert describe(list_of(STRING)) == "list of string"
    assert describe(union([STRING, NULL])) == "string or null"
    assert describe(from_schema({"enum": ["a", "b"]})) == "'a' or 'b'"
    assert describe(meet(STRING, INT)) == "no value"


def test_a_map_goes_back_to_its_schema():
    schema = {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": False}

    assert to_schema(from_schema(schema)) == schema
    assert to_schema(TIMESTAMP) == {"type": "string", "format": "date-time"}
    assert len(to_schema(union([STRING, NULL]))["anyOf"]) == 2


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (DYN, INT, INT),
        (INT, DYN, INT),
        (INT, NUMBER, INT),
        (NUMBER, INT, INT),
        (union([STRING, NULL]), NULL, NULL),
        (list_of(NUMBER), list_of(INT), list_of(INT)),
        (STRING, from_schema({"const": "a"}), from_schema({"const": "a"})),
        (STRING, INT, NEVER),
    ],
)
def test_what_is_in_both_types(one, other, both):
    assert meet(one, other) == both
