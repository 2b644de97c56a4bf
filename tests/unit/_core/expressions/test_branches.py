import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + 1", 3),
        ("a * 1.5", 3.0),
        ("a - 3", -1),
        ("[a] + [1]", [2, 1]),
        ("a > 1 && true", True),
        ("a == 2 || 1 / 0 == 1", True),
        ("1 / 0 == 1 || a == 2", True),
        ("1 / 0 == 1 && false", False),
        ("a != '2'", True),
        ("a in [1, 2]", True),
        ("!(a > 1) ? 1 : 2", 2),
    ],
)
def test_operators_give_their_value(text, value):
    assert compile_expression(text).evaluate(Scope({"a": 2})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a && true", "'&&' takes bools, found int 2"),
        ("false || a", "takes bools"),
        ("a ? 1 : 2", "condition must be a bool"),
        ("!a", "takes a bool"),
        ("a + 9223372036854775807", "64-bit"),
        ("a * 9223372036854775807", "64-bit"),
        ("a < 'x'", "Cannot compare"),
        ("1 in a", "'in' looks into"),
        ("a % 0", "Remainder by zero"),
    ],
)
def test_what_an_operator_refuses_names_the_place(text, complaint):
    with pytest.raises(ExpressionFailed, match=complaint) as caught:
        compile_expression(text).evaluate(Scope({"a": 2}))
    assert text[caught.value.details["start"] : caught.value.details["end"]]


def test_fuel_that_ran_out_is_not_absorbed():
    with pytest.raises(ExpressionFailed, match="more operations"):
        compile_expression("range(9999).all(x, range(9999).all(y, x == y)) || true").evaluate(Scope({}))
