import pytest

from automata._core.expressions.signatures import classes_of, overloads, read_signature
from automata._core.types import describe
from automata.model import Function


@pytest.mark.parametrize(
    ("text", "receiver", "parameters", "result"),
    [
        ("(int) -> string", None, ["int"], "string"),
        ("list<int>.take(number) -> list<int>", "list of int", ["number"], "list of int"),
        ("() -> map<string, any>", None, [], "map"),
        ("(optional) -> T", None, ["optional"], "any value"),
        ("(list, uint) -> null", None, ["list", "int"], "null"),
    ],
)
def test_a_signature_is_read_as_types(text, receiver, parameters, result):
    found = read_signature(text)

    assert (found.receiver and describe(found.receiver)) == receiver
    assert [describe(one) for one in found.parameters] == parameters
    assert describe(found.result) == result


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("(int) string", "expected '->'"), ("(nope) -> int", "Unknown type 'nope'"), ("(int) ->", "type is missing")],
)
def test_a_malformed_signature_is_the_plugins_mistake(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_signature(text)


def test_an_overload_accepts_values_of_the_right_kinds():
    one = read_signature("string.pad(int, any) -> string")

    assert one.accepts(["a", 1, None])
    assert not one.accepts(["a", True, None])
    assert not one.accepts(["a"])
    assert classes_of(one)[2] is None


def test_methods_and_functions_are_told_apart():
    function = Function(name="size", call=len, signatures=("(string) -> int", "string.size() -> int"), summary="")

    assert [one.text for one in overloads(function, method=True)] == ["string.size() -> int"]
