import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed

SCOPE = Scope({"xs": [3, 1, 2], "m": {"a": 1, "b": 2}})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("xs.all(x, x > 0)", True),
        ("xs.exists(x, x > 2)", True),
        ("xs.exists_one(x, x > 1)", False),
        ("xs.map(x, x > 1, x * 10)", [30, 20]),
        ("xs.filter(x, x != 1)", [3, 2]),
        ("xs.sortBy(x, -x)", [3, 2, 1]),
        ("m.map(k, m[k])", [1, 2]),
        ("m.filter(k, m[k] > 1)", ["b"]),
        ("cel.bind(y, xs, y.map(x, cel.bind(y, x, y + 1)))", [4, 2, 3]),
        ("xs.first().optMap(x, x + 1).orValue(0)", 4),
        ("optional.none().optMap(x, x + 1).orValue(0)", 0),
        ("xs.first().optFlatMap(x, optional.of(x)).value()", 3),
        ("[1, 0].exists(x, 1 / x == 1)", True),
        ("[0, 2].all(x, 2 / x == 3)", False),
    ],
)
def test_a_macro_gives_its_value(text, value):
    assert compile_expression(text).evaluate(SCOPE) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.map(x, x)".replace("1", "xs[0]"), "walks a list or a map"),
        ("xs.first().map(x, x)", r"\.orValue\(\[\]\)\.map"),
        ("xs.filter(x, x)", "must be a bool"),
        ("xs.all(x, x)", "must be a bool"),
        ("xs.exists_one(x, x)", "must be a bool"),
        ("[1, 'a'].sortBy(x, x)", "Cannot compare"),
        ("xs.optMap(x, x)", "called on an optional"),
        ("xs.first().optFlatMap(x, x)", "must give an optional"),
        ("[0, 0].all(x, 1 / x == 1)", "Division by zero"),
    ],
)
def test_what_a_macro_refuses_it_says(text, complaint):
    with pytest.raises(ExpressionFailed, match=complaint):
        compile_expression(text).evaluate(SCOPE)


def test_an_empty_list_is_sorted():
    assert compile_expression("[].sortBy(x, x)").evaluate(SCOPE) == []
