"""What a change between two documents is worth."""

import types

import attrs
import pytest

from automata._core.codec import decode
from automata._core.diff import Level, compare, schema_changes
from automata.model import Effect, Kind

BASE = {
    "automata": 1,
    "name": "W",
    "nodes": {
        "get": {"use": "http.request", "with": {"url": "https://a.example"}},
        "keep": {"use": "set", "with": {"a": 1}},
        "tell": {"use": "set", "with": {"b": 1}},
    },
    "edges": ["get -> keep", "get.error -> tell"],
    "output": {"a": "${keep.a}"},
}


def workflow(**changes):
    made, problems = decode({**BASE, **changes})
    assert made is not None, problems
    return made


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, Level.NONE),
        ({"layout": {"get": [1, 2]}}, Level.NONE),
        ({"description": "d"}, Level.PATCH),
        ({"tests": [{"name": "t"}]}, Level.PATCH),
        ({"settings": {"timeout": "1m"}}, Level.PATCH),
        ({"settings": {"durability": "memory"}}, Level.MAJOR),
        ({"vars": {"x": 1}}, Level.MINOR),
        ({"name": "V"}, Level.MAJOR),
        ({"output": {"a": "${keep.a}", "b": 1}}, Level.MINOR),
        ({"output": {"a": 2}}, Level.MAJOR),
        ({"output": {}}, Level.MAJOR),
        ({"output": None}, Level.MAJOR),
        ({"edges": ["get -> keep"]}, Level.MAJOR),
        ({"edges": ["get -> keep", "get.error -> tell", "keep -> tell"]}, Level.MINOR),
        ({"nodes": BASE["nodes"] | {"more": {"use": "set", "with": {}}}}, Level.MINOR),
        ({"nodes": BASE["nodes"] | {"get": {**BASE["nodes"]["get"], "timeout": "5s"}}}, Level.PATCH),
        ({"nodes": BASE["nodes"] | {"get": {**BASE["nodes"]["get"], "key": "k"}}}, Level.MAJOR),
        ({"nodes": BASE["nodes"] | {"get": {"use": "set", "with": {}}}}, Level.MAJOR),
        ({"nodes": BASE["nodes"] | {"keep": {"use": "set", "with": {"a": 2}}}}, Level.MINOR),
    ],
)
def test_a_change_has_the_level_of_who_must_care(changes, level):
    assert compare(workflow(), workflow(**changes)).level is level


def test_removing_what_wrote_outside_is_major_and_removing_what_computed_is_minor():
    fewer = workflow(nodes={"keep": BASE["nodes"]["keep"]}, edges=[])

    levels = {
        change.subject: change.level for change in compare(workflow(), fewer).changes if change.kind == "node_removed"
    }

    assert levels == {"get": Level.MAJOR, "tell": Level.MINOR}


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ({"type": "string"}, {"type": ["string", "null"]}, "minor"),
        ({"type": "number"}, {"type": "integer"}, "major"),
        ({}, {"required": ["a"]}, "major"),
        ({"required": ["a"]}, {}, "minor"),
        ({"enum": [1, 2]}, {"enum": [1]}, "major"),
        ({"enum": [1]}, {"enum": [1, 2]}, "minor"),
        ({"minimum": 1}, {"minimum": 2}, "major"),
        ({"minimum": 2}, {"minimum": 1}, "minor"),
        ({"maxLength": 5}, {}, "minor"),
        ({}, {"pattern": "a"}, "major"),
        ({"title": "a"}, {"title": "b"}, "patch"),
        ({"properties": {"a": {}}}, {"additionalProperties": False}, "major"),
        ({"additionalProperties": False}, {"additionalProperties": False, "properties": {"a": {}}}, "minor"),
        ({"items": {"type": "string"}}, {"items": {"type": "integer"}}, "major"),
        ({"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "integer"}}}, "major"),
    ],
)
def test_a_schema_that_refuses_more_is_major(old, new, level):
    assert max((c.level for c in schema_changes(old, new)), key=lambda each: each.rank) == level


def test_the_gravest_change_comes_first():
    changes = compare(workflow(), workflow(name="V", description="d", vars={"x": 1})).changes

    assert [change.level for change in changes] == [Level.MAJOR, Level.MINOR, Level.PATCH]
    assert set(changes[0].to_json()) == {field.name for field in attrs.fields(type(changes[0]))}


BODY = {"nodes": {"one": {"use": "set", "with": {"a": 1}}}, "output": 1}
PARTS = {
    "each": {"use": "foreach", "with": {"items": [1]}, "body": BODY},
    "came": {"use": "shop.order_created", "with": {"shop": "a"}},
    "tick": {"use": "schedule.cron", "with": {"cron": "0 * * * *"}},
    "told": {"use": "signal", "with": {"name": "paid"}},
    "asked": {"use": "approval", "with": {"message": "Ok?", "form": {"type": "object"}}},
}


def with_part(name, **change):
    return workflow(nodes={**BASE["nodes"], name: {**PARTS[name], **change}})


def lookup(name):
    return types.SimpleNamespace(kind=Kind.TRIGGER, effect=Effect.PURE) if name == "shop.order_created" else None


@pytest.mark.parametrize(
    ("name", "change", "kind", "level"),
    [
        ("each", {"body": {**BODY, "output": 2}}, "output_changed", Level.MINOR),
        ("came", {"with": {"shop": "b"}}, "parameters_changed", Level.MAJOR),
        ("tick", {"with": {"cron": "1 * * * *"}}, "parameters_changed", Level.MINOR),
        ("told", {"with": {"name": "sent"}}, "parameters_changed", Level.MAJOR),
        ("told", {"with": {"name": "paid", "match": "${true}"}}, "parameters_changed", Level.MINOR),
        ("asked", {"with": {"message": "Ok?", "form": {}}}, "parameters_changed", Level.MAJOR),
        ("asked", {"with": {"message": "Well?", "form": {"type": "object"}}}, "parameters_changed", Level.MINOR),
        ("came", {"use": "manual", "with": {}}, "node_retyped", Level.MAJOR),
        ("told", {"use": "set"}, "node_retyped", Level.MINOR),
        ("told", {"retry": {"attempts": 2}}, "retry_changed", Level.PATCH),
    ],
)
def test_what_happens_inside_a_node_has_the_level_of_who_must_care(name, change, kind, level):
    (only,) = compare(with_part(name), with_part(name, **change), lookup).changes

    assert (only.kind, only.level) == (kind, level)


@pytest.mark.parametrize(("name", "level"), [("came", Level.MAJOR), ("tick", Level.MAJOR), ("told", Level.MAJOR)])
def test_what_others_send_to_is_missed_when_it_goes(name, level):
    gone = compare(with_part(name), workflow(), lookup).changes
    new = compare(workflow(), with_part(name), lookup).changes

    assert [(c.kind, c.level) for c in gone] == [("node_removed", level)]
    assert [(c.kind, c.level) for c in new] == [("node_added", Level.MINOR)]


def test_a_setting_is_shown_as_the_document_has_it():
    (only,) = compare(workflow(), workflow(settings={"concurrency": {"limit": 2}})).changes

    assert only.subject == "settings.concurrency"
    assert only.after["limit"] == 2


def test_durability_that_comes_back_is_minor():
    (only,) = compare(workflow(settings={"durability": "memory"}), workflow()).changes

    assert only.level is Level.MINOR
