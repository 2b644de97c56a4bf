import pytest

from automata._core.expressions.operands import default_text, elements, match, operate, plain, values_of
from automata._core.expressions.signatures import read_signature
from automata._core.types import (
    BOOL,
    DURATION,
    DYN,
    INT,
    NULL,
    NUMBER,
    STRING,
    TIMESTAMP,
    Field,
    constant,
    describe,
    list_of,
    map_of,
    union,
)


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("+", INT, INT, "int"),
        ("+", INT, NUMBER, "number"),
        ("%", INT, INT, "int"),
        ("+", STRING, DYN, "string"),
        ("*", DYN, DYN, "any value"),
        ("+", list_of(INT), list_of(STRING), "list of int or string"),
        ("-", TIMESTAMP, TIMESTAMP, "duration"),
        ("+", DURATION, TIMESTAMP, "timestamp"),
        ("<", STRING, STRING, "bool"),
        ("<", DYN, INT, "bool"),
    ],
)
def test_an_operation_has_the_type_of_its_result(operator, left, right, result):
    verdict = operate(operator, left, right)

    assert verdict.fits
    assert describe(verdict.result) == result


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [("+", INT, STRING), ("*", DYN, BOOL), ("<", list_of(INT), DYN), ("<", NULL, INT), ("-", STRING, STRING)],
)
def test_what_never_fits_is_said(operator, left, right):
    assert not operate(operator, left, right).fits


def test_an_alternative_that_does_not_fit_is_named():
    assert operate("+", union([INT, NULL]), INT).wrong == (NULL,)
    assert elements(union([list_of(INT), NULL])).wrong == (NULL,)


@pytest.mark.parametrize(
    ("signature", "inputs", "result"),
    [
        ("(T) -> T", [INT], "int"),
        ("(list<T>) -> optional<T>", [list_of(STRING)], "optional of string"),
        ("(map<T>) -> list<T>", [map_of({"a": Field(INT)})], "list of int"),
        ("(map<T>) -> map<T>", [map_of(rest=INT)], "map"),
        ("(list<T>, T) -> list<T>", [list_of(INT), STRING], "list of int or string"),
        ("(list<T>) -> T", [DYN], "any value"),
        ("(list<int>) -> int", [list_of(DYN)], "int"),
    ],
)
def test_a_call_fills_in_the_type_variables(signature, inputs, result):
    found = match([read_signature(signature)], inputs)

    assert found.fitting
    assert describe(found.result) == result


def test_a_call_that_fits_no_overload_or_not_always_is_said():
    one = read_signature("(string) -> int")

    assert not match([one], [INT]).fitting
    assert match([one], [union([STRING, NULL])]).wrong == (0, NULL)


def test_what_a_map_holds_and_what_stands_for_nothing():
    assert values_of(map_of({"a": Field(INT)}, STRING)) == union([INT, STRING])
    assert values_of(map_of()) == DYN
    assert plain(union([constant("a"), NULL])) == union([STRING, NULL])
    assert [default_text(one) for one in (STRING, INT, BOOL, constant("a"), TIMESTAMP)] == [
        "''",
        "0",
        "false",
        None,
        None,
    ]
