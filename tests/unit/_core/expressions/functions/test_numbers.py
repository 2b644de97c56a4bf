import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("math.round(2.5)", 3),
        ("math.round(-2.5)", -3),
        ("math.round(2.345, 2)", 2.35),
        ("math.pow(-1, 1001)", -1),
        ("math.pow(1, 9999)", 1),
        ("math.pow(2, -1)", 0.5),
        ("math.greatest([1, 2.5])", 2.5),
        ("math.least(3, 1, 2)", 1),
        ("math.sign(-3)", -1),
    ],
)
def test_each_function_gives_its_value(text, value):
    assert compile_expression(text).evaluate(Scope({})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("math.round(1, 16)", "between 0 and 15"),
        ("math.round(double('1e400'))", "cannot be rounded"),
        ("math.ceil(double('1e400'))", "no whole part"),
        ("math.sqrt(-1)", "no square root"),
        ("math.pow(2, 63)", "64-bit"),
        ("math.pow(2, 65)", "64-bit"),
        ("math.pow(-8.0, 0.5)", "no number a double"),
        ("math.greatest(['a'])", "greatest and a least"),
        ("math.abs(-9223372036854775808)", "64-bit"),
    ],
)
def test_what_a_function_cannot_do_it_says(text, complaint):
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(Scope({}))
    assert complaint in caught.value.message
