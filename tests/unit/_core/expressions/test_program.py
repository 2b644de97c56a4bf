import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed, InvalidExpression


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.b + c", {"a", "c"}),
        ("xs.map(x, x + y)", {"xs", "y"}),
        ("math.abs(z)", {"z"}),
        ("math.nope(z)", {"math", "z"}),
        ("type(w) == int", {"w"}),
        ("cel.bind(t, a, t + u)", {"a", "u"}),
        ("has(n.f)", {"n"}),
    ],
)
def test_the_names_are_the_roots_it_may_read(text, names):
    assert compile_expression(text).names == names


def test_a_failure_tells_expression_place_and_hint():
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression("1 + order.totl").evaluate(Scope({"order": {"total": 1}}))

    details = caught.value.details
    assert details["expression"][details["start"] : details["end"]] == "totl"
    assert details["hint"]
    assert "did you mean 'total'" in caught.value.message


def test_a_text_that_does_not_parse_is_refused_before_any_run():
    with pytest.raises(InvalidExpression):
        compile_expression("1 +")
