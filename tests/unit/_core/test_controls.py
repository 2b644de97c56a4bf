"""The kernel's own node types: what they say of themselves, and what the pure ones compute."""

import asyncio

import pytest

from automata._core.catalog import build_catalog, check_node_type
from automata._core.codec import decode
from automata._core.controls import automata_node_types
from automata._core.plugins import discover
from automata._core.validation import validate
from automata.errors import InvalidInput, StepError
from automata.model import Effect, Kind, Node, Outcome, Port, Severity

TYPES = {found.name: found for found in automata_node_types()}
ACTIONS = "if switch set foreach loop race scope wait signal send approval call return fail"
TRIGGERS = "manual schedule.cron schedule.every"


class Lazy:
    """A context that only evaluates lazy parameters."""

    def __init__(self, **values):
        self.values = values
        self.asked = []

    def evaluate(self, path):
        self.asked.append(path)
        return self.values[path.replace("/", "_")]


def run(name, parameters, context=None):
    return asyncio.run(TYPES[name].run(context, parameters))


@pytest.fixture(scope="module")
def catalog():
    return build_catalog(discover(path=[]))


def test_these_are_the_kernels_own():
    assert list(TYPES) == [*ACTIONS.split(), *TRIGGERS.split()]


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_sound_and_described(name, catalog):
    found = catalog.find(name)

    assert list(check_node_type(found)) == []
    assert found.title
    assert found.summary
    assert found.examples


@pytest.mark.parametrize("name", TYPES)
def test_the_example_of_a_type_is_valid_in_a_document(name, catalog):
    node = dict(TYPES[name].examples[0])
    given = {"type": "object", "additionalProperties": True}
    raw = {"automata": 1, "name": name, "input": given, "nodes": {"example": node}, "edges": []}
    if name == "switch":
        raw["nodes"]["next"] = {"use": "set"}
        raw["edges"] = ["example.big -> next", "example.otherwise -> next"]

    workflow, problems = decode(raw)

    assert problems == ()
    assert [p for p in validate(workflow, catalog, raw=raw) if p.severity is Severity.ERROR] == []


def test_triggers_have_no_action_and_do_nothing():
    triggers = [found for found in TYPES.values() if found.kind is Kind.TRIGGER]

    assert {found.name for found in triggers} == set(TRIGGERS.split())
    assert all(found.run is None and found.effect is Effect.PURE for found in triggers)


@pytest.mark.parametrize(("value", "port"), [(True, "true"), (False, "false")])
def test_if_leaves_by_its_condition(value, port):
    assert run("if", {"condition": value}) == Outcome(value, port)


@pytest.mark.parametrize(
    ("value", "words"),
    [(1, "a number"), ("yes", "a text"), (None, "null"), ([], "a list"), ({}, "an object"), (0.5, "a number")],
)
def test_if_takes_nothing_for_true_but_true(value, words):
    with pytest.raises(InvalidInput, match=words):
        run("if", {"condition": value})


def test_set_gives_its_parameters():
    assert run("set", {"a": 1}) == {"a": 1}


def test_switch_stops_at_the_first_case_that_holds():
    cases = [{"name": "one"}, {"name": "two"}, {"name": "three"}]
    context = Lazy(cases_0_when=False, cases_1_when=True)

    assert run("switch", {"cases": cases}, context) == Outcome("two", "two")
    assert context.asked == ["cases/0/when", "cases/1/when"]


def test_switch_without_a_case_that_holds_goes_otherwise():
    assert run("switch", {"cases": [{"name": "one"}]}, Lazy(cases_0_when=False)).port == "otherwise"
    assert run("switch", {"cases": "junk"}).port == "otherwise"


def test_the_ports_of_a_switch_are_its_cases(catalog):
    node = Node(id="s", use="switch", parameters={"cases": [{"name": "a"}, {"name": "b"}, {"name": "a"}, {}, 3]})

    assert catalog.ports_of(node) == (Port("a"), Port("b"), Port("otherwise", "Otherwise"))
    assert catalog.output_schema(node, {})["enum"] == ["a", "b", "otherwise"]


def test_fail_raises_what_it_is_told():
    with pytest.raises(StepError, match="None left") as caught:
        run("fail", {"class": "out_of_stock", "message": "None left", "details": {"sku": 1}})

    assert (caught.value.kind, caught.value.details, caught.value.sent) == ("out_of_stock", {"sku": 1}, False)


def test_fail_needs_nothing():
    with pytest.raises(StepError, match="on purpose") as caught:
        run("fail", {})

    assert (caught.value.kind, caught.value.details) == ("failed", {})


def test_the_output_of_set_is_typed_by_its_parameters(catalog):
    schema = catalog.output_schema(Node(id="s", use="set"), {"a": {"type": "integer"}})

    assert schema["properties"] == {"a": {"type": "integer"}}
    assert schema["required"] == ["a"]


@pytest.mark.parametrize(("form", "expected"), [({"type": "object"}, {"type": "object"}), (None, {}), ("junk", {})])
def test_the_output_of_an_approval_holds_its_form(catalog, form, expected):
    node = Node(id="a", use="approval", parameters={"message": "?", "form": form})

    assert catalog.output_schema(node, {})["properties"]["form"] == expected
